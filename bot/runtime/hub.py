"""Wakes those who follow a conversation, in this process and by signals in the others."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from bot.store.signals import Signals


class LogWake:
    """See `bot.channel.Wake`."""

    def __init__(self) -> None:
        self._grown = asyncio.Event()

    def set(self) -> None:
        """The log has grown."""
        self._grown.set()

    async def wait(self, timeout: float | None = None) -> bool:
        """Return True when the log has grown since the last call, False when `timeout` seconds passed."""
        try:
            async with asyncio.timeout(timeout):
                await self._grown.wait()
        except TimeoutError:
            return False
        self._grown.clear()
        return True


class Hub:
    """Who follows which conversation."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self._followers: defaultdict[str, set[LogWake]] = defaultdict(set)

    def tell(self, conversation: str, *, due: bool = False) -> None:
        """The conversation's log has grown. `due`: its lane waits for somebody."""
        self._wake(conversation)
        self._signals.tell(conversation, due=due)

    def hear(self, conversations: Iterable[str] | None) -> None:
        """Another process says that these have grown; None: any may have."""
        for conversation in list(self._followers) if conversations is None else conversations:
            self._wake(conversation)

    @contextmanager
    def watch(self, conversation: str) -> Iterator[LogWake]:
        """Be woken until the block ends."""
        wake = LogWake()
        self._followers[conversation].add(wake)
        try:
            yield wake
        finally:
            self._followers[conversation].discard(wake)
            if not self._followers[conversation]:
                del self._followers[conversation]

    def _wake(self, conversation: str) -> None:
        for wake in self._followers.get(conversation, ()):
            wake.set()

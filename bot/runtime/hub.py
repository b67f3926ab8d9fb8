"""Wakes those who follow a conversation in this process."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


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

    def __init__(self) -> None:
        self._followers: defaultdict[str, set[LogWake]] = defaultdict(set)

    def tell(self, conversation: str) -> None:
        """The conversation's log has grown."""
        for wake in self._followers.get(conversation, ()):
            wake.set()

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

"""Wakes those who follow a conversation, in this process and by signals in the others."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from bot.store.signals import Signals

MOST_NAMES = 20_000


class TopicWake:
    """See `bot.channel.Wake`."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self._topics: set[str] = set()

    def set(self, topic: str) -> None:
        """This one has changed."""
        self._topics.add(topic)
        self._changed.set()

    async def wait(self, timeout: float | None = None) -> bool:
        """See `Wake.wait`."""
        try:
            async with asyncio.timeout(timeout):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return True

    def take(self, topic: str) -> bool:
        """See `Wake.take`."""
        if topic not in self._topics:
            return False
        self._topics.discard(topic)
        return True


class Grown:
    """Which conversations' logs have grown since somebody last looked, all of them at first. Only remembers so many
    names; beyond that, any may have grown."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._any = True

    def add(self, conversation: str) -> None:
        """This one has."""
        self._names.add(conversation)
        if len(self._names) > MOST_NAMES:
            self.add_all(None)

    def add_all(self, conversations: Iterable[str] | None) -> None:
        """These have; None: any may have."""
        if conversations is None:
            self._any = True
            self._names.clear()
        else:
            self._names.update(conversations)

    def take(self) -> tuple[list[str], bool]:
        """Their names, and whether any other may have grown as well. From now on they count as looked at."""
        taken = sorted(self._names), self._any
        self._names, self._any = set(), False
        return taken


class Hub:
    """Who follows which conversation."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self._followers: defaultdict[str, set[TopicWake]] = defaultdict(set)
        self._grown: list[Grown] = []

    def tell(self, conversation: str, *, due: bool = False) -> None:
        """The conversation's log has grown. `due`: its lane waits for somebody."""
        for grown in self._grown:
            grown.add(conversation)
        self._wake(conversation)
        self._signals.tell(conversation, due=due)

    def hear(self, conversations: Iterable[str] | None) -> None:
        """Another process says that these have grown; None: any may have."""
        for grown in self._grown:
            grown.add_all(conversations)
        for conversation in list(self._followers) if conversations is None else conversations:
            self._wake(conversation)

    def follow_all(self) -> Grown:
        """From now on, which have grown."""
        grown = Grown()
        self._grown.append(grown)
        return grown

    @contextmanager
    def watch(self, *topics: str) -> Iterator[TopicWake]:
        """Be woken until the block ends."""
        wake = TopicWake()
        for topic in topics:
            self._followers[topic].add(wake)
        try:
            yield wake
        finally:
            for topic in topics:
                self._followers[topic].discard(wake)
                if not self._followers[topic]:
                    del self._followers[topic]

    def _wake(self, topic: str) -> None:
        for wake in self._followers.get(topic, ()):
            wake.set(topic)

"""What agents' pages show, read once after each change for all the pages of this process."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from adapters.desk.showing import shown
from bot.channel import Wake
from bot.desk.people import Agent, Role
from bot.desk.talk import Aside, Delivery, Line, Talks, Wakes
from bot.desk.work import QUEUE, Waiting, Work
from bot.errors import TepaiError

EVERYBODY = Agent(id="", name="", role=Role.LEAD, language="zh", active=False)
"""In whose name all is read at once; who may see what of it is decided page by page."""

SWEEP = 15.0
"""Seconds after which is looked without having been woken."""
QUEUE_PAUSE = 0.2
TALK_PAUSE = 0.04
"""Seconds between two readings: what changes in quick succession, as a message and what became of it, is read once."""
ASIDE_PAUSE = 0.3
"""Seconds after which what stands beside a conversation is read even while new words keep coming."""
PAGE = 200
WINDOW = 400
"""Lines kept in memory of a conversation somebody looks at."""
TAIL = 20
"""How many of the newest lines are read again with each change: what became of them may have changed."""
REPAIRABLE = 100
"""How many of the newest lines are looked through for one that failed, and may be sent again."""

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Shown(Generic[Thing]):
    """Something as it is now. `stamp`: in which change of its feed it became so; `text`: itself as JSON."""

    stamp: int
    thing: Thing
    text: str


class Feed(ABC):
    """Read at first and after each wake, by a task that lives as long as somebody follows.

    `stamp` grows with every change. `trouble`: why reading has ended; whoever follows has to begin anew.
    """

    def __init__(self, wakes: Wakes, topic: str, pause: float = 0.0) -> None:
        self.stamp = 0
        self.trouble: TepaiError | None = None
        self._wakes = wakes
        self._topic = topic
        self._pause = pause
        self._followers: set[asyncio.Event] = set()
        self._begun = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    async def ready(self) -> None:
        """Return when all was read once. Raises what the reading raised."""
        await self._begun.wait()
        self.check()

    def check(self) -> None:
        """Raise what ended the reading."""
        if self.trouble:
            raise self.trouble

    def join(self, news: asyncio.Event) -> None:
        """Set `news` with every change from now on."""
        self._followers.add(news)

    def leave(self, news: asyncio.Event) -> bool:
        """Follow no more; True when nobody does, and the feed has ended."""
        self._followers.discard(news)
        if self._followers:
            return False
        self._task.cancel()
        self._begun.set()
        return True

    @abstractmethod
    async def _read(self, wake: Wake) -> None:
        """Read, and `_changed` for each piece that is there to be shown. `wake`: whether it has changed meanwhile."""

    def _changed(self) -> None:
        for follower in self._followers:
            follower.set()

    async def _run(self) -> None:
        try:
            with self._wakes.watch(self._topic) as wake:
                while True:
                    await self._read(wake)
                    self._begun.set()
                    await asyncio.sleep(self._pause)
                    await wake.wait(SWEEP)
        except TepaiError as error:
            self.trouble = error
            self._begun.set()
            self._changed()


class QueueFeed(Feed):
    """The queue with every team's lines in one language; `rows` by conversation."""

    def __init__(self, work: Work, wakes: Wakes, language: str) -> None:
        self._reader = replace(EVERYBODY, language=language)
        self.rows: dict[str, Shown[Waiting]] = {}
        self._work = work
        super().__init__(wakes, QUEUE, QUEUE_PAUSE)

    async def _read(self, wake: Wake) -> None:  # noqa: ARG002 -- one reading is all of it
        before, now = self.rows, await self._work.queue(self._reader)
        self.stamp += 1
        self.rows = {each.conversation: self._row(before.get(each.conversation), each) for each in now}
        if self.rows != before:
            self._changed()

    def _row(self, before: Shown[Waiting] | None, now: Waiting) -> Shown[Waiting]:
        return before if before and before.thing == now else Shown(self.stamp, now, shown(now))


class TalkFeed(Feed):
    """One conversation: the newest lines by seq, in order, and what stands beside them."""

    def __init__(self, conversation: str, talks: Talks) -> None:
        self.lines: dict[int, Shown[Line]] = {}
        self.aside: Shown[Aside] | None = None
        self._conversation = conversation
        self._talks = talks
        super().__init__(talks, conversation)

    def reaches(self, after: int) -> bool:
        """Whether `lines` has everything above this seq, or as much as a page shows at first."""
        return not after or len(self.lines) < PAGE or next(iter(self.lines)) <= after

    async def _read(self, wake: Wake) -> None:
        # The words first: they are what somebody waits for. What stands beside them may wait until no more come.
        await self._read_lines()
        until = time.monotonic() + ASIDE_PAUSE
        while self.aside and time.monotonic() < until and await wake.wait(TALK_PAUSE):
            await self._read_lines()
        await self._read_aside()

    async def _read_lines(self) -> None:
        after = self._settled_until()
        while lines := await self._talks.lines(EVERYBODY, self._conversation, after, PAGE):
            self._take(lines)
            if not after or len(lines) < PAGE:
                break
            after = lines[-1].seq

    async def _read_aside(self) -> None:
        aside = await self._talks.aside(EVERYBODY, self._conversation)
        if self.aside is None or self.aside.thing != aside:
            self.stamp += 1
            self.aside = Shown(self.stamp, aside, shown(aside))
            self._changed()

    def _settled_until(self) -> int:
        """The highest seq up to which nothing is going to change; 0 at first."""
        seqs = list(self.lines)
        queued = [seq for seq, line in self.lines.items() if line.thing.delivery is Delivery.QUEUED]
        failed = [seq for seq in seqs[-REPAIRABLE:] if self.lines[seq].thing.delivery is Delivery.FAILED]
        first = min([*queued[:1], *failed[:1], *seqs[-TAIL:][:1]], default=0)
        return max((seq for seq in seqs if seq < first), default=0)

    def _take(self, lines: Sequence[Line]) -> None:
        news = [line for line in lines if line.seq not in self.lines or self.lines[line.seq].thing != line]
        if not news:
            return
        self.stamp += 1
        self.lines |= {line.seq: Shown(self.stamp, line, shown(line)) for line in news}
        self.lines = dict(sorted(self.lines.items())[-WINDOW:])
        self._changed()


class Feeds:
    """All feeds that somebody in this process follows."""

    def __init__(self, work: Work, talks: Talks) -> None:
        self._work = work
        self._talks = talks
        self._queues: dict[str, QueueFeed] = {}
        self._conversations: dict[str, TalkFeed] = {}

    @contextmanager
    def queue(self, language: str, news: asyncio.Event) -> Iterator[QueueFeed]:
        """Follow the queue in this language until the block ends."""
        feed = self._queues.get(language)
        if feed is None or feed.trouble:
            feed = self._queues[language] = QueueFeed(self._work, self._talks, language)
        feed.join(news)
        try:
            yield feed
        finally:
            if feed.leave(news) and self._queues.get(language) is feed:
                del self._queues[language]

    @contextmanager
    def conversation(self, conversation: str, news: asyncio.Event) -> Iterator[TalkFeed]:
        """Follow a conversation until the block ends."""
        feed = self._conversations.get(conversation)
        if feed is None or feed.trouble:
            feed = self._conversations[conversation] = TalkFeed(conversation, self._talks)
        feed.join(news)
        try:
            yield feed
        finally:
            if feed.leave(news) and self._conversations.get(conversation) is feed:
                del self._conversations[conversation]

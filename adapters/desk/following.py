"""What one open page is told: the queue, and the conversation it shows, from where it was last."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from typing import Any, Self

from adapters.desk.feeds import PAGE, Feeds, QueueFeed, TalkFeed
from adapters.desk.showing import shown
from bot.desk.people import Agent
from bot.desk.talk import Talks
from bot.errors import NoSuchThing

LOOK = 4.0
"""Seconds between two looks at whether the page's session still runs."""

Renewed = Callable[[], Awaitable[Agent | None]]
"""Who the page's session belongs to now; None when it has ended."""


class SessionEnded(Exception):
    """The page's session was revoked or has run out."""


class Following:
    """One open page, as a context: everything it follows is left at its end.

    What it is told are JSON objects, by `type`: "queue" (`rows` that are new or changed, `gone` ids, `all`), "lines"
    and "aside" of the conversation `c`, "ready" once all there was of it is told, "gone" when it is not there to be
    seen, and "beat" with the server's time. Everything may be told again; lines are keyed by (c, seq).
    """

    def __init__(
        self,
        feeds: Feeds,
        talks: Talks,
        agent: Agent,
        renewed: Renewed,
        clock: Callable[[], float],
        *,
        conversation: str = "",
        after: int = 0,
    ) -> None:
        self._begin = (conversation, after)
        self._clock = clock
        self._feeds = feeds
        self._talks = talks
        self._agent = agent
        self._renewed = renewed
        self._news = asyncio.Event()
        self._contexts = ExitStack()
        self._queue: QueueFeed | None = None
        self._rows: dict[str, int] | None = None
        self._open: _Open | None = None
        self._looked = time.monotonic()

    def __enter__(self) -> Self:
        self._queue = self._contexts.enter_context(self._feeds.queue(self._agent.language, self._news))
        self.open(*self._begin)
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
        self._contexts.close()

    def open(self, conversation: str, after: int) -> None:
        """Show this conversation from now on, its lines above `after`; "" for none."""
        self._close()
        if conversation:
            self._open = _Open(self._feeds, conversation, after, self._news)
        self._news.set()

    async def once(self) -> list[str]:
        """Everything there is to be told now."""
        self._news.clear()
        told = [*await self._of_queue(), *await self._of_conversation()]
        while self._news.is_set():
            self._news.clear()
            told += [*await self._of_queue(), *await self._of_conversation()]
        return [*told, self._beat()]

    async def told(self, heartbeat: float) -> AsyncIterator[str]:
        """Everything, for ever; a beat first and after every `heartbeat` seconds. Raises `SessionEnded`."""
        yield self._beat()
        while True:
            self._news.clear()
            # Somebody's newest words before the queue that changes with them.
            for text in await self._of_conversation():
                yield text
            for text in await self._of_queue():
                yield text
            if not await self._wait(heartbeat):
                yield self._beat()

    async def _wait(self, heartbeat: float) -> bool:
        until = time.monotonic() + heartbeat
        while not self._news.is_set():
            await self._look()
            try:
                async with asyncio.timeout(max(0.0, min(LOOK, until - time.monotonic()))):
                    await self._news.wait()
            except TimeoutError:
                if time.monotonic() >= until:
                    return False
        await self._look()
        return True

    async def _look(self) -> None:
        """A session that ended, or an agent who is of other teams by now, counts within seconds."""
        if time.monotonic() - self._looked < LOOK:
            return
        self._looked = time.monotonic()
        agent = await self._renewed()
        if agent is None:
            raise SessionEnded
        if (agent.teams, agent.role) != (self._agent.teams, self._agent.role):
            self._news.set()
        self._agent = agent

    async def _of_queue(self) -> list[str]:
        feed = self._queue
        if feed is None:
            return []
        await feed.ready()
        mine = {c: row for c, row in feed.rows.items() if self._agent.is_of(row.thing.team)}
        before = self._rows or {}
        rows = [row.text for c, row in mine.items() if before.get(c) != row.stamp]
        gone = [c for c in before if c not in mine]
        first, self._rows = self._rows is None, {c: row.stamp for c, row in mine.items()}
        if not rows and not gone and not first:
            return []
        return [f'{{"type":"queue","rows":[{",".join(rows)}],"gone":{_json(gone)},"all":{_json(first)}}}']

    async def _of_conversation(self) -> list[str]:
        if self._open is None:
            return []
        opened = self._open
        try:
            news = await opened.news(self._agent, self._talks)
        except NoSuchThing:
            news = [_json({"type": "gone", "c": opened.conversation})]
            if self._open is opened:
                self._close()
                return news
        return news if self._open is opened else []

    def _beat(self) -> str:
        return _json({"type": "beat", "now": self._clock()})

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


class _Open:
    """The conversation a page shows. `after`: the seq from which on the page has nothing."""

    def __init__(self, feeds: Feeds, conversation: str, after: int, news: asyncio.Event) -> None:
        self.conversation = conversation
        self._after = after
        self._stamp: int | None = None
        self._contexts = ExitStack()
        self._feed: TalkFeed = self._contexts.enter_context(feeds.conversation(conversation, news))

    def close(self) -> None:
        """Follow it no more."""
        self._contexts.close()

    async def news(self, agent: Agent, talks: Talks) -> list[str]:
        """What has changed since the last call. Raises `NoSuchThing` when it is not the agent's to see."""
        feed = self._feed
        await feed.ready()
        if feed.aside is None or not agent.is_of(feed.aside.thing.team):
            raise NoSuchThing("not this agent's to see")
        first, since = self._stamp is None, self._stamp or 0
        earlier = [] if not first or feed.reaches(self._after) else await self._missed(agent, talks)
        wanted = self._after if first else 0
        news = [line.text for seq, line in feed.lines.items() if line.stamp > since and seq > wanted]
        told = self._lines([*earlier, *news])
        if feed.aside.stamp > since:
            told.append(f'{{"type":"aside","c":{_json(self.conversation)},"aside":{feed.aside.text}}}')
        self._stamp = feed.stamp
        return [*told, _json({"type": "ready", "c": self.conversation})] if first else told

    async def _missed(self, agent: Agent, talks: Talks) -> list[str]:
        """A page that was away for long gets what lies between its last line and the newest."""
        found: list[str] = []
        after = self._after
        newest = next(iter(self._feed.lines))
        while after < newest:
            lines = await talks.lines(agent, self.conversation, after, PAGE)
            found += [shown(line) for line in lines]
            if len(lines) < PAGE:
                break
            after = lines[-1].seq
        return found

    def _lines(self, texts: list[str]) -> list[str]:
        if not texts:
            return []
        return [f'{{"type":"lines","c":{_json(self.conversation)},"lines":[{",".join(texts)}]}}']


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

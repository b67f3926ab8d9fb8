"""Keeps the staff's group as the queue is: a topic for each conversation that waits for a person or has one, so that it
can be taken from the phone as well; the topic is closed when the bot has the conversation again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from adapters.telegram.staff_desk import Desk, id_prefix
from adapters.telegram.staff_lines import opening, posts, title
from adapters.telegram.staff_topics import Board
from adapters.telegram.turns import having
from adapters.telegram.words import words
from bot.channel import Turns
from bot.desk.talk import Delivery, Line
from bot.desk.topics import State, Topic
from bot.desk.work import QUEUE, Status, Waiting
from bot.errors import DeliveryError, Later, NoSuchThing, StoreUnavailable

log = structlog.get_logger(__name__)

TURN, TURN_SECONDS = "telegram-staff-group", 15.0
"""After this another process goes on when this one died."""
RETRY_SECONDS = 3.0
REFUSED_SECONDS = 30.0
"""Of rest after Telegram has refused what an administrator of the group has to put right."""
ROUND_SECONDS = 1.0
"""Between two rounds: what comes meanwhile is one message instead of several."""
SWEEP_SECONDS = 20.0
SETTLE_SECONDS = 5.0
"""For so long is waited for what becomes of words on their way to the customer, so that a failure can be shown."""
FIRST_LINES = 10
"""So many of the conversation's newest lines stand in a topic that opens; the desk has the rest."""
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class _Batch:
    """Lines to be shown now, behind the one numbered `seq`; up to `done` there is then nothing more to show. `whole`:
    these are all there are."""

    shown: Sequence[Line]
    seq: int
    done: int
    whole: bool


class Follower:
    """Any number may share a database: one of them works at a time, and goes on where another left off."""

    def __init__(self, desk: Desk, board: Board, turns: Turns) -> None:
        self._desk = desk
        self._board = board
        self._turns = turns
        self._served: dict[str, float] = {}
        self._underway: dict[tuple[str, int], float] = {}

    async def run(self) -> None:
        """Follow the queue until cancelled."""
        while True:
            pause = RETRY_SECONDS
            try:
                async with having(self._turns, TURN, TURN_SECONDS) as mine:
                    if mine:
                        await self._follow()
            except StoreUnavailable as error:
                log.warning("telegram_staff_group_waits", why=str(error))
            except TimeoutError:
                log.warning("telegram_staff_group_waits", why="another process has the turn")
            except DeliveryError as error:
                pause = (error.after or RETRY_SECONDS) if isinstance(error, Later) else REFUSED_SECONDS
                log.warning("telegram_staff_group_refused", why=str(error), seconds=round(pause))
            except Exception as error:  # a defect must not silence the group
                log.error("telegram_staff_group_failed", error=type(error).__name__)  # noqa: TRY400
            await asyncio.sleep(pause)

    async def once(self) -> bool:
        """Bring every topic up to date; True when some words' fate is still open. Raises `DeliveryError` or
        `StoreUnavailable`; the next round begins with those that have waited longest."""
        rows = {row.conversation: row for row in await self._desk.work.queue(self._desk.reader)}
        topics = {topic.conversation: topic for topic in await self._desk.topics.unfinished(self._board.chat)}
        due = [key for key in {**rows, **topics} if _is_due(rows.get(key), topics.get(key))]
        due.sort(key=lambda key: self._served.get(key, 0.0))  # else in the queue's order
        self._forget(due)
        open_ends = False
        for key in due:
            self._served[key] = time.monotonic()
            open_ends |= await self._serve(key, rows.get(key))
        return open_ends

    async def _follow(self) -> None:
        with self._desk.talks.watch(QUEUE) as wake:
            while True:
                try:
                    soon = await self.once()
                except Later as later:
                    soon = True
                    await asyncio.sleep(later.after or RETRY_SECONDS)
                await asyncio.sleep(ROUND_SECONDS)
                if not soon:
                    await wake.wait(SWEEP_SECONDS)

    async def _serve(self, key: str, row: Waiting | None) -> bool:
        topic = await self._desk.topics.find(key, self._board.chat)
        try:
            if row is not None:
                return await self._show(row, topic)
            if topic is not None and not await self._is_staffed(key):
                return await self._close(topic)
        except NoSuchThing:  # it has just gone to a team whose conversations are not shown here
            if topic is not None:
                await self._board.close(topic, posts((), {}, topic.seq, after=self._last_words()))
        return False

    async def _show(self, row: Waiting, topic: Topic | None) -> bool:
        key, desk = row.conversation, self._desk
        language = desk.reader.language
        thread = await self._board.begin(key, topic, title(row, language))
        goes_on = topic is not None and topic.state is State.OPEN
        before = "" if goes_on else opening(row, await desk.work.brief(desk.reader, key), language)
        batch = await self._batch(key, topic)
        await self._board.show(key, thread, posts(batch.shown, await self._names(batch.shown), batch.seq, before))
        await desk.topics.shown(key, batch.done)
        return not batch.whole

    async def _close(self, topic: Topic) -> bool:
        batch = await self._batch(topic.conversation, topic)
        if batch.whole:
            names = await self._names(batch.shown)
            await self._board.close(topic, posts(batch.shown, names, batch.seq, after=self._last_words()))
        return not batch.whole

    async def _batch(self, key: str, topic: Topic | None) -> _Batch:
        """What follows on what stands there; where the topic only opens, no more than the newest lines."""
        seq, newest = (topic.seq, topic.newest) if topic else (0, 0)
        goes_on = topic is not None and topic.state is State.OPEN
        after, most = (seq, AT_ONCE) if goes_on else (0, FIRST_LINES)
        found = await self._desk.talks.lines(self._desk.reader, key, after, most)
        fresh = [line for line in found if line.seq > seq]
        lines = self._settled(key, fresh)
        whole = len(lines) == len(fresh) and not (goes_on and len(found) == most)
        if not goes_on:
            seq = fresh[0].seq - 1 if fresh else newest
        done = lines[-1].seq if lines else seq
        shown = [line for line in lines if not self._stands_there(line)]
        return _Batch(shown, seq, max(newest, done) if whole else done, whole)

    def _settled(self, key: str, lines: Sequence[Line]) -> Sequence[Line]:
        """Those up to the first whose fate is open, which is not waited for any longer after a while."""
        now = time.monotonic()
        for place, line in enumerate(lines):
            since = self._underway.setdefault((key, line.seq), now) if line.delivery is Delivery.QUEUED else 0.0
            if since and now - since < SETTLE_SECONDS:
                return lines[:place]
        return lines

    def _stands_there(self, line: Line) -> bool:
        """Nobody reads their own words twice, unless they did not arrive."""
        failed = line.delivery in (Delivery.FAILED, Delivery.HELD)
        return line.id.startswith(id_prefix(self._board.chat)) and not failed

    async def _is_staffed(self, key: str) -> bool:
        """The queue shows only so many."""
        aside = await self._desk.talks.aside(self._desk.reader, key)
        return aside.owner is not None or aside.status in (Status.WAITING, Status.TAKEN)

    async def _names(self, lines: Sequence[Line]) -> Mapping[str, str]:
        if not any(line.author for line in lines):
            return {}
        return {agent.id: agent.name for agent in await self._desk.colleagues()}

    def _last_words(self) -> str:
        return str(words(self._desk.reader.language)["staff_over"])

    def _forget(self, due: Sequence[str]) -> None:
        kept = set(due)
        self._served = {key: at for key, at in self._served.items() if key in kept}
        self._underway = {at: since for at, since in self._underway.items() if at[0] in kept}


def _is_due(row: Waiting | None, topic: Topic | None) -> bool:
    if row is None:
        return topic is not None and topic.state is not State.GONE
    return topic is None or topic.state is not State.OPEN or topic.newest > topic.seq

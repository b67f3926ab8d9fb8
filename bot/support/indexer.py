"""Reads the conversations' logs in the background, for the desk's search, its lists and its reports.

A message waits for none of it: what is written here is made of what stands in the log. Any number of processes may
share a database, one of them reads at a time, and where it stopped, the next one goes on. News of what has grown only
makes it fast: a slow round through all conversations finds whatever nobody told of.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol
from uuid import uuid4

import structlog

from bot.errors import StoreUnavailable
from bot.store import indexing as store
from bot.store import leases
from bot.store.conversations import Source
from bot.store.database import Database
from bot.support.rollup import Rollup
from bot.support.tokens import words

log = structlog.get_logger(__name__)

INDEXING = "indexing"
LEASE = 60.0
SHARE = 0.02
"""The part of the time that reading may take, so that customers' messages hardly notice it."""
SHORTEST_REST = 0.5
LINES = 50
"""A transaction: on SQLite, a customer's message may have to wait for as long as one takes."""
BURST = 0.03
"""Seconds of reading after which there is a rest."""
LONGEST_REST = 3.0
"""What takes longer than its share waits for others more than it works."""
ROUND = 900.0
"""Seconds from one look at all conversations to the next, in case nobody told of something."""
PREVIEW = 80


class Grown(Protocol):
    """See `bot.runtime.hub.Grown`."""

    def take(self) -> tuple[list[str], bool]:
        """The conversations whose logs have grown, and whether any other may have."""


class Indexer:
    """`reasons`: those one may choose for cancelling an order."""

    def __init__(self, database: Database, grown: Grown, reasons: Iterable[str]) -> None:
        self._database = database
        self._grown = grown
        self._reasons = frozenset(reasons)
        self._names: set[str] = set()
        self._behind: str | None = None
        self._next_round = 0.0

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            begun = time.monotonic()
            try:
                await self.work(begun + BURST)
            except StoreUnavailable as error:
                log.warning("indexing_waits", why=str(error))
            except Exception as error:  # the next time may fare better
                log.error("indexing_failed", error=type(error).__name__)  # noqa: TRY400
            rest = (time.monotonic() - begun) / SHARE
            await asyncio.sleep(min(max(rest, SHORTEST_REST), LONGEST_REST))

    async def catch_up(self) -> None:
        """Read all there is, unless another process is at it."""
        self._behind = ""
        await self.work(float("inf"))

    async def work(self, until: float) -> None:
        """Look at what has grown, and read there until so late (`time.monotonic`). What is left then, or held by
        another process, is looked at again the next time."""
        names, others = self._grown.take()
        self._names.update(names)
        now = time.monotonic()
        if self._behind is None and (others or now >= self._next_round):
            self._behind, self._next_round = "", now + ROUND
        while self._names or self._behind is not None:
            marks = await self._unread()
            self._names.update(mark.conversation for mark in marks)
            if marks and not await self._read_all(marks, until):
                return
            if time.monotonic() > until:
                return

    async def _unread(self) -> Sequence[store.Mark]:
        """Where there is something to read, among those next to be looked at."""
        if self._names:
            names = sorted(self._names)[: store.SLICE]
            marks = await self._database.look(store.unread, names)
            self._names.difference_update(names)
            return marks
        marks, self._behind = await self._database.look(store.unread_behind, self._behind or "")
        return marks

    async def _read_all(self, marks: Sequence[store.Mark], until: float) -> bool:
        """False when the time is up, or another process reads."""
        token = uuid4().hex
        mine, _ = await self._database.run(leases.take, INDEXING, token, LEASE)
        if not mine:
            return False
        try:
            while marks and time.monotonic() <= until:
                readings = await self._database.look(store.read, marks, LINES, _cancelling)
                await self._database.run(store.keep, *self._made_of(readings))
                marks = marks[len(readings) :]
                self._names.difference_update(read.mark.conversation for read in readings if read.to_the_end)
        except store.ReadByOther:  # our lease ran out
            return False
        finally:
            await self._database.run(leases.leave, INDEXING, token, None)
        return not marks

    def _made_of(
        self, readings: Sequence[store.Reading]
    ) -> tuple[list[store.Findable], list[store.Digest], store.Counts]:
        rollup = Rollup(self._reasons)
        found: list[store.Findable] = []
        digests = []
        for reading in readings:
            lines = list(_findable(reading))
            day = rollup.add(reading.lines, reading.mark.day, reading.acts)
            said = [line.payload["text"] for line in reading.lines if _is_customers(line) and line.payload.get("text")]
            at = max((line.at for line in lines if line.sender != NOTE), default=None)
            digests.append(store.Digest(reading.mark, reading.seq, at, day, said[-1][:PREVIEW] if said else None))
            found += (line for line in lines if line.words)
        return found, digests, rollup.counts


NOTE = "note"


def spoken(payload: Mapping[str, Any]) -> str:
    """What can be found of a message: its text, and the names of what came along."""
    names = [attachment.get("name", "") for attachment in payload.get("attachments", ())]
    return "\n".join(filter(None, [payload.get("text", ""), *names]))


def _findable(reading: store.Reading) -> Iterator[store.Findable]:
    """What was said, by whom."""
    for line in reading.lines:
        if isinstance(line, store.Went) and line.kind == "message":
            sender = line.payload.get("sender", "bot")
        elif _is_customers(line):
            sender = "customer"
        else:
            continue
        yield store.Findable(line.conversation, line.seq, "", sender, words(spoken(line.payload)), line.at)
    for note in reading.notes:
        yield store.Findable(note.conversation, reading.seq, note.key, NOTE, words(note.words), note.at)


def _is_customers(line: store.Came | store.Went) -> bool:
    return isinstance(line, store.Came) and line.source == Source.CUSTOMER


def _cancelling(line: store.Came) -> str | None:
    """The id of the act whose outcome it is, where what became of a cancellation is counted."""
    of_cancelling = any(way.startswith("cancel_order/cancelling/") for way in line.payload.get("ways", ()))
    if line.source != Source.INNER or not of_cancelling or not line.id.startswith("act:"):
        return None
    return line.id.split(":")[1]

"""What Tepai's own database says when the storm is over: whether all is done, and what was withheld and why.
And the one thing that a scene changes there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Connection, select, update

from bot.errors import StoreUnavailable
from bot.messages import Address
from bot.store.clock import dbnow
from bot.store.database import Database
from bot.store.tables import lane, outbox, timer
from tests.storm.books import Withheld, line_of

LOOK_SECONDS = 0.1


async def settled(url: str, within: float) -> list[str]:
    """Wait until nothing is left to do; the conversations where something still is after so many seconds."""
    deadline = time.monotonic() + within
    async with _opened(url) as database:
        while True:
            # Other processes do the work, and none of them can tell that it was the last.
            try:
                left = await database.run(_left)
            except StoreUnavailable:
                left = ["the database is away"]
            if not left or time.monotonic() > deadline:
                return left
            await asyncio.sleep(LOOK_SECONDS)


async def withheld(url: str) -> list[Withheld]:
    """The lines that were never to be sent."""
    async with _opened(url) as database:
        return await database.run(_withheld)


def _left(connection: Connection) -> list[str]:
    lanes = connection.scalars(select(lane.c.conversation).where(lane.c.next_at.is_not(None)))
    timers = connection.scalars(select(timer.c.conversation))
    return sorted({*lanes, *timers})


def _withheld(connection: Connection) -> list[Withheld]:
    asked = select(outbox.c.conversation, outbox.c.seq, outbox.c.payload, outbox.c.fate)
    rows = connection.execute(asked.where(outbox.c.fate.is_not(None), outbox.c.kind == "message"))
    return [
        Withheld(Address.of(row.conversation).chat, row.seq, line_of(row.payload["key"], row.payload["text"]), row.fate)
        for row in rows
    ]


async def end_lease(url: str, conversation: str) -> None:
    """Let a lane come due now, whoever holds it."""
    due = update(lane).where(lane.c.conversation == conversation).values(next_at=dbnow())
    async with _opened(url) as database:
        await database.run(lambda connection: connection.execute(due) and None)


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        await database.close()

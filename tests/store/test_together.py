"""Statements that wait at the same time: each keeps its own result, its own failure and its own end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asyncpg import UniqueViolationError
from sqlalchemy import Pool, bindparam, event, insert, literal_column, select, text, update
from sqlalchemy.ext.asyncio import create_async_engine

from bot.errors import StoreUnavailable
from bot.store.database import Database
from bot.store.postgresql import LOCK_SECONDS
from bot.store.prepared import Prepared
from bot.store.tables import channel_pause

NAMES = [f"{n:02}" for n in range(60)]
OTHERS_END = """select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()"""

PUT = Prepared(insert(channel_pause).values(channel=bindparam("key"), blocked_until=0))
BELOW = Prepared(select(channel_pause.c.channel).where(channel_pause.c.channel < bindparam("key")))
COUNT = Prepared(
    update(channel_pause)
    .where(channel_pause.c.channel == bindparam("key"))
    .values(blocked_until=channel_pause.c.blocked_until + literal_column("1"))
    .returning(channel_pause.c.blocked_until)
)


async def put(database: Database, *names: str) -> None:
    await asyncio.gather(*(database.fetch(PUT, {"key": name}) for name in names))


async def counted(database: Database, names: Sequence[str]) -> list[float]:
    rows = await asyncio.gather(*(database.fetch_one(COUNT, {"key": name}) for name in names))
    return [row.blocked_until for row in rows]


@asynccontextmanager
async def locked(url: str, name: str) -> AsyncIterator[None]:
    """Somebody else's transaction has this row until the block ends."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(update(channel_pause).where(channel_pause.c.channel == name).values(blocked_until=0))
        yield
    await engine.dispose()


@pytest.fixture
def round_trips() -> Iterator[list[str]]:
    """One entry for each that PostgreSQL's driver makes, by statement."""
    made: list[str] = []

    def connected(raw: Any, _: object) -> None:
        raw.driver_connection.add_query_logger(lambda query: made.append(query.query))

    event.listen(Pool, "connect", connected)
    yield made
    event.remove(Pool, "connect", connected)


async def test_everybody_gets_their_own_rows(database: Database) -> None:
    await put(database, *NAMES)
    found = await asyncio.gather(*(database.fetch(BELOW, {"key": name}) for name in NAMES))
    assert [sorted(row.channel for row in rows) for rows in found] == [NAMES[:n] for n in range(60)]


async def test_the_first_row_or_none(database: Database) -> None:
    await put(database, "a")
    counted = await asyncio.gather(*(database.fetch_one(COUNT, {"key": name}) for name in "ab"))
    assert counted[0].blocked_until == 1
    assert counted[1] is None


async def test_many_share_a_round_trip(postgres_url: str, round_trips: list[str]) -> None:
    database = Database(postgres_url)
    await put(database, *NAMES)
    await asyncio.sleep(0)  # the driver tells a moment later
    assert sum("INSERT" in statement for statement in round_trips) <= 2
    await database.close()


async def test_one_that_breaks_a_rule_takes_no_other_with_it(postgres_url: str) -> None:
    database = Database(postgres_url)
    await put(database, "05")
    ends = await asyncio.gather(*(database.fetch(PUT, {"key": name}) for name in NAMES[:10]), return_exceptions=True)
    assert [type(end) for end in ends if isinstance(end, Exception)] == [UniqueViolationError]
    assert isinstance(ends[5], UniqueViolationError)
    assert len(await database.fetch(BELOW, {"key": "10"})) == 10
    await database.close()


async def test_one_that_meets_a_lock_holds_the_others_up_for_a_moment_only(postgres_url: str) -> None:
    database = Database(postgres_url)
    await put(database, *NAMES[:10])
    async with locked(postgres_url, "03"), asyncio.timeout(4 * LOCK_SECONDS):
        barred = asyncio.create_task(counted(database, ["03"]))
        free = asyncio.create_task(counted(database, NAMES[4:10]))
        assert await free == [1] * 6, "kept once, though they were sent twice"
        with pytest.raises(StoreUnavailable, match="locked"):
            await barred
    assert await counted(database, ["03"]) == [1]
    await database.close()


async def test_groups_of_two_processes_do_not_wait_crosswise(postgres_url: str, round_trips: list[str]) -> None:
    one, two = Database(postgres_url), Database(postgres_url)
    await put(one, *NAMES)
    for _ in range(10):
        await asyncio.gather(counted(one, NAMES[:30]), counted(two, NAMES[29::-1]))
    assert await counted(one, NAMES) == [20 + 1] * 30 + [1] * 30
    assert sum("UPDATE" in statement for statement in round_trips) < 30, "a group that failed is sent one by one"
    await one.close()
    await two.close()


@pytest.mark.parametrize("turns", [1, 3], ids=["before it is sent", "under way"])
async def test_whoever_gives_up_takes_no_other_along(database: Database, turns: int) -> None:
    await put(database, *NAMES)
    waiting = [asyncio.create_task(counted(database, [name])) for name in NAMES]
    for _ in range(turns):
        await asyncio.sleep(0)
    for task in waiting[::2]:
        task.cancel()
    async with asyncio.timeout(10):
        ends = await asyncio.gather(*waiting, return_exceptions=True)
    assert ends[1::2] == [[1]] * 30
    assert all(isinstance(end, asyncio.CancelledError) for end in ends[::2])


async def test_what_waits_when_the_server_is_gone_is_told_so(postgres_url: str) -> None:
    database = Database(postgres_url)
    await put(database, *NAMES[:5])
    others = text(OTHERS_END)
    await database.run(lambda c: c.execute(others))
    ends = await asyncio.gather(*(counted(database, [name]) for name in NAMES[:5]), return_exceptions=True)
    assert all(isinstance(end, StoreUnavailable) or end == [1] for end in ends), ends
    assert len(await database.fetch(BELOW, {"key": "99"})) == 5
    await database.close()


async def test_a_closed_database(database: Database) -> None:
    await put(database, "a")
    await database.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await put(database, "b", "c")

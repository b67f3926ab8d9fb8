"""The floor: what the rows of one message cost at the least.

The conversation, what came in and what goes out: three statements in one transaction of their own, into tables made
like Tepai's with nothing else in them.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    MetaData,
    Table,
    create_engine,
    event,
    insert,
    literal_column,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from bot.store import tables

POOL = 8
metadata = MetaData()


def _same(table: Table) -> Table:
    """With the columns, keys and indexes of Tepai's own."""
    copy = table.to_metadata(metadata, name=f"floor_{table.name}")
    for part in (*copy.constraints, *copy.indexes):
        part.name = f"floor_{part.name}"
    return copy


conversation, inbound, outbox = map(_same, (tables.conversation, tables.inbound, tables.outbox))

Row = Mapping[str, Any]
Rows = tuple[Row, Row, Row]
"""The values of a conversation, an inbound and an outbox row."""
Write = Callable[[Rows], Awaitable[None]]
Ways = Mapping[str, Callable[[str], contextlib.AbstractAsyncContextManager[Write]]]


def _upsert(dialect: Any) -> Any:
    fresh = dialect.insert(conversation)
    grown = {name: fresh.excluded[name] for name in ("state", "customer", "updated_at")}
    changed = {**grown, "version": conversation.c.version + literal_column("1")}
    return fresh.on_conflict_do_update(index_elements=["id"], set_=changed)


UPSERT = {"sqlite": _upsert(sqlite), "postgresql": _upsert(postgresql)}
TAKE = insert(inbound)
ADD = insert(outbox)


@contextlib.asynccontextmanager
async def opened(
    url: str, recorded: Sequence[Mapping[str, Any]], ways: Ways
) -> AsyncIterator[Callable[[dict[str, Any]], Awaitable[int]]]:
    """How the floor takes a webhook. `recorded`: for every line of the talk the {"state", "out"} that Tepai keeps;
    `ways`: how rows are written, by the database's name."""
    async with ways[url.partition(":")[0].partition("+")[0]](url) as write:

        async def take(body: dict[str, Any]) -> int:
            rows = rows_of(body, recorded[body["line"]], time.time())
            await write(rows)
            return int(rows[1]["seq"])

        yield take


def rows_of(body: Mapping[str, Any], kept: Mapping[str, Any], now: float) -> Rows:
    """The three rows of a webhook."""
    key, seq = f"phone:{body['chat']}", 2 * body["line"] + 1
    whose = {"customer": kept["state"].get("customer"), "owner": None, "owner_epoch": 0, "unreachable": False}
    talk = {"id": key, "channel": "phone", "version": 1, "state": kept["state"], "created_at": now, "updated_at": now}
    came = {"source": "customer", "message_id": body["id"], "payload": body}
    goes = {"kind": "message", "payload": kept["out"], "epoch": 0, "fate": None}
    return (
        {**talk, **whose},
        {"conversation": key, "seq": seq, "at": now, **came},
        {"conversation": key, "seq": seq + 1, "at": now, **goes},
    )


def _three_statements(connection: Connection, rows: Rows) -> None:
    talk, came, goes = rows
    connection.execute(UPSERT[connection.dialect.name], talk)
    connection.execute(TAKE, came)
    connection.execute(ADD, goes)


@contextlib.asynccontextmanager
async def _sqlite(url: str) -> AsyncIterator[Write]:
    engine = sqlite_engine(url)
    loop = asyncio.get_running_loop()

    def transact(rows: Rows) -> None:
        with engine.begin() as connection:
            _three_statements(connection, rows)

    with ThreadPoolExecutor(1, "database") as thread:
        yield lambda rows: loop.run_in_executor(thread, transact, rows)


@contextlib.asynccontextmanager
async def _postgresql(url: str) -> AsyncIterator[Write]:
    engine = await postgresql_engine(url)

    async def write(rows: Rows) -> None:
        async with engine.begin() as connection:
            await connection.run_sync(_three_statements, rows)

    yield write
    await engine.dispose()


def sqlite_engine(url: str) -> Engine:
    """With the floor's tables, and set as Tepai's is."""
    engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.begin() as connection:
        metadata.create_all(connection)
    return engine


async def postgresql_engine(url: str) -> AsyncEngine:
    """With the floor's tables."""
    engine = create_async_engine(url, pool_size=POOL, max_overflow=0)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    return engine


PLAIN: Ways = {"sqlite": _sqlite, "postgresql": _postgresql}
"""Statement by statement, in a transaction of its own."""

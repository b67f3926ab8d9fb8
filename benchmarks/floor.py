"""The floor: what the rows of one message cost at the least, in two readings.

"Statement by statement": the conversation, what came in and what goes out, three statements in one transaction of
their own. "Cheapest": the cheapest way we know; on PostgreSQL one statement, on SQLite whatever waits in one commit.
The tables are the floor's own, with nothing in them but those rows, so that no change of Tepai's makes it dearer.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import queue
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    Engine,
    MetaData,
    Table,
    Text,
    bindparam,
    create_engine,
    event,
    insert,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from bot.store.types import Json

POOL = 8
metadata = MetaData()
conversation = Table(
    "floor_conversation",
    metadata,
    Column("id", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("state", Json, nullable=False),
    Column("updated_at", Double, nullable=False),
)
inbound = Table(
    "floor_inbound",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("payload", Json, nullable=False),
    Column("at", Double, nullable=False),
)
outbox = Table(
    "floor_outbox",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("payload", Json, nullable=False),
    Column("at", Double, nullable=False),
)

Row = Mapping[str, Any]
Rows = tuple[Row, Row, Row]
"""The values of a conversation, an inbound and an outbox row."""
Write = Callable[[Rows], Awaitable[None]]


def _upsert(dialect: Any) -> Any:
    fresh = dialect.insert(conversation)
    grown = {name: fresh.excluded[name] for name in ("state", "updated_at")}
    changed = {**grown, "version": conversation.c.version + literal_column("1")}
    return fresh.on_conflict_do_update(index_elements=["id"], set_=changed)


_UPSERT = {"sqlite": _upsert(sqlite), "postgresql": _upsert(postgresql)}
_TAKE = insert(inbound)
_ADD = insert(outbox)


@contextlib.asynccontextmanager
async def opened(
    url: str, recorded: Sequence[Mapping[str, Any]], *, cheapest: bool
) -> AsyncIterator[Callable[[dict[str, Any]], Awaitable[int]]]:
    """How the floor takes a webhook. `recorded`: for every line of the talk the {"state", "out"} that Tepai keeps."""
    ways = _CHEAPEST if cheapest else _PLAIN
    async with ways[url.partition(":")[0].partition("+")[0]](url) as write:

        async def take(body: dict[str, Any]) -> int:
            rows = rows_of(body, recorded[body["line"]], time.time())
            await write(rows)
            return int(rows[1]["seq"])

        yield take


def rows_of(body: Mapping[str, Any], kept: Mapping[str, Any], now: float) -> Rows:
    """The three rows of a webhook."""
    key, seq = f"phone:{body['chat']}", 2 * body["line"] + 1
    return (
        {"id": key, "channel": "phone", "version": 1, "state": kept["state"], "updated_at": now},
        {"conversation": key, "message_id": body["id"], "seq": seq, "payload": body, "at": now},
        {"conversation": key, "seq": seq + 1, "kind": "message", "payload": kept["out"], "at": now},
    )


def _three_statements(connection: Connection, rows: Rows) -> None:
    talk, came, goes = rows
    connection.execute(_UPSERT[connection.dialect.name], talk)
    connection.execute(_TAKE, came)
    connection.execute(_ADD, goes)


@contextlib.asynccontextmanager
async def _sqlite(url: str) -> AsyncIterator[Write]:
    engine = _sqlite_engine(url)
    loop = asyncio.get_running_loop()

    def transact(rows: Rows) -> None:
        with engine.begin() as connection:
            _three_statements(connection, rows)

    with ThreadPoolExecutor(1, "database") as thread:
        yield lambda rows: loop.run_in_executor(thread, transact, rows)


@contextlib.asynccontextmanager
async def _postgresql(url: str) -> AsyncIterator[Write]:
    engine = await _postgresql_engine(url)

    async def write(rows: Rows) -> None:
        async with engine.begin() as connection:
            await connection.run_sync(_three_statements, rows)

    yield write
    await engine.dispose()


@contextlib.asynccontextmanager
async def _postgresql_at_once(url: str) -> AsyncIterator[Write]:
    engine = (await _postgresql_engine(url)).execution_options(isolation_level="AUTOCOMMIT")
    statement = _one_statement()

    async def write(rows: Rows) -> None:
        talk, came, goes = rows
        values = {
            **talk,
            **{f"in_{name}": value for name, value in came.items()},
            **{f"out_{name}": value for name, value in goes.items()},
        }
        async with engine.connect() as connection:
            await connection.execute(statement, values)

    yield write
    await engine.dispose()


def _one_statement() -> Any:
    def prefixed(table: Table, prefix: str) -> Any:
        return insert(table).values({column.name: bindparam(prefix + column.name) for column in table.c})

    talk = _UPSERT["postgresql"].values({column.name: bindparam(column.name) for column in conversation.c})
    parts = (
        talk.returning(literal(1)).cte("talk"),
        prefixed(inbound, "in_").returning(literal(1)).cte("came"),
        prefixed(outbox, "out_").returning(literal(1)).cte("goes"),
    )
    return select(literal(1)).add_cte(*parts)


@contextlib.asynccontextmanager
async def _sqlite_together(url: str) -> AsyncIterator[Write]:
    """One thread commits whatever waits, by statements that SQLAlchemy has written once."""
    _sqlite_engine(url).dispose()
    loop = asyncio.get_running_loop()
    waiting: queue.SimpleQueue[tuple[Rows, asyncio.Future[None]] | None] = queue.SimpleQueue()

    async def write(rows: Rows) -> None:
        done = loop.create_future()
        waiting.put((rows, done))
        await done

    thread = threading.Thread(target=_commit_together, args=(url, waiting, loop), name="database")
    thread.start()
    try:
        yield write
    finally:
        waiting.put(None)
        thread.join()


def _commit_together(url: str, waiting: Any, loop: asyncio.AbstractEventLoop) -> None:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("PRAGMA synchronous = NORMAL")
    tables = (conversation, inbound, outbox)
    statements = [
        str(s.compile(dialect=_named())) for s in (_all(t, s) for t, s in zip(tables, _STATEMENTS, strict=True))
    ]
    while (first := waiting.get()) is not None:
        batch = [first]
        while not waiting.empty() and (more := waiting.get()) is not None:
            batch.append(more)
        connection.execute("BEGIN IMMEDIATE")
        for place, statement in enumerate(statements):
            connection.executemany(statement, [_plain(rows[place]) for rows, _ in batch])
        connection.execute("COMMIT")
        loop.call_soon_threadsafe(_tell, [done for _, done in batch])
    connection.close()


_STATEMENTS = (_UPSERT["sqlite"], _TAKE, _ADD)


def _all(table: Table, statement: Any) -> Any:
    return statement.values({column.name: bindparam(column.name) for column in table.c})


def _named() -> Any:
    return sqlite.dialect(paramstyle="named")


def _plain(row: Row) -> dict[str, Any]:
    return {name: json.dumps(value) if isinstance(value, Mapping) else value for name, value in row.items()}


def _tell(done: Sequence[asyncio.Future[None]]) -> None:
    for one in done:
        one.set_result(None)


def _sqlite_engine(url: str) -> Engine:
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


async def _postgresql_engine(url: str) -> AsyncEngine:
    engine = create_async_engine(url, pool_size=POOL, max_overflow=0)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    return engine


_PLAIN = {"sqlite": _sqlite, "postgresql": _postgresql}
_CHEAPEST = {"sqlite": _sqlite_together, "postgresql": _postgresql_at_once}

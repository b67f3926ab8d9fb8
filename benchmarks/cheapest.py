"""The cheapest way we know to write the floor's rows: on PostgreSQL one statement, on SQLite all that wait at once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from queue import SimpleQueue
from typing import Any

from sqlalchemy import Table, bindparam, insert, literal, select
from sqlalchemy.dialects import sqlite

from benchmarks.floor import (
    ADD,
    TAKE,
    UPSERT,
    Row,
    Rows,
    Ways,
    Write,
    conversation,
    inbound,
    outbox,
    postgresql_engine,
    sqlite_engine,
)

Waiting = tuple[Rows, asyncio.Future[None]]
Queue = SimpleQueue[Waiting | None]


@contextlib.asynccontextmanager
async def _postgresql_at_once(url: str) -> AsyncIterator[Write]:
    engine = (await postgresql_engine(url)).execution_options(isolation_level="AUTOCOMMIT")
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

    talk = UPSERT["postgresql"].values({column.name: bindparam(column.name) for column in conversation.c})
    parts = (
        talk.returning(literal(1)).cte("talk"),
        prefixed(inbound, "in_").returning(literal(1)).cte("came"),
        prefixed(outbox, "out_").returning(literal(1)).cte("goes"),
    )
    return select(literal(1)).add_cte(*parts)


@contextlib.asynccontextmanager
async def _sqlite_together(url: str) -> AsyncIterator[Write]:
    """One thread commits whatever waits, by statements that SQLAlchemy has written once."""
    sqlite_engine(url).dispose()
    loop = asyncio.get_running_loop()
    waiting: Queue = SimpleQueue()

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


def _commit_together(url: str, waiting: Queue, loop: asyncio.AbstractEventLoop) -> None:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("PRAGMA synchronous = NORMAL")
    written = ((conversation, UPSERT["sqlite"]), (inbound, TAKE), (outbox, ADD))
    statements = [str(_all(*one).compile(dialect=sqlite.dialect(paramstyle="named"))) for one in written]
    while batch := _all_that_waits(waiting):
        connection.execute("BEGIN IMMEDIATE")
        for place, statement in enumerate(statements):
            connection.executemany(statement, [_plain(rows[place]) for rows, _ in batch])
        connection.execute("COMMIT")
        loop.call_soon_threadsafe(_tell, [done for _, done in batch])
    connection.close()


def _all_that_waits(waiting: Queue) -> list[Waiting]:
    """At least one, but none after the end."""
    batch = [waiting.get()]
    while batch[-1] is not None and not waiting.empty():
        batch.append(waiting.get())
    if batch[-1] is None and len(batch) > 1:
        waiting.put(None)
    return [one for one in batch if one is not None]


def _all(table: Table, statement: Any) -> Any:
    return statement.values({column.name: bindparam(column.name) for column in table.c})


def _plain(row: Row) -> dict[str, Any]:
    return {name: json.dumps(value) if isinstance(value, Mapping) else value for name, value in row.items()}


def _tell(done: Sequence[asyncio.Future[None]]) -> None:
    for one in done:
        one.set_result(None)


CHEAPEST: Ways = {"sqlite": _sqlite_together, "postgresql": _postgresql_at_once}

"""PostgreSQL: transactions side by side on a pool, and single statements on connections that are kept at hand."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import StoreUnavailable
from bot.store import trouble
from bot.store.prepared import Prepared, Values
from bot.store.together import Together
from bot.store.types import from_json, to_json_text

T = TypeVar("T")

CONNECTIONS = 24
"""Of one process, besides the one that listens. Fewer make statements wait for each other, which costs more
processor time than the connections do."""
FOR_TRANSACTIONS = 4
MOST_WAITING = 1_000
"""Statements that may wait for a connection: more than a database that answers at all ever leaves behind."""
CONNECT_SECONDS = 5
COMMAND_SECONDS = 30
LOCK_SECONDS = 1
"""For a row that somebody else has locked: others' statements may be waiting in the same group."""
_BEGIN = f"BEGIN; SET LOCAL lock_timeout = '{CONNECT_SECONDS}s'"


class PostgresRunner:
    """Taking a connection from the pool, BEGIN, COMMIT and giving it back cost more than most statements. So a few
    connections in autocommit stay with us; the newest used goes first, with its prepared statements."""

    def __init__(self, url: str, connections: int = CONNECTIONS) -> None:
        self._engine: AsyncEngine | None = create_async_engine(
            url,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=CONNECT_SECONDS,
            connect_args={"timeout": CONNECT_SECONDS, "command_timeout": COMMAND_SECONDS},
            hide_parameters=True,
            json_serializer=to_json_text,
            json_deserializer=from_json,
        )
        # None stands for a connection that may still be made; the newest used is at the end.
        self._at_hand: list[AsyncConnection | None] = [None] * (connections - FOR_TRANSACTIONS)
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._together = Together(self._borrowed)

    async def run(self, fn: Callable[[Connection], T]) -> T:
        """All or nothing."""
        async with self._open().begin() as connection:
            return await connection.run_sync(fn)

    async def run_each(self, fn: Callable[[Connection], T]) -> T:
        """Every statement by itself."""
        async with self._borrowed() as connection:
            return await connection.run_sync(fn)

    async def run_short(self, fn: Callable[[Connection], T]) -> T:
        """All or nothing, on a connection that is at hand."""
        async with self._borrowed() as connection:
            driver = _driver(connection)
            await driver.execute(_BEGIN)
            try:
                found = await connection.run_sync(fn)
            except Exception:
                if not driver.is_closed():
                    await driver.execute("ROLLBACK")
                raise
            await driver.execute("COMMIT")
            return found

    async def fetch(self, statement: Prepared, values: Values) -> Sequence[Any]:
        """One statement, together with others that wait."""
        return await self._together.fetch(statement, values)

    async def close(self) -> None:
        """Later calls raise `StoreUnavailable`."""
        if self._engine is not None:
            engine, self._engine = self._engine, None
            await self._drop_those_at_hand()
            await engine.dispose()

    def _open(self) -> AsyncEngine:
        if self._engine is None:
            raise StoreUnavailable("the database is closed")
        return self._engine

    @asynccontextmanager
    async def _borrowed(self) -> AsyncIterator[AsyncConnection]:
        """One of the connections in autocommit."""
        connection = await self._taken()
        try:
            if connection is None:
                connection = await self._connected()
            yield connection
        except asyncio.CancelledError:  # perhaps in the middle of a statement
            lost, connection = connection, None
            await asyncio.shield(_drop(lost))
            raise
        except Exception as error:
            if connection is not None and trouble.ends_connection(error):
                lost, connection = connection, None
                await self._drop_all(lost)
            raise
        finally:
            if connection is not None and (self._engine is None or _is_lost(connection)):
                await self._drop_all(connection)
                connection = None
            elif connection is not None and _driver(connection).is_in_transaction():  # what comes next would hang on it
                await _drop(connection)
                connection = None
            self._at_hand.append(connection)
            self._call_next()

    async def _taken(self) -> AsyncConnection | None:
        while not self._at_hand:
            await self._turn()
        connection = self._at_hand.pop()
        if connection is not None and _is_lost(connection):
            await _drop(connection)
            return None
        return connection

    async def _turn(self) -> None:
        """Wait until a connection is at hand."""
        if len(self._waiting) >= MOST_WAITING:
            raise StoreUnavailable("the database is too busy")
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._call_next()
            raise

    def _call_next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    async def _connected(self) -> AsyncConnection:
        connection = await self._open().connect()
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        return connection

    async def _drop_all(self, lost: AsyncConnection) -> None:
        """What happened to this one, a restarted server say, may have happened to the others too."""
        await _drop(lost)
        await self._drop_those_at_hand()

    async def _drop_those_at_hand(self) -> None:
        at_hand, self._at_hand = self._at_hand, [None] * len(self._at_hand)
        for connection in at_hand:
            await _drop(connection)


def _is_lost(connection: AsyncConnection) -> bool:
    raw = connection.sync_connection
    if raw is None or raw.invalidated:
        return True
    driver = _driver(connection)
    return driver is None or bool(driver.is_closed())


def _driver(connection: AsyncConnection) -> Any:
    """asyncpg's own connection."""
    return connection.sync_connection.connection.driver_connection  # type: ignore[union-attr]


async def _drop(connection: AsyncConnection | None) -> None:
    if connection is not None:
        await connection.invalidate()
        await connection.close()

"""PostgreSQL: transactions side by side on a pool, and single statements on connections that are kept at hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import StoreUnavailable

T = TypeVar("T")

FOR_TRANSACTIONS = 6
FOR_STATEMENTS = 6
CONNECT_SECONDS = 5
COMMAND_SECONDS = 30


class PostgresRunner:
    """Taking a connection from the pool, BEGIN, COMMIT and giving it back cost more than most statements. So a few
    connections in autocommit stay with us; the newest used goes first, with its prepared statements."""

    def __init__(self, url: str) -> None:
        self._engine: AsyncEngine | None = create_async_engine(
            url,
            pool_size=FOR_TRANSACTIONS + FOR_STATEMENTS,
            max_overflow=0,
            pool_timeout=CONNECT_SECONDS,
            connect_args={"timeout": CONNECT_SECONDS, "command_timeout": COMMAND_SECONDS},
            hide_parameters=True,
        )
        self._room = asyncio.Semaphore(FOR_STATEMENTS)
        self._at_hand: list[AsyncConnection] = []

    async def run(self, fn: Callable[[Connection], T]) -> T:
        """All or nothing."""
        async with self._open().begin() as connection:
            return await connection.run_sync(fn)

    async def run_each(self, fn: Callable[[Connection], T]) -> T:
        """Every statement by itself."""
        await self._wait_for_room()
        try:
            async with self._autocommitting() as connection:
                return await connection.run_sync(fn)
        finally:
            self._room.release()

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

    async def _wait_for_room(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_SECONDS if self._room.locked() else None):
                await self._room.acquire()
        except TimeoutError:
            raise StoreUnavailable("the database is too busy") from None

    @asynccontextmanager
    async def _autocommitting(self) -> AsyncIterator[AsyncConnection]:
        engine = self._open()
        connection = self._at_hand.pop() if self._at_hand else await self._connected(engine)
        try:
            yield connection
        except BaseException:
            # Whatever happened to this one, a restarted server say, may have happened to the others too.
            await asyncio.shield(self._drop(connection))
            await self._drop_those_at_hand()
            raise
        if self._engine is None:
            await connection.close()
        else:
            self._at_hand.append(connection)

    async def _connected(self, engine: AsyncEngine) -> AsyncConnection:
        connection = await engine.connect()
        return await connection.execution_options(isolation_level="AUTOCOMMIT")

    async def _drop_those_at_hand(self) -> None:
        while self._at_hand:
            await self._drop(self._at_hand.pop())

    async def _drop(self, connection: AsyncConnection) -> None:
        await connection.invalidate()
        await connection.close()

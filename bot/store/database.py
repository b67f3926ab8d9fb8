"""One database, SQLite or PostgreSQL, behind one call: run a plain function as one transaction."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from bot.errors import ConfigError, StoreUnavailable

P = ParamSpec("P")
T = TypeVar("T")
Clock = Callable[[], float]

# sqlite3 itself waits 5 seconds for a lock; `?timeout=…` in the URL changes that.
PRAGMAS = ("synchronous = NORMAL", "foreign_keys = ON")
WAL_SECONDS = 5
POOL_SIZE = 8
CONNECT_SECONDS = 5
COMMAND_SECONDS = 30

_SQLITE_TROUBLE = {
    sqlite3.SQLITE_PERM: "is not permitted",
    sqlite3.SQLITE_BUSY: "is locked",
    sqlite3.SQLITE_LOCKED: "is locked",
    sqlite3.SQLITE_READONLY: "is read-only",
    sqlite3.SQLITE_IOERR: "has a disk error",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_FULL: "is full",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
    sqlite3.SQLITE_NOTADB: "is not a database",
}
_POSTGRESQL_TROUBLE = {
    "08": "cannot be reached",
    "25006": "is read-only",
    "28": "refuses this user",
    "3D000": "does not exist",
    "40": "is too busy",
    "53": "is full",
    "55P03": "is locked",
    "57": "is shutting down or starting",
    "58": "has a disk error",
}


class Database:
    """SQLite runs every transaction in one thread of its own; PostgreSQL on a pool of connections.

    `clock` is what `dbnow()` reads on SQLite; PostgreSQL has its own.
    """

    def __init__(self, url: str, clock: Clock = time.time) -> None:
        self.clock = clock
        self.is_sqlite = _backend(url) == "sqlite"
        self._runner = _SqliteRunner(url, clock) if self.is_sqlite else _PostgresRunner(url)

    async def run(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `fn(connection, ...)` in one transaction: all of it is kept, or, when it raises, nothing.

        Raises `StoreUnavailable` when the database is absent, locked, read-only, full or out of reach.
        """
        with _trouble_named():
            return await self._runner.run(lambda connection: fn(connection, *args, **kwargs))

    async def close(self) -> None:
        """Give all connections back; later calls raise `StoreUnavailable`."""
        await self._runner.close()


class _SqliteRunner:
    def __init__(self, url: str, clock: Clock) -> None:
        self._engine = _sqlite_engine(url, clock)
        self._thread: ThreadPoolExecutor | None = ThreadPoolExecutor(1, "database")

    async def run(self, fn: Callable[[Connection], T]) -> T:
        if self._thread is None:
            raise StoreUnavailable("the database is closed")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, fn)

    def _transact(self, fn: Callable[[Connection], T]) -> T:
        with self._engine.begin() as connection:
            return fn(connection)

    async def close(self) -> None:
        if self._thread is not None:
            thread, self._thread = self._thread, None
            await asyncio.get_running_loop().run_in_executor(thread, self._engine.dispose)
            thread.shutdown()


class _PostgresRunner:
    def __init__(self, url: str) -> None:
        self._engine: AsyncEngine | None = create_async_engine(
            url,
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_timeout=CONNECT_SECONDS,
            connect_args={"timeout": CONNECT_SECONDS, "command_timeout": COMMAND_SECONDS},
            hide_parameters=True,
        )

    async def run(self, fn: Callable[[Connection], T]) -> T:
        if self._engine is None:
            raise StoreUnavailable("the database is closed")
        async with self._engine.begin() as connection:
            return await connection.run_sync(fn)

    async def close(self) -> None:
        if self._engine is not None:
            engine, self._engine = self._engine, None
            await engine.dispose()


def sqlite_file(url: str) -> Path | None:
    """The file behind an SQLite URL, or None for another database."""
    parsed = make_url(url)
    return Path(parsed.database) if _backend(url) == "sqlite" and parsed.database else None


def _backend(url: str) -> str:
    try:
        driver = make_url(url).drivername
    except ArgumentError:  # its text holds the URL
        driver = ""
    if driver == "sqlite":
        return "sqlite"
    if driver == "postgresql+asyncpg":
        return "postgresql"
    raise ConfigError("the database URL must begin with sqlite:/// or postgresql+asyncpg://")


def _sqlite_engine(url: str, clock: Clock) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_reset_on_return=None,
        connect_args={"check_same_thread": False},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None
        connection.create_function("tepai_now", 0, clock)
        _use_wal(connection)
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later would otherwise fail where it could have waited.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _use_wal(connection: sqlite3.Connection) -> None:
    """Readers and the writer then do not wait for each other. Only this switch, made once in a file's life, does
    not wait for a lock by itself."""
    deadline = time.monotonic() + WAL_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


@contextlib.contextmanager
def _trouble_named() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolExhausted, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        trouble = _trouble(error)
        if trouble is None:
            raise
        # Not chained: the driver's own text may hold the URL or a customer's words.
        raise StoreUnavailable(f"the database {trouble}") from None


def _trouble(error: BaseException) -> str | None:
    """What keeps the database from answering; None when the statement itself was wrong."""
    if isinstance(error, PoolExhausted):
        return "is too busy"
    if isinstance(error, OSError | asyncpg.InterfaceError):
        return "cannot be reached"
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _SQLITE_TROUBLE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    return _postgresql_trouble(error, getattr(cause, "sqlstate", None) or "")


def _postgresql_trouble(error: BaseException, sqlstate: str) -> str | None:
    for length in (5, 2):
        if found := _POSTGRESQL_TROUBLE.get(sqlstate[:length]):
            return found
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return "cannot be reached"
    return None

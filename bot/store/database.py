"""One database, SQLite or PostgreSQL, behind one call: run a plain function as one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import ConfigError
from bot.store import trouble
from bot.store.postgresql import CONNECTIONS, PostgresRunner
from bot.store.prepared import Prepared, Values
from bot.store.sqlite import Clock, SqliteRunner

_EXAMPLE = "postgresql+asyncpg://USER:PASSWORD@HOST:5432/NAME"

P = ParamSpec("P")
T = TypeVar("T")


class Database:
    """SQLite runs every transaction in one thread of its own, and commits together what waits there together;
    PostgreSQL runs them side by side on a pool of connections.

    `clock` is what `dbnow()` reads on SQLite; PostgreSQL has its own. `connections`: how many this process may open
    to PostgreSQL.
    """

    def __init__(self, url: str, clock: Clock = time.time, connections: int = CONNECTIONS) -> None:
        self.url = url
        self.clock = clock
        self.is_sqlite = _backend(url) == "sqlite"
        self._runner = SqliteRunner(url, clock) if self.is_sqlite else PostgresRunner(url, connections)
        self._reader = SqliteRunner(url, clock, only_reads=True) if self.is_sqlite else self._runner

    async def run(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `fn(connection, ...)` in one transaction: all of it is kept, or, when it raises, nothing.

        Raises `StoreUnavailable` when the database is absent, locked, read-only, full or out of reach.
        """
        with trouble.named():
            return await self._runner.run(lambda connection: fn(connection, *args, **kwargs))

    async def run_each(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Like `run`, for an `fn` that is right with every statement a transaction by itself, as one of a single
        statement is: PostgreSQL is then spared BEGIN, COMMIT and the return of a connection to the pool."""
        with trouble.named():
            return await self._runner.run_each(lambda connection: fn(connection, *args, **kwargs))

    async def run_short(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Like `run`, for an `fn` of a few quick statements, best `Prepared` ones: PostgreSQL then takes a connection
        that is at hand, and BEGIN and COMMIT cost no more than a round trip each."""
        with trouble.named():
            return await self._runner.run_short(lambda connection: fn(connection, *args, **kwargs))

    async def fetch(self, statement: Prepared, values: Values) -> Sequence[Any]:
        """The rows of one statement, a transaction by itself. The cheapest way where many wait for the same: on
        PostgreSQL they then go there together."""
        with trouble.named():
            return await self._runner.fetch(statement, values)

    async def fetch_one(self, statement: Prepared, values: Values) -> Any:
        """The first row, or None."""
        found = await self.fetch(statement, values)
        return found[0] if found else None

    async def look(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Like `run`, for an `fn` that only reads and may take its time: on SQLite it runs beside the transactions, on
        a connection of its own, so that no message waits for it."""
        with trouble.named():
            return await self._reader.run(lambda connection: fn(connection, *args, **kwargs))

    async def close(self) -> None:
        """Give all connections back; later calls raise `StoreUnavailable`."""
        await self._reader.close()
        await self._runner.close()


def sqlite_file(url: str) -> Path | None:
    """The file behind an SQLite URL, or None for another database."""
    found = make_url(url).database if _backend(url) == "sqlite" else None
    return Path(found) if found else None


def _backend(url: str) -> str:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # its text holds the URL, or a part of it
        raise ConfigError("the database URL cannot be read: it must be like sqlite:///FILE or " + _EXAMPLE) from None
    if parsed.drivername == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise ConfigError("the database URL must name a file, as in sqlite:///var/tepai.db")
        return "sqlite"
    if parsed.drivername == "postgresql+asyncpg":
        return "postgresql"
    raise ConfigError("the database URL must begin with sqlite:/// or postgresql+asyncpg://")

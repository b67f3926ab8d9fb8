"""News between the processes on one database: which conversations' logs have grown, and that there is work.

Nothing depends on them but speed: whoever misses one finds out by looking, a sweep later.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bot.errors import StoreUnavailable
from bot.store import trouble
from bot.store.database import Database

log = structlog.get_logger(__name__)

CHANNEL = "tepai"
LONGEST_PAYLOAD = 7_500
"""PostgreSQL takes less than 8,000 bytes."""
BREATH = 0.05
"""Seconds between two notifications, so that a busy process sends few with much in each."""
RECONNECT = 1.0
LOOK = 1.0

Heard = Callable[[Iterable[str] | None, bool], None]
"""Called with the conversations that have grown, None for any of them; and whether there is work."""


class Signals(Protocol):
    """One process' ear and mouth."""

    def tell(self, conversation: str, *, due: bool) -> None:
        """Let the other processes know, soon. `due`: somebody has to look at the conversation's lane."""

    async def run(self, heard: Heard) -> None:
        """Tell and listen until cancelled."""


def signals_of(database: Database) -> Signals:
    """What suits the database."""
    return SqliteSignals(database) if database.is_sqlite else PostgresSignals(database.url)


class SqliteSignals:
    """Nobody can be told, but everybody can see whether another process has written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tell(self, conversation: str, *, due: bool) -> None:
        """They see it by themselves."""

    async def run(self, heard: Heard) -> None:
        """See `Signals.run`."""
        seen = None
        while True:
            try:
                now = await self._database.run(_data_version)
            except StoreUnavailable:
                now = None
            if now != seen:
                heard(None, True)
            seen = now
            await asyncio.sleep(LOOK)


def _data_version(connection: Connection) -> int:
    version: int = connection.exec_driver_sql("PRAGMA data_version").scalar_one()
    return version


class PostgresSignals:
    """NOTIFY on a connection of its own and after the commit: within a transaction it takes a lock that makes all
    commits wait for each other."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._grown: set[str] = set()
        self._due = False
        self._something = asyncio.Event()

    def tell(self, conversation: str, *, due: bool) -> None:
        """See `Signals.tell`."""
        self._grown.add(conversation)
        self._due |= due
        self._something.set()

    async def run(self, heard: Heard) -> None:
        """See `Signals.run`."""
        while True:
            try:
                with trouble.named():
                    await self._converse(heard)
            except StoreUnavailable as error:
                log.warning("signals_wait", why=str(error))
            await asyncio.sleep(RECONNECT)

    async def _converse(self, heard: Heard) -> None:
        async with _connected(self._url) as connection:
            own = connection.get_server_pid()

            def hear(_: Any, pid: int, __: str, payload: str) -> None:
                if pid != own:
                    heard(*_unpacked(payload))

            lost = asyncio.Event()
            connection.add_termination_listener(lambda _: self._lose(lost))
            await connection.add_listener(CHANNEL, hear)
            heard(None, True)  # whatever was missed while nobody listened
            while not lost.is_set():
                await self._something.wait()
                await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, self._packed())
                await asyncio.sleep(BREATH)

    def _lose(self, lost: asyncio.Event) -> None:
        lost.set()
        self._something.set()

    def _packed(self) -> str:
        self._something.clear()
        grown, self._grown = sorted(self._grown), set()
        due, self._due = self._due, False
        packed = json.dumps([grown, due])
        return packed if len(packed) < LONGEST_PAYLOAD else json.dumps([None, due])


def _unpacked(payload: str) -> tuple[Iterable[str] | None, bool]:
    """Another version's words may be others: then anything may have happened."""
    try:
        grown, due = json.loads(payload)
    except ValueError:
        return None, True
    return grown, bool(due)


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Any]:
    """The driver's own connection, as SQLAlchemy reads the address."""
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
    async with engine.connect() as connection:
        raw = await connection.get_raw_connection()
        try:
            yield raw.driver_connection
        finally:
            await connection.invalidate()

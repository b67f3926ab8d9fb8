"""The databases a storm can rage on: each can go away for a while."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Protocol

from bot.store.migrate import upgrade
from tests.postgres import SETTINGS, Server, throwaway
from tests.storm.books import Books, Outage

LOCKED_SECONDS = 1.0
LOCK_WAIT_SECONDS = 0.5
"""How long the nodes' SQLite waits for a lock: less than it is held, so that they see it refused."""
CRASH_SAFE = (*SETTINGS, "synchronous_commit=on")


class Shelter(Protocol):
    """A database and how to take it away."""

    kind: str
    url: str

    async def fail(self, books: Books) -> None:
        """Be away for a while, and write it down."""


class SqliteFile:
    """A file; away while somebody else holds its write lock."""

    kind = "sqlite"

    def __init__(self, file: Path) -> None:
        self._file = file
        self.url = f"sqlite:///{file}?timeout={LOCK_WAIT_SECONDS}"

    async def fail(self, books: Books) -> None:
        begun = time.monotonic()
        await asyncio.to_thread(self._hold)
        books.outages.append(Outage(begun, time.monotonic()))

    def _hold(self) -> None:
        with closing(sqlite3.connect(self._file, timeout=30, isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            time.sleep(LOCKED_SECONDS)
            holder.execute("ROLLBACK")


class PostgresServer:
    """A server of its own, whose commits survive a crash; away while it is stopped at once and started again."""

    kind = "postgresql"

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self.url = server.url(name)

    async def fail(self, books: Books) -> None:
        begun = time.monotonic()
        await asyncio.to_thread(self._server.stop)
        await asyncio.to_thread(self._server.start)
        books.outages.append(Outage(begun, time.monotonic()))


@asynccontextmanager
async def sheltered(kind: str) -> AsyncIterator[Shelter]:
    """A migrated database of this kind, thrown away afterwards."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="storm") as folder:
            file = SqliteFile(Path(folder) / "tepai.db")
            await upgrade(file.url)
            yield file
        return
    with throwaway(CRASH_SAFE) as server:
        await server.create("storm")
        await upgrade(server.url("storm"))
        yield PostgresServer(server, "storm")

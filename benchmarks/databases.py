"""The two databases as the benchmarks use them: as durable as in production, and with their processor time."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]
import psutil
from sqlalchemy import make_url

from benchmarks.processes import family_cpu
from tests.postgres import Server, throwaway

DURABLE = (
    "listen_addresses=",
    "log_min_messages=fatal",
    "shared_buffers=512MB",
    "max_wal_size=4GB",
)
"""PostgreSQL's own defaults, fsync and synchronous_commit among them, but for its memory and the room for its log."""


class Store(Protocol):
    """One kind of database. `name` is how tables call it."""

    name: str

    async def fresh(self) -> str:
        """The URL of a new, empty database."""

    def cpu(self) -> float:
        """Seconds of processor time so far, outside the server's process."""

    async def described(self) -> str:
        """Its version, and how durable it is."""


class Sqlite:
    """Files in a folder; their work is done in the server's own process."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def fresh(self) -> str:
        """See `Store`."""
        return f"sqlite:///{self._folder / uuid4().hex}.db"

    def cpu(self) -> float:
        """See `Store`."""
        return 0.0

    async def described(self) -> str:
        """See `Store`."""
        return f"SQLite: {sqlite3.sqlite_version}, write-ahead log, synchronous = NORMAL"


class Postgresql:
    """Databases of a server that lives as long as the benchmark."""

    name = "PostgreSQL"

    def __init__(self, server: Server) -> None:
        self._server = server
        self._process = psutil.Process(server.pid)

    async def fresh(self) -> str:
        """See `Store`."""
        name = f"b{uuid4().hex}"
        await self._server.create(name)
        return self._server.url(name)

    def cpu(self) -> float:
        """See `Store`."""
        return family_cpu(self._process)

    async def described(self) -> str:
        """See `Store`."""
        parts = make_url(self._server.url("postgres"))
        connection = await asyncpg.connect(user=parts.username, database=parts.database, host=parts.query["host"])
        found = [f"{name} {await connection.fetchval(f'SHOW {name}')}" for name in ("fsync", "synchronous_commit")]
        version = await connection.fetchval("SHOW server_version")
        await connection.close()
        return f"PostgreSQL: {version}, {', '.join(found)}, a socket on the same machine"


@contextlib.contextmanager
def stores() -> Iterator[tuple[Sqlite, Postgresql]]:
    """Both, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="tepai-") as folder, throwaway(DURABLE) as server:
        yield Sqlite(Path(folder)), Postgresql(server)


def disk() -> str:
    """How long the disk takes to keep a page for good, where the databases lie."""
    took = []
    with tempfile.TemporaryFile() as file:
        for _ in range(20):
            file.write(bytes(8192))
            file.flush()
            begun = time.perf_counter()
            os.fsync(file.fileno())
            took.append(time.perf_counter() - begun)
    return f"Disk: {statistics.median(took) * 1000:.2f} ms to sync a page of 8 kB"

"""Databases for tests: a migrated SQLite file and a real PostgreSQL, fresh for every test."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.store.database import Database
from bot.store.migrate import upgrade
from tests.postgres import TEMPLATE, Server, throwaway


class Clock:
    """A clock that tests move. It rules on SQLite; PostgreSQL has its own (see tests/passing.py)."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with throwaway() as server:
        asyncio.run(server.create(TEMPLATE))
        asyncio.run(upgrade(server.url(TEMPLATE)))
        yield server


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "tepai.db"
    with ThreadPoolExecutor(1) as thread:  # Playwright's loop may run in this one already
        thread.submit(asyncio.run, upgrade(f"sqlite:///{file}")).result()
    return file


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    file = tmp_path / "tepai.db"
    shutil.copyfile(migrated_file, file)
    return f"sqlite:///{file}"


@pytest.fixture
async def postgres_url(postgres: Server) -> AsyncIterator[str]:
    async with postgres.database(TEMPLATE) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated, empty database, one test for each kind."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
async def database(database_url: str, clock: Clock) -> AsyncIterator[Database]:
    opened = Database(database_url, clock)
    yield opened
    await opened.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests go last: Playwright leaves its event loop running in this thread, and tests with a loop of
    their own would fail after it."""
    items.sort(key=lambda item: "browser" in item.path.parts)

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.store.database import Database
from tests.conftest import Clock
from tests.telegram.customer import Customer
from tests.telegram.server import BotApi
from tests.telegram.tepai import Tepai


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    server = BotApi()
    await server.start()
    yield server
    await server.stop()
    assert server.troubles == []


@pytest.fixture
async def file(sqlite_url: str, clock: Clock) -> AsyncIterator[Database]:
    """One SQLite database: what is the same on both kinds is tested once."""
    opened = Database(sqlite_url, clock)
    yield opened
    await opened.close()


@pytest.fixture(params=["webhook", "polling"])
async def tepai(request: pytest.FixtureRequest, api: BotApi, file: Database) -> AsyncIterator[Tepai]:
    """Both ways in."""
    opened = Tepai(api, file, webhook=request.param == "webhook")
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def hooked(api: BotApi, file: Database) -> AsyncIterator[Tepai]:
    """By webhook."""
    opened = Tepai(api, file)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def mei(api: BotApi) -> Customer:
    return Customer(api, api.chat(7))

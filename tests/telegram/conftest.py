from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from bot.bootstrap import dialogue
from bot.config import load as load_settings
from bot.dialogue.engine import Engine
from bot.messages import Address, Outgoing
from bot.store.database import Database
from tests.conftest import Clock
from tests.conversations.ground import Ground, prepare
from tests.telegram.customer import Customer
from tests.telegram.server import BotApi
from tests.telegram.tepai import Tepai

Send = Callable[..., Awaitable[None]]
CHAT = Address("telegram", "7")


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


@pytest.fixture(scope="session")
def engine() -> Engine:
    return dialogue(load_settings(environ={"TEPAI_SECRET": "a secret of the tests"}))


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    made = asyncio.run(prepare(tmp_path_factory.mktemp("seeded") / "tepai.db"))
    yield made
    asyncio.run(made.database.close())


@pytest.fixture
def send(hooked: Tepai, mei: Customer) -> Send:
    """Hand a message to the channel as the runtime does, and wait for what goes on beside it."""

    async def sending(message: Outgoing | str, seq: int = 2) -> None:
        out = Outgoing(message) if isinstance(message, str) else message
        try:
            await hooked.adapter.channel.send(CHAT, out, seq)
        finally:
            await hooked.adapter.channel.aside.settle()

    return sending

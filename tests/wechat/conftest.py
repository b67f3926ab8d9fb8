from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.store.database import Database
from tests.conftest import Clock
from tests.wechat.household import Household
from tests.wechat.platform import Platform


@pytest.fixture
async def wechat(clock: Clock) -> AsyncIterator[Platform]:
    started = Platform(clock)
    await started.start()
    yield started
    await started.stop()


@pytest.fixture
async def lite(sqlite_url: str, clock: Clock) -> AsyncIterator[Database]:
    opened = Database(sqlite_url, clock)
    yield opened
    await opened.close()


@pytest.fixture
async def household(lite: Database, clock: Clock, wechat: Platform) -> AsyncIterator[Household]:
    made = Household(lite, clock, wechat)
    yield made
    await made.stop()

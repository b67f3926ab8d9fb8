from __future__ import annotations

import pytest

from bot.runtime.service import Runtime
from bot.store.database import Database
from tests.conftest import Clock
from tests.runtime.parts import World


@pytest.fixture
def world(database: Database, clock: Clock) -> World:
    return World(database, clock)


@pytest.fixture
def runtime(world: World) -> Runtime:
    return world.open()

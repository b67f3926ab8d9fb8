"""What all scripts share: the engine with every flow, the seeded ground, and the record of what was walked."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest

from bot.bootstrap import dialogue
from bot.config import load
from bot.dialogue.engine import Engine
from tests.conversations.ground import Ground, prepare
from tests.conversations.walking import Walked


@pytest.fixture(scope="session")
def engine() -> Engine:
    return dialogue(load(environ={"TEPAI_SECRET": "a secret of the tests"}))


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    made = asyncio.run(prepare(tmp_path_factory.mktemp("seeded") / "tepai.db"))
    yield made
    asyncio.run(made.database.close())


@pytest.fixture(scope="session", autouse=True)
def kept(engine: Engine, ground: Ground) -> Iterator[None]:
    """What stays until the end, a hundred thousand objects, is not searched for garbage again and again."""
    gc.collect()  # so that nothing is kept which nobody holds any more
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def walked(engine: Engine) -> Iterator[Walked]:
    record = Walked(engine.book)
    record.begin()
    yield record
    record.end()

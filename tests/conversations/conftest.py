"""What all scripts share: the engine with every flow, the seeded template, and the record of what was walked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.bootstrap import dialogue
from bot.config import load
from bot.dialogue.engine import Engine
from tests.conversations.walking import Walked
from tests.conversations.world import make_template


@pytest.fixture(scope="session")
def engine() -> Engine:
    return dialogue(load(environ={"TEPAI_SECRET": "a secret of the tests"}))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("seeded") / "tepai.db"
    asyncio.run(make_template(file))
    return file


@pytest.fixture(scope="session")
def walked(engine: Engine) -> Iterator[Walked]:
    record = Walked(engine.book)
    record.begin()
    yield record
    record.end()

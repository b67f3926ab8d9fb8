from __future__ import annotations

import pytest

from bot import bootstrap
from bot.config import Settings
from bot.dialogue.engine import Engine


@pytest.fixture(scope="session")
def engine() -> Engine:
    return bootstrap.dialogue(Settings(secret="s" * 40))

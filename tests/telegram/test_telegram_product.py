"""The whole product as its own process, with nothing but a token: `tepai run` and Telegram by polling."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.identity.links import Links
from bot.store.database import Database
from tests.command.tepai import start
from tests.runtime.parts import _move_back
from tests.telegram.customer import Customer
from tests.telegram.server import BotApi

KEY = "a secret for these tests only"


async def time_passes(url: str, seconds: float) -> None:
    """What the killed process held runs out."""
    database = Database(url)
    await database.run(_move_back, seconds)
    await database.close()


class Product:
    def __init__(self, folder: Path, api: BotApi) -> None:
        self._folder = folder
        self.database_url = f"sqlite:///{folder}/var/tepai.db"
        self._token = api.token
        self._process: subprocess.Popen[str] | None = None
        (folder / "config.yaml").write_text(f"telegram: {{base_url: '{api.url}'}}\n", encoding="utf-8")

    def start(self) -> None:
        self._process = start(self._folder, "run", PORT="0", TEPAI_SECRET=KEY, TEPAI_TELEGRAM_TOKEN=self._token)

    def kill(self) -> str:
        """As by kill -9; what it logged."""
        assert self._process is not None
        self._process.kill()
        return self._process.communicate()[1]


@pytest.fixture
def product(tmp_path: Path, api: BotApi) -> Iterator[Product]:
    made = Product(tmp_path, api)
    yield made
    made.kill()


async def heard(api: BotApi, customer: Customer, messages: int) -> list[str]:
    while len(customer.chat.by_bot()) < messages:
        await api.updates.looked()
    return customer.chat.texts()


async def test_a_token_is_all_it_takes_and_kill_9_loses_nothing(api: BotApi, product: Product, mei: Customer) -> None:
    product.start()
    mei.starts(Links(KEY, 72).make("lin"))
    (greeting,) = await heard(api, mei, 1)
    assert "TP10024817" in greeting
    words = "为什么还在等待确认"
    mei.says(words)
    log = product.kill()
    await time_passes(product.database_url, 60)
    product.start()
    answers = await heard(api, mei, 2)
    assert "TP10024817" in answers[1]
    assert not any(secret in log for secret in (api.token, KEY, words, "林悦"))

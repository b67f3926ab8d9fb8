"""The staff's group with the whole product as its own process: `tepai run`, killed as by kill -9, on both databases."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from bot.desk.people import Role
from bot.store.database import Database
from bot.store.topics import StoredTopics
from tests.command.serving import Serving
from tests.command.tepai import start
from tests.desk.office import Member
from tests.support.staffing import Team
from tests.telegram.customer import Colleague, Customer
from tests.telegram.server import BotApi
from tests.telegram.test_telegram_product import KEY, time_passes
from tests.webchat.browser import Browser

GROUP = -100500
PHONE = 41
LEASES_END = 60


class Product:
    """Started on one port, again and again."""

    def __init__(self, folder: Path, api: BotApi, database_url: str) -> None:
        self._folder = folder
        self.database_url = database_url
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = str(free.getsockname()[1])
        self._environ = {"TEPAI_SECRET": KEY, "TEPAI_TELEGRAM_TOKEN": api.token, "DATABASE_URL": database_url}
        section = f"{{base_url: '{api.url}', staff_group: {GROUP}}}"
        (folder / "config.yaml").write_text(f"telegram: {section}\n", encoding="utf-8")
        self._running: Serving | None = None
        self.logs = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        process = start(self._folder, "run", PORT=self._port, **self._environ)
        self._running = await asyncio.to_thread(Serving, process)

    def kill(self) -> None:
        if self._running is not None:
            self._running.process.kill()
            self.logs += self._running.process.communicate()[1]
            self._running = None

    async def dies_and_comes_back(self) -> None:
        self.kill()
        await time_passes(self.database_url, LEASES_END)
        await self.start()


@pytest.fixture
def product(tmp_path: Path, api: BotApi, database_url: str) -> Iterator[Product]:
    made = Product(tmp_path, api, database_url)
    yield made
    made.kill()


@pytest.fixture
async def team(database_url: str) -> AsyncIterator[Team]:
    database = Database(database_url)
    yield Team(database)
    await database.close()


async def until(api: BotApi, done: Callable[[], bool]) -> None:
    """Something happens at Telegram again and again, if only that it is asked for updates."""
    while not done():
        await api.updates.looked()


async def noted(database: Database, conversation: str) -> None:
    """The product has noted what Telegram took: what it had no time to note is shown again."""
    topics = StoredTopics(database)
    while (found := await topics.find(conversation, GROUP)) is None or found.newest > found.seq:  # noqa: ASYNC110
        await asyncio.sleep(0.05)  # a row has no event


async def test_a_customer_on_the_web_is_answered_from_the_phone_and_kill_9_loses_and_doubles_nothing(
    api: BotApi, product: Product, team: Team
) -> None:
    forum = api.chat(GROUP, "supergroup")
    forum.topics = {}
    phone, private = Colleague(api, forum, PHONE), Customer(api, api.chat(PHONE))

    def told(words: str) -> int:
        return sum(shown.text.splitlines().count(words) for shown in forum.by_bot())

    await product.start()
    begun = await team.come("li", Role.AGENT)
    async with Member(product.url) as li, Browser(product.url) as customer:
        li.holds(begun.token)
        _, page = await li.post("/desk/me/telegram")
        private.starts(re.findall(r"https://t\.me/tepai_test_bot\?start=(staff-[\w-]+)\"", page)[0])
        await until(api, lambda: any("已关联：小李" in text for text in private.chat.texts()))

        conversation = f"web:{await customer.chat()}"
        await customer.say("转人工")
        await until(api, lambda: told("🧑 转人工") == 1)
        (thread,) = forum.topics
        await noted(team.database, conversation)

        product.kill()
        phone.writes(thread, "您好，我是小李")
        await product.dies_and_comes_back()
        await until(api, lambda: api.updates.unconfirmed == [])
        await customer.say("我的快递呢")
        await product.dies_and_comes_back()
        await until(api, lambda: told("🧑 我的快递呢") == 1)
        phone.writes(thread, "在路上了")
        await until(api, lambda: api.updates.unconfirmed == [])
        await customer.say("谢谢")
        await until(api, lambda: told("🧑 谢谢") == 1)
        heard = [(entry["sender"], entry["text"]) for entry in await customer.history()]
        assert [heard.count(("staff", words)) for words in ("您好，我是小李", "在路上了")] == [1, 1]
        assert heard[-1] == ("customer", "谢谢"), "the bot is silent"
        assert [told(f"🧑 {words}") for words in ("转人工", "我的快递呢", "谢谢")] == [1, 1, 1]
        assert list(forum.topics) == [thread]
        status, lines = await li.get(f"/desk/api/c/{conversation}/lines?before=9999999")
        assert (status, lines.count("在路上了")) == (200, 1)

        phone.writes(thread, "/close")
        await until(api, lambda: forum.topics is not None and forum.topics[thread].closed)
    product.kill()
    assert not any(secret in product.logs for secret in (api.token, "我的快递呢", "在路上了", "staff-"))

"""Staff and customers on Telegram, through the desk's own work and the lane: words, pictures, files, who is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from adapters.telegram import Adapter
from bot.bootstrap import App, assemble
from bot.config import load
from bot.desk.people import Agent, Role
from bot.desk.talk import Delivery
from bot.desk.work import Reply
from bot.messages import Attachment, AttachmentKind
from tests.conftest import Clock
from tests.telegram.customer import Customer
from tests.telegram.server import BotApi

CHAT = "telegram:7"
MEI = Agent("mei", "小梅", Role.AGENT, "zh")
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
JPEG = b"\xff\xd8\xff" + b"\0" * 40


@dataclass
class Product:
    app: App
    adapter: Adapter
    customer: Customer

    async def settle(self) -> None:
        for _ in range(2):
            await self.adapter.poller.once(0)
        await self.app.runtime.settle()
        await self.adapter.channel.aside.settle()

    async def reply(self, id: str, text: str, *files: Attachment) -> None:
        await self.app.workbench.work.reply(MEI, CHAT, Reply(id, text, files))
        await self.settle()

    async def keeps(self, name: str, media_type: str, data: bytes) -> Attachment:
        return await self.app.workbench.talks.keep_attachment(MEI, CHAT, name, media_type, data)


@pytest.fixture
async def product(api: BotApi, database_url: str, clock: Clock) -> AsyncIterator[Product]:
    environ = {"TEPAI_SECRET": "a secret of the tests", "DATABASE_URL": database_url, "TEPAI_TELEGRAM_TOKEN": api.token}
    settings = load(environ=environ)
    telegram = settings.telegram.model_copy(update={"base_url": api.url})
    app = assemble(settings.model_copy(update={"telegram": telegram}), clock=clock)
    assert app.telegram is not None
    opened = Product(app, app.telegram, Customer(api, api.chat(7)))
    opened.customer.says("转人工")
    await opened.settle()
    yield opened
    await app.runtime.stop()
    await app.telegram.close()
    await app.database.close()


async def test_words_pictures_and_files_of_staff_arrive_once_and_in_order(product: Product) -> None:
    picture = await product.keeps("map.png", "image/png", PNG)
    bill = await product.keeps("账单.pdf", "application/pdf", b"%PDF-1.7")
    before = len(product.customer.chat.by_bot())
    for _ in range(2):
        await product.reply("r1", "<b>您好</b> & 请看", picture, bill)
    _taken, words, shown, file = product.customer.chat.by_bot()[before:]
    assert words.text == "👤 <b>您好</b> & 请看"
    assert (shown.file, file.file) == (("photo", "map.png", PNG), ("document", "账单.pdf", b"%PDF-1.7"))
    assert product.customer.api.books.refusals() == []


async def test_what_a_customer_sends_to_a_person_is_there_and_the_bot_is_silent(product: Product) -> None:
    await product.reply("r1", "您好")
    heard = len(product.customer.chat.by_bot())
    product.customer.sends_photo(JPEG, "箱子坏了")
    product.customer.says("取消订单")
    await product.settle()
    assert len(product.customer.chat.by_bot()) == heard
    photo, words = (await product.app.workbench.talks.lines(MEI, CHAT))[-2:]
    assert (photo.text, words.text) == ("箱子坏了", "取消订单")
    (file,) = photo.attachments
    kept = await product.app.workbench.talks.attachment(MEI, CHAT, file.ref)
    assert (file.kind, kept and kept[1]) == (AttachmentKind.IMAGE, JPEG)


async def test_who_blocked_the_bot_is_marked_where_staff_look(product: Product) -> None:
    await product.reply("r1", "您好")
    product.customer.blocks()
    await product.reply("r2", "还在吗")
    talks = product.app.workbench.talks
    assert (await talks.lines(MEI, CHAT))[-1].delivery is Delivery.FAILED
    assert not (await talks.aside(MEI, CHAT)).limits.reachable
    (row,) = await product.app.workbench.work.queue(MEI)
    assert row.unreachable
    product.customer.unblocks()
    await product.settle()
    assert (await talks.aside(MEI, CHAT)).limits.reachable

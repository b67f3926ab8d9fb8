"""A person behind an official account, joined as the product joins it: what the desk shows of WeChat, and tells it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.bootstrap import App, assemble
from bot.config import load
from bot.desk.people import Agent, Role
from bot.store.database import Database
from tests.conftest import Clock
from tests.wechat import platform
from tests.wechat.household import CHAT, OPENID, Household, until
from tests.wechat.platform import Platform

MEI = Agent("mei", "小梅", Role.AGENT, "zh")
ENVIRONMENT = {
    "TEPAI_SECRET": "a secret of the tests",
    "TEPAI_WECHAT_SECRET": platform.SECRET,
    "TEPAI_WECHAT_TOKEN": platform.TOKEN,
    "TEPAI_WECHAT_AES_KEY": platform.AES_KEY,
}


@asynccontextmanager
async def opened(url: str, clock: Clock, household: Household, *, verified: bool = True) -> AsyncIterator[App]:
    """The product with a customer whom 小梅 has taken from the bot."""
    household.wechat.verified = verified
    settings = load(environ={**ENVIRONMENT, "DATABASE_URL": url})
    more = {"app_id": platform.APP_ID, "account": platform.NAME, "base_url": household.wechat.url, "verified": verified}
    settings = settings.model_copy(update={"wechat": settings.wechat.model_copy(update=more)})
    app = assemble(settings, clock=clock)
    async with app.running():
        await household.serving.serve(app.web())
        household.wechat.hook = f"{household.serving.url}/wechat"
        await household.wechat.says(OPENID, "你好")
        await app.workbench.work.claim(MEI, CHAT.conversation)
        yield app
        household.serving.cut()


@pytest.fixture
async def app(database: Database, database_url: str, clock: Clock, household: Household) -> AsyncIterator[App]:
    async with opened(database_url, clock, household) as app:
        yield app


async def test_a_customer_sees_that_a_person_writes_as_often_as_wechat_wants(
    app: App, wechat: Platform, clock: Clock
) -> None:
    talks, calls = app.workbench.talks, wechat.calls
    await talks.draft(MEI, CHAT.conversation, "您")
    await until(lambda: wechat.typed == [OPENID])
    for words in ("您好", "", "您好，我"):
        await talks.draft(MEI, CHAT.conversation, words)
    clock.forward(15.1)
    await talks.draft(MEI, CHAT.conversation, "")
    await talks.draft(MEI, CHAT.conversation, "您好，我来")
    await until(lambda: wechat.typed == [OPENID] * 2)
    assert calls["message/custom/typing"] == 2

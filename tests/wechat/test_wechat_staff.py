"""A person behind an official account, joined as the product joins it: what the desk shows of WeChat, and tells it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import Connection, select

from bot.bootstrap import App, assemble
from bot.config import load
from bot.desk.people import Agent, Role
from bot.desk.talk import Limits
from bot.desk.work import Reply
from bot.store.tables import lane
from tests.conftest import Clock
from tests.wechat import platform
from tests.wechat.household import CHAT, OPENID, Household, until
from tests.wechat.platform import Platform

DAY = 86_400.0
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
        await through(app)
        yield app
        household.serving.cut()


@pytest.fixture
async def app(sqlite_url: str, clock: Clock, household: Household) -> AsyncIterator[App]:
    async with opened(sqlite_url, clock, household) as app:
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


async def test_staff_see_what_wechat_still_takes(app: App, wechat: Platform) -> None:
    talks, begun = app.workbench.talks, app.database.clock()
    await replied(app, "一")
    await until(lambda: wechat.calls["message/custom/send"] == 2)
    assert (await talks.aside(MEI, CHAT.conversation)).limits == Limits(
        until=begun + 2 * DAY, left=3, why="message", reserved=True
    )
    for text in ("二", "三", "四", "五"):
        await replied(app, text)
    limits = (await talks.aside(MEI, CHAT.conversation)).limits
    assert (limits.left, limits.until, limits.kept, limits.reserved) == (0, begun + 2 * DAY, 1, True)


async def test_staff_see_when_its_time_is_over(app: App, clock: Clock) -> None:
    clock.forward(2 * DAY + 1)
    await replied(app, "还在吗")
    limits = (await app.workbench.talks.aside(MEI, CHAT.conversation)).limits
    assert limits == Limits(left=0, kept=1, reserved=True)


async def test_staff_see_that_an_account_may_only_answer(
    sqlite_url: str, clock: Clock, household: Household, wechat: Platform
) -> None:
    async with opened(sqlite_url, clock, household, verified=False) as app:
        aside = await app.workbench.talks.aside(MEI, CHAT.conversation)
        assert (aside.limits.left, aside.limits.why) == (0, "account")
        before = aside.limits.kept
        await replied(app, "一")
        await app.workbench.talks.draft(MEI, CHAT.conversation, "二")
        assert (await app.workbench.talks.aside(MEI, CHAT.conversation)).limits.kept == before + 1
    assert not wechat.calls["message/custom/send"]
    assert not wechat.calls["message/custom/typing"]


async def replied(app: App, text: str) -> None:
    await app.workbench.work.reply(MEI, CHAT.conversation, Reply(f"reply-{text}", text))
    await through(app)


async def through(app: App) -> None:
    """Until everything that was said has left the conversation's lane."""

    async def is_empty() -> bool:
        return await app.database.run(_is_empty)

    await until(is_empty)


def _is_empty(connection: Connection) -> bool:
    row = connection.execute(select(lane).where(lane.c.conversation == CHAT.conversation)).one()
    return bool(row.done_seq == row.last_seq)

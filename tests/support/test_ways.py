"""How customers go through the real flows, as it is counted from the log afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from bot.bootstrap import App, assemble
from bot.config import load
from bot.store.lookup_tables import daily
from flows.cancel_order.flow import REASONS
from tests.conftest import Clock
from tests.conversations.driver import Phone, RuntimeDriver, buttons

Counted = dict[tuple[str, str], int]


@pytest.fixture
async def app(sqlite_url: str, clock: Clock, phone: Phone) -> AsyncIterator[App]:
    settings = load(environ={"TEPAI_SECRET": "a secret of the tests", "DATABASE_URL": sqlite_url})
    made = assemble(settings, [phone], clock)
    async with made.ready():
        yield made


@pytest.fixture
def phone() -> Phone:
    return Phone()


async def test_ways_causes_and_reasons_are_counted(app: App, phone: Phone) -> None:
    ben = RuntimeDriver(app.runtime, phone, "zh")
    await ben.open_link(app.links.make("ben"))
    for said in ("我的订单 TP40052103 为什么还没人接单", "要收多少钱", "取消订单 TP40052103"):
        await ben.say(said)
    await ben.press(buttons(await ben.answers())[REASONS.index("price")].token, "price")
    await ben.say("返回")
    await ben.press(buttons(await ben.answers())[REASONS.index("not_needed")].token, "not_needed")
    await ben.press(buttons(await ben.answers())[0].token, "affirm")
    await app.indexer.catch_up()
    assert await counted(app, "told", "pending_order.cause.no_courier") == {("pending_order.cause.no_courier", ""): 1}
    ways = await counted(app, "way", "cancel_order")
    assert ways["cancel_order", "asking_reason/reason_chosen/confirming"] == 2
    assert ways["cancel_order", "confirming/back/asking_reason"] == 1
    assert ways["cancel_order", "cancelling/cancelled/cancelled"] == 1
    assert await counted(app, "cancel") == {("not_needed", "cancelled"): 1}


async def counted(app: App, kind: str, subject: str = "") -> Counted:
    query = select(daily).where(daily.c.kind == kind)
    rows = await app.database.look(lambda connection: list(connection.execute(query)))
    return {(row.subject, row.detail): row.number for row in rows if subject in ("", row.subject)}

"""What staff do to a customer's order: once, in their own name, and told if they wish."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.desk.orders import OrderDesk
from bot.desk.talk import Delivery
from bot.desk.work import Resume
from bot.errors import HeldByOther, Later, NoSuchThing, OrderServiceDown
from bot.orders.sql.tables import orders as order_table
from bot.sections import Support
from bot.store.tables import outbox
from tests.support.floor import LEAD, LI, MEI, Floor, of_team

CHAT = "phone:a"


@pytest.fixture
async def lin(floor: Floor) -> Floor:
    """Lin's chat, which Mei has taken."""
    await floor.seed()
    await floor.comes("lin")
    await floor.app.workbench.work.claim(MEI, CHAT)
    await floor.settle()
    return floor


def _desk(floor: Floor) -> OrderDesk:
    return floor.app.workbench.orders


async def _pending(floor: Floor) -> str:
    cards = await _desk(floor).orders(MEI, CHAT)
    return next(card.number for card in cards if "cancel" in card.may and card.state == "awaiting_courier")


async def _order(floor: Floor, number: str) -> dict[str, object]:
    return next(row for row in await floor.table(order_table) if row["number"] == number)


async def test_a_card_says_where_it_stands_and_what_can_be_done(lin: Floor) -> None:
    number = await _pending(lin)
    card = await _desk(lin).order(MEI, CHAT, number)
    assert card.state_text == "等待确认"
    assert card.diagnosis
    assert {"address", "phone", "recipient", "watch", "refresh"} <= set(card.may)
    assert "下单时间" in dict(card.facts)
    english = await _desk(lin).order(_english(), CHAT, number, refresh=True)
    assert "Placed" in dict(english.facts)


async def test_every_card_of_every_customer_can_be_shown_in_both_languages(floor: Floor) -> None:
    await floor.seed()
    for number, customer in enumerate(sorted({str(row["customer"]) for row in await floor.table(order_table)})):
        chat = f"c{number}"
        await floor.comes(customer, chat)
        for agent in (MEI, _english()):
            for card in await _desk(floor).orders(agent, f"phone:{chat}"):
                assert card.state_text
                assert card.diagnosis
                assert all(name and value for name, value in card.facts)
                quote = await _desk(floor).quote(agent, f"phone:{chat}", card.number)
                assert quote.words


async def test_cancelled_by_staff_at_the_quoted_price_and_told(lin: Floor) -> None:
    number = await _pending(lin)
    quote = await _desk(lin).quote(MEI, CHAT, number)
    done = await _desk(lin).cancel(MEI, CHAT, "c1", number, fee=quote.fee, reason="too_slow", tell=True)
    await lin.settle()
    assert (done.ok, done.told, done.card.state) == (True, True, "cancelled")
    row = await _order(lin, number)
    assert row["cancellation"]["by"] == "staff"  # type: ignore[index]
    assert lin.heard()[-1] == "common.staff.did.cancelled"
    assert [entry for entry in await lin.audited() if entry[1].startswith("order_")] == [
        ("mei", "order_cancel"),
        ("mei", "order_cancel_done"),
    ]


async def test_the_same_id_is_done_and_told_once(lin: Floor) -> None:
    number = await _pending(lin)
    asked = [_desk(lin).tip(MEI, CHAT, "t1", number, amount=500, tell=True) for _ in range(3)]
    before = await _order(lin, number)
    assert all(done.ok for done in await asyncio.gather(*asked))
    await lin.settle()
    after = await _order(lin, number)
    assert after["price"] == before["price"] + 500  # type: ignore[operator]
    assert lin.heard().count("common.staff.did.tipped") == 1
    assert [action for _, action in await lin.audited()].count("order_tip") == 1


async def test_not_told_when_it_is_not_wished(lin: Floor) -> None:
    number = await _pending(lin)
    before = len(lin.heard())
    done = await _desk(lin).watch(MEI, CHAT, "w1", number, tell=False)
    await lin.settle()
    assert (done.ok, done.told, done.card.watched) == (True, False, True)
    assert len(lin.heard()) == before


async def test_a_fee_that_rose_is_shown_and_nothing_done(lin: Floor) -> None:
    cards = await _desk(lin).orders(MEI, CHAT)
    quotes = {card.number: await _desk(lin).quote(MEI, CHAT, card.number) for card in cards}
    number = next((number for number, quote in quotes.items() if quote.allowed), "")
    done = await _desk(lin).cancel(MEI, CHAT, "c1", number, fee=-1, reason="other", tell=True)
    assert (done.ok, done.told) == (False, False)
    assert done.quote == quotes[number]
    assert (await _order(lin, number))["state"] != "cancelled"
    again = await _desk(lin).cancel(MEI, CHAT, "c2", number, fee=quotes[number].fee, reason="other", tell=True)
    assert again.ok


async def test_corrected_and_what_cannot_be_is_refused_with_the_services_reason(lin: Floor) -> None:
    number = await _pending(lin)
    done = await _desk(lin).correct(MEI, CHAT, "a1", number, field="recipient", value="王芳", tell=True)
    await lin.settle()
    assert (done.ok, (await _order(lin, number))["dropoff"]["recipient"]) == (True, "王芳")  # type: ignore[index]
    assert lin.heard()[-1] == "common.staff.did.corrected"
    refused = await _desk(lin).correct(MEI, CHAT, "a2", number, field="phone", value="12", tell=True)
    assert (refused.ok, refused.told) == (False, False)
    assert "填写的内容不对" in refused.words


async def test_what_the_bot_asked_about_that_order_no_longer_holds(floor: Floor) -> None:
    await floor.seed()
    await floor.comes("lin")
    await floor.says("取消订单")
    number = str(floor.phone.arrived[-1][1].values["order"])
    await floor.app.workbench.work.claim(MEI, CHAT)
    quote = await _desk(floor).quote(MEI, CHAT, number)
    await _desk(floor).cancel(MEI, CHAT, "c1", number, fee=quote.fee, reason="other", tell=True)
    await floor.app.workbench.work.hand_back(MEI, CHAT, Resume.CONTINUE)
    await floor.settle()
    assert floor.heard()[-2:] == ["common.staff.continued", "common.what_next"]


async def test_news_of_a_watched_order_is_held_while_a_person_has_the_chat(lin: Floor) -> None:
    number = await _pending(lin)
    await _desk(lin).watch(MEI, CHAT, "w1", number, tell=False)
    quote = await _desk(lin).quote(MEI, CHAT, number)
    before = len(lin.heard())
    await lin.app.gateway.cancel("lin", number, accepted_fee=quote.fee, reason="other", key="elsewhere")
    await lin.settle()
    assert len(lin.heard()) == before
    held = [line for line in await lin.lines() if line.delivery is Delivery.HELD]
    assert any(number in line.text for line in held)


async def test_only_the_customers_own_orders_and_only_who_has_the_chat(lin: Floor) -> None:
    number = await _pending(lin)
    strange = next(str(row["number"]) for row in await lin.table(order_table) if row["customer"] != "lin")
    for wrong in (strange, "TP0"):
        with pytest.raises(NoSuchThing):
            await _desk(lin).order(MEI, CHAT, wrong)
        with pytest.raises(NoSuchThing):
            await _desk(lin).cancel(MEI, CHAT, f"x{wrong}", wrong, fee=0, reason="other", tell=True)
    with pytest.raises(HeldByOther):
        await _desk(lin).tip(LI, CHAT, "t9", number, amount=500, tell=False)


async def test_another_teams_orders_look_like_none(floor: Floor) -> None:
    floor.support = Support(teams={"care": ("upset",)})
    await floor.seed()
    await floor.comes("lin")
    await floor.app.workbench.work.claim(LEAD, CHAT)
    await floor.app.workbench.work.transfer(LEAD, CHAT, team="care")
    stranger, desk = of_team(LI, "orders"), _desk(floor)
    calls: list[Callable[[str], Awaitable[object]]] = [
        lambda chat: desk.orders(stranger, chat),
        lambda chat: desk.order(stranger, chat, "TP1"),
        lambda chat: desk.quote(stranger, chat, "TP1"),
        lambda chat: desk.cancel(stranger, chat, "1", "TP1", fee=0, reason="other", tell=False),
        lambda chat: desk.correct(stranger, chat, "2", "TP1", field="phone", value="1", tell=False),
        lambda chat: desk.tip(stranger, chat, "3", "TP1", amount=500, tell=False),
        lambda chat: desk.reschedule(stranger, chat, "4", "TP1", at=0.0, tell=False),
        lambda chat: desk.watch(stranger, chat, "5", "TP1", tell=False),
    ]
    for chat in (CHAT, "phone:nobody"):
        for call in calls:
            with pytest.raises(NoSuchThing):
                await call(chat)


async def test_a_chat_linked_to_nobody_has_no_orders(floor: Floor) -> None:
    await floor.says("你好")
    assert list(await _desk(floor).orders(MEI, CHAT)) == []
    with pytest.raises(NoSuchThing):
        await _desk(floor).quote(MEI, CHAT, "TP1")


async def test_asked_again_after_a_crash_the_rest_is_made_good(lin: Floor) -> None:
    """The order service has acted, and the process died before anything was noted or told."""
    number = await _pending(lin)
    await lin.app.gateway.tip("lin", number, 500, key=f"desk:{CHAT}:t1")
    price = (await _order(lin, number))["price"]
    done = await _desk(lin).tip(MEI, CHAT, "t1", number, amount=500, tell=True)
    await lin.settle()
    assert done.ok
    assert (await _order(lin, number))["price"] == price
    assert lin.heard()[-1] == "common.staff.did.tipped"


async def test_a_service_that_does_not_answer_is_asked_again_with_the_same_id(lin: Floor) -> None:
    number = await _pending(lin)
    desk = _desk(lin)
    limit, desk._limit = desk._limit, 0.0  # type: ignore[attr-defined]
    with pytest.raises(OrderServiceDown):
        await desk.tip(MEI, CHAT, "t1", number, amount=500, tell=True)
    desk._limit = limit  # type: ignore[attr-defined]
    assert (await desk.tip(MEI, CHAT, "t1", number, amount=500, tell=True)).ok
    assert [action for _, action in await lin.audited()].count("order_tip") == 1


async def test_a_running_act_of_the_bots_is_seen_to_its_end(floor: Floor) -> None:
    """A cancellation was asked for when a person takes the chat: it is done, its outcome is held, and stands in the
    brief."""
    await floor.seed()
    await floor.comes("lin")
    await floor.says("取消订单")
    number = str(floor.phone.arrived[-1][1].values["order"])
    await floor.says("等太久了")
    floor.phone.refusals = [Later("busy")]  # the act waits behind a message
    await floor.says("确认取消")
    assert [row["payload"]["effect"] for row in await floor.table(outbox) if row["kind"] == "act"][-1] == "CancelOrder"
    assert (await _order(floor, number))["state"] == "awaiting_courier"
    await floor.app.workbench.work.claim(MEI, CHAT)
    await floor.passes(2)
    await floor.settle()
    assert floor.heard()[-1] == "common.staff.taken"
    assert (await _order(floor, number))["state"] == "cancelled"
    held = [line for line in await floor.lines() if line.delivery is Delivery.HELD]
    assert any("取消" in line.text for line in held)
    brief = await floor.app.workbench.work.brief(MEI, CHAT)
    assert any(number in line and "已取消" in line for _, line in brief.tried)


async def test_the_brief_says_why_and_what_was_tried(floor: Floor) -> None:
    await floor.seed()
    await floor.comes("lin")
    await floor.says("取消订单")
    number = str(floor.phone.arrived[-1][1].values["order"])
    await floor.says("转人工")
    work = floor.app.workbench.work
    brief = await work.brief(MEI, CHAT)
    assert (brief.why, brief.order, brief.customer, brief.language) == ("asked", number, "lin", "zh")
    assert brief.customer_name
    assert number in brief.wish
    assert brief.diagnosis
    assert ("order", number) in brief.slots
    assert brief.doing["flow"] == "cancel_order"
    english = await work.brief(_english(), CHAT)
    assert english.diagnosis != brief.diagnosis
    await floor.hires(MEI)
    await work.claim(MEI, CHAT)
    tried = [line for _, line in (await work.brief(MEI, CHAT)).tried]
    assert any(MEI.name in line for line in tried)
    assert not any(MEI.id in line for line in tried)


def _english() -> object:
    from dataclasses import replace

    return replace(MEI, language="en")

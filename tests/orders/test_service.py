"""What flows wish for, performed: only for the linked customer, truthfully, and once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.dialogue.effects import Effect, Outcome
from bot.errors import OrderServiceDown
from bot.orders import effects
from bot.orders.effects import (
    CancelOrder,
    CorrectOrder,
    Diagnose,
    GetOrder,
    GetQuote,
    ListOrders,
    RescheduleOrder,
    TipOrder,
    WatchOrder,
)
from bot.orders.evidence import Cause
from bot.orders.model import Order, Refusal, State
from bot.orders.policy import Policy
from bot.orders.service import performers
from bot.orders.sql.gateway import SqlGateway
from bot.orders.sql.plan import Plan
from bot.performer import Scope
from tests.orders.conftest import Shop

LIN = "TP10024817"
FREE_WINDOW = "TP40052214"
EFFECTS: list[Effect] = [
    ListOrders(),
    GetOrder(LIN),
    Diagnose(LIN),
    GetQuote(LIN),
    CancelOrder(LIN, 0, "other"),
    CorrectOrder(LIN, "phone", "19900000222"),
    TipOrder(LIN, 300),
    RescheduleOrder(LIN, 1.9e9),
]
READS, ACTS = EFFECTS[:4], EFFECTS[4:]


async def perform(shop: Shop, effect: Effect, customer: str | None = "lin", key: str = "key") -> Outcome:
    scope = Scope("web:1", customer, "zh", await shop.now(), key)
    outcome = await performers(shop.gateway, Policy(), 5)[type(effect)](effect, scope)
    assert outcome.trigger in type(effect).outcomes or outcome.trigger == "not_linked"
    return outcome


def test_there_is_a_performer_for_every_effect_but_watching() -> None:
    wishes = {thing for thing in vars(effects).values() if isinstance(thing, type) and issubclass(thing, Effect)}
    named = {wish for wish in wishes if wish.__module__ == effects.__name__}
    assert set(performers(None, Policy(), 1)) == named - {WatchOrder}  # type: ignore[arg-type]


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: effect.kind())
async def test_a_chat_of_nobody_gets_nothing(shop: Shop, effect: Effect) -> None:
    assert await perform(shop, effect, None) == Outcome("not_linked")


@pytest.mark.parametrize("effect", EFFECTS[1:], ids=lambda effect: effect.kind())
async def test_somebody_elses_order_is_missing(shop: Shop, effect: Effect) -> None:
    assert await perform(shop, effect, "ben") == Outcome("order_missing")


async def test_listing(shop: Shop) -> None:
    found = await perform(shop, ListOrders())
    assert found.trigger == "orders_found"
    assert [order.number for order in found.values["orders"]] == [LIN]
    assert found.values["customer"].name == "林悦"
    assert (await perform(shop, ListOrders(), "chen")).trigger == "no_orders"
    assert await perform(shop, ListOrders(), "a customer no more") == Outcome("not_linked")


@pytest.mark.parametrize("said", [LIN, "10024817", "4817", " ４８１７ "])
async def test_an_order_is_found_by_the_end_of_its_number(shop: Shop, said: str) -> None:
    found = await perform(shop, GetOrder(said))
    assert found.values["order"].number == LIN


@pytest.mark.parametrize("said", ["817", "", "2214", "9999", "TP", "\x00", "\ud800", "7" * 1_000_000])
async def test_what_names_no_order_of_the_customer_is_missing(shop: Shop, said: str) -> None:
    assert await perform(shop, GetOrder(said)) == Outcome("order_missing")


async def test_two_orders_that_end_alike_are_not_guessed_between(shop: Shop) -> None:
    pattern: Order = (await perform(shop, GetOrder(LIN))).values["order"]
    await shop.put(Plan(replace(pattern, number="TP20034817")))
    assert await perform(shop, GetOrder("4817")) == Outcome("order_missing")
    assert (await perform(shop, GetOrder("34817"))).values["order"].number == "TP20034817"


async def test_diagnosing_and_refreshing(shop: Shop) -> None:
    found = await perform(shop, Diagnose("TP20031207"), "amy")
    assert found.values["diagnosis"].cause is Cause.SYSTEM_LATE
    found = await perform(shop, Diagnose("TP20031207", refresh=True), "amy")
    assert found.values["diagnosis"].cause is Cause.MOVING


async def test_cancelling_is_read_back_and_answers_alike_when_repeated(shop: Shop) -> None:
    quoted = await perform(shop, GetQuote(LIN))
    assert (quoted.values["order"].number, quoted.values["quote"].fee) == (LIN, 0)
    first = await perform(shop, CancelOrder(LIN, 0, "no_courier"))
    assert first.trigger == "cancelled"
    assert first.values["order"].state is State.CANCELLED
    assert await perform(shop, CancelOrder(LIN, 0, "no_courier")) == first


async def test_a_risen_fee_is_told(shop: Shop) -> None:
    await perform(shop, GetOrder(FREE_WINDOW), "ben")
    await shop.let_pass(60)
    risen = await perform(shop, CancelOrder(FREE_WINDOW, 0, "other"), "ben")
    assert (risen.trigger, risen.values["quote"].fee) == ("fee_rose", 200)
    assert risen.values["order"].state is State.COURIER_ASSIGNED


async def test_a_refusal_is_told_with_its_reason(shop: Shop) -> None:
    refused = await perform(shop, CancelOrder("TP40052658", 500, "other"), "ben")
    assert (refused.trigger, refused.values["refusal"]) == ("refused", Refusal.PICKED_UP)
    assert refused.values["order"].state is State.IN_TRANSIT


@pytest.mark.parametrize(
    ("effect", "trigger"),
    [
        (CorrectOrder(LIN, "recipient", "王芳"), "corrected"),
        (TipOrder(LIN, 500), "tipped"),
    ],
)
async def test_changes(shop: Shop, effect: Effect, trigger: str) -> None:
    first = await perform(shop, effect)
    again = await perform(shop, effect)
    assert first.trigger == again.trigger == trigger
    assert (first.values["order"].dropoff, first.values["order"].price) == (
        again.values["order"].dropoff,
        again.values["order"].price,
    )


async def test_rescheduling(shop: Shop) -> None:
    at = await shop.now() + 7200
    moved = await perform(shop, RescheduleOrder(LIN, at))
    assert (moved.trigger, moved.values["order"].scheduled_for) == ("rescheduled", at)


@pytest.mark.parametrize("field", ["colour", "", "phone"])
async def test_a_correction_of_nothing_sensible_is_refused(shop: Shop, field: str) -> None:
    refused = await perform(shop, CorrectOrder(LIN, field, "blue"))
    assert (refused.trigger, refused.values["refusal"]) == ("refused", Refusal.INVALID)


@pytest.mark.parametrize("effect", READS, ids=lambda effect: effect.kind())
async def test_a_read_tells_that_the_service_is_down(shop: Shop, effect: Effect) -> None:
    scope = Scope("web:1", "lin", "zh", await shop.now())
    await shop.database.close()
    assert await performers(shop.gateway, Policy(), 5)[type(effect)](effect, scope) == Outcome("service_down")


@pytest.mark.parametrize("effect", ACTS, ids=lambda effect: effect.kind())
async def test_an_act_is_raised_to_be_tried_again(shop: Shop, effect: Effect) -> None:
    scope = Scope("web:1", "lin", "zh", await shop.now(), "key")
    await shop.database.close()
    with pytest.raises(OrderServiceDown):
        await performers(shop.gateway, Policy(), 5)[type(effect)](effect, scope)


class SlowGateway(SqlGateway):
    """A real order service behind a line that never answers."""

    async def order(self, customer: str, number: str) -> Order:
        await asyncio.Event().wait()
        raise AssertionError("nobody sets that event")


async def test_a_service_that_does_not_answer_in_time_is_down(shop: Shop) -> None:
    desk = performers(SlowGateway(shop.database, Policy()), Policy(), 0.01)
    scope: Any = Scope("web:1", "lin", "zh", await shop.now(), "key")
    assert await desk[GetOrder](GetOrder(LIN), scope) == Outcome("service_down")
    with pytest.raises(OrderServiceDown):
        await desk[TipOrder](TipOrder(LIN, 300), scope)


class ForgetfulGateway(SqlGateway):
    """An order service that says yes to a cancellation and does nothing."""

    async def cancel(self, customer: str, number: str, *, accepted_fee: int, reason: str, key: str) -> None:
        return None


async def test_cancelled_is_said_only_of_a_cancelled_order(shop: Shop) -> None:
    desk = performers(ForgetfulGateway(shop.database, Policy()), Policy(), 5)
    scope = Scope("web:1", "lin", "zh", await shop.now(), "key")
    outcome = await desk[CancelOrder](CancelOrder(LIN, 0, "other"), scope)
    assert (outcome.trigger, outcome.values["refusal"]) == ("refused", Refusal.TOO_LATE)
    assert outcome.values["order"].state is State.AWAITING_COURIER

"""Couriers move by the clock and by nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.orders.model import Payment, State
from bot.orders.sql.plan import Do, Move, Plan, Touch, shifted
from bot.orders.sql.rows import values
from bot.orders.sql.seed import PERSONAS
from bot.orders.sql.stories import journey
from bot.orders.sql.stories_en import CASTS as ENGLISH
from bot.orders.sql.stories_en import ORDERS as ENGLISH_ORDERS
from bot.orders.sql.stories_zh import CASTS as CHINESE
from bot.orders.sql.stories_zh import ORDERS as CHINESE_ORDERS
from tests.orders.examples import OFF_PEAK, WAITING, order

WAY = Plan(WAITING, moves=journey("周海峰", 100, declined=(25, 55)), moves_from=OFF_PEAK)
STORIES = [(who, story) for cast in (CHINESE_ORDERS, ENGLISH_ORDERS) for who, told in cast.items() for story in told]


def test_each_move_happens_at_its_own_time() -> None:
    plan, steps = WAY.unfolded(OFF_PEAK + 99)
    assert (plan.order.state, plan.order.offers_declined, steps) == (State.AWAITING_COURIER, 2, ())
    plan, steps = plan.unfolded(OFF_PEAK + 5000)
    assert [(step.before, step.order.state, step.at - OFF_PEAK) for step in steps] == [
        (State.AWAITING_COURIER, State.COURIER_ASSIGNED, 100),
        (State.COURIER_ASSIGNED, State.AT_PICKUP, 160),
        (State.AT_PICKUP, State.IN_TRANSIT, 220),
        (State.IN_TRANSIT, State.DELIVERED, 400),
    ]
    assert (plan.moves, plan.due_at) == ((), None)


@given(st.lists(st.floats(0, 600), max_size=6))
def test_however_often_somebody_looks_the_story_is_the_same(looks: list[float]) -> None:
    plan, told = WAY, []
    for after in sorted(looks):
        plan, steps = plan.unfolded(OFF_PEAK + after)
        told += steps
    plan, steps = plan.unfolded(OFF_PEAK + 600)
    assert (plan, (*told, *steps)) == WAY.unfolded(OFF_PEAK + 600)


def test_a_courier_who_withdraws_sends_the_order_back() -> None:
    moves = (Move(0, Do.ACCEPT, "a"), Move(10, Do.UNASSIGN), Move(20, Do.ACCEPT, "b"))
    plan, steps = replace(WAY, moves=moves).unfolded(OFF_PEAK + 15)
    assert (plan.order.state, plan.order.courier, len(steps)) == (State.AWAITING_COURIER, None, 2)
    plan, _ = plan.unfolded(OFF_PEAK + 20)
    assert plan.order.courier is not None and plan.order.courier.name == "b"


def test_an_order_expires_with_its_money_back() -> None:
    plan, _ = replace(WAY, moves=(Move(5, Do.EXPIRE),)).unfolded(OFF_PEAK + 5)
    assert (plan.order.state, plan.order.payment) == (State.EXPIRED_NO_COURIER, Payment.REFUNDED)


def test_a_tip_lets_nobody_decline_first_and_never_delays() -> None:
    hurried = WAY.hurried(OFF_PEAK)
    assert (hurried.due_at, hurried.moves[0].do) == (OFF_PEAK + 20, Do.ACCEPT)
    assert WAY.hurried(OFF_PEAK + 95).due_at == OFF_PEAK + 100
    without = replace(WAY, moves=(Move(5, Do.EXPIRE),))
    assert without.hurried(OFF_PEAK) == without


@pytest.mark.parametrize("touch", [Touch.HELD, Touch.LATE, Touch.LOST])
def test_only_what_is_live_moves_by_itself(touch: Touch) -> None:
    held = replace(WAY, touch=touch)
    assert held.due_at is None
    assert held.unfolded(OFF_PEAK + 5000) == (held, ())
    assert (held.refreshed(OFF_PEAK).due_at is not None) == (touch is Touch.LATE)


@pytest.mark.parametrize(("who", "story"), STORIES, ids=[story.number for _, story in STORIES])
def test_a_story_at_rest_slides_along_and_wakes_as_it_was(who: str, story: object) -> None:
    plan = next(told for name, told in STORIES if told is story).told(who, OFF_PEAK)
    later = OFF_PEAK + 5000
    assert plan.due_at is None
    assert plan.seen(later) == plan.woken(later).seen(later)
    assert shifted(plan.seen(OFF_PEAK), 5000) == replace(
        plan.seen(later), synced_at=plan.seen(OFF_PEAK).synced_at + 5000
    )
    assert values(plan)["number"] == story.number


def test_the_cast_is_told_in_full() -> None:
    people = [cast.customer for cast in (*CHINESE, *ENGLISH)]
    assert [(p.id, p.name, p.language) for p in people] == [(p.id, p.name, p.language) for p in PERSONAS]
    numbers = [story.number for _, story in STORIES]
    assert len(set(numbers)) == len(numbers) >= 14
    assert all(number[:2] == "TP" and number[2:].isdigit() and len(number) == 10 for number in numbers)
    assert {story.state for _, story in STORIES} == set(State)


def test_an_awake_order_is_in_touch_until_it_is_over() -> None:
    assert WAY.seen(OFF_PEAK + 50).synced_at == OFF_PEAK + 50
    over = replace(WAY, order=order(state=State.DELIVERED))
    assert over.seen(OFF_PEAK + 50).synced_at == OFF_PEAK

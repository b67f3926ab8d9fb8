"""One cause, its evidence, and what helps: the table of causes, line by line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from bot.orders.diagnosis import Remedy, diagnose
from bot.orders.evidence import Cause
from bot.orders.model import Cancellation, Courier, Order, Payment, Place, State
from bot.orders.policy import Policy
from tests.orders.examples import GOOD, OFF_PEAK, ORDERS, TIMES, order

POLICY = Policy()
NO_DOOR = Place("幸福小区3号楼", GOOD.recipient, GOOD.phone)
NO_PHONE = Place(GOOD.address, GOOD.recipient, "")
NOBODY = Place(GOOD.address, "", GOOD.phone)
UNPAID = {"state": State.AWAITING_PAYMENT, "payment": Payment.UNPAID, "pay_link": "https://pay.example/1"}
REFUSED = {**UNPAID, "payment": Payment.FAILED}
ASSIGNED = {"state": State.COURIER_ASSIGNED, "courier": Courier("周海峰", OFF_PEAK - 60, 8)}

TABLE: list[tuple[dict[str, Any], Cause, dict[str, Any], str]] = [
    ({}, Cause.NO_COURIER, {"waited": {"minutes": 23}, "declined": {"count": 0}}, "watch cancel hand_over"),
    (
        {"offers_declined": 4, "can_tip": True, "can_reschedule": True, "peak": True, "expires_at": OFF_PEAK + 600},
        Cause.NO_COURIER,
        {"waited": {"minutes": 23}, "declined": {"count": 4}, "peak_placed": {}, "expires": {"minutes": 10}},
        "watch tip reschedule cancel hand_over",
    ),
    (
        {"scheduled_for": OFF_PEAK + 7200},
        Cause.NO_COURIER,
        {"waited": {"minutes": 23}, "declined": {"count": 0}, "scheduled": {"at": OFF_PEAK + 7200}},
        "watch cancel hand_over",
    ),
    (
        {"courier_side_accepted": True},
        Cause.SYSTEM_LATE,
        {"waited": {"minutes": 23}, "accepted_unseen": {}, "synced": {"minutes": 0}},
        "refresh watch cancel hand_over",
    ),
    (
        {"synced_at": OFF_PEAK - 660},
        Cause.SYSTEM_LATE,
        {"waited": {"minutes": 23}, "synced": {"minutes": 11}},
        "refresh watch cancel hand_over",
    ),
    (
        {"synced_at": OFF_PEAK - 1860},
        Cause.SYSTEM_LATE,
        {"waited": {"minutes": 23}, "synced": {"minutes": 31}},
        "hand_over refresh watch cancel",
    ),
    (
        {**UNPAID, "payment": Payment.CAPTURED},
        Cause.SYSTEM_LATE,
        {"waited": {"minutes": 23}, "paid_unseen": {}, "synced": {"minutes": 0}},
        "refresh watch cancel hand_over",
    ),
    (
        {"dropoff": NO_DOOR},
        Cause.BAD_ADDRESS,
        {"waited": {"minutes": 23}, "field": {"field": "address", "problem": "no_door", "value": "幸福小区3号楼"}},
        "fix cancel hand_over",
    ),
    (
        {"dropoff": NO_PHONE},
        Cause.BAD_PHONE,
        {"waited": {"minutes": 23}, "field": {"field": "phone", "problem": "missing", "value": ""}},
        "fix cancel hand_over",
    ),
    (
        {"dropoff": NOBODY},
        Cause.NO_RECIPIENT,
        {"waited": {"minutes": 23}, "field": {"field": "recipient", "problem": "missing", "value": ""}},
        "fix cancel hand_over",
    ),
    (
        UNPAID,
        Cause.UNPAID,
        {
            "waited": {"minutes": 23},
            "payment": {"state": "unpaid", "amount": 1800, "pay_link": "https://pay.example/1"},
        },
        "pay cancel hand_over",
    ),
    (
        {**REFUSED, "pay_link": None},
        Cause.PAYMENT_FAILED,
        {"waited": {"minutes": 23}, "payment": {"state": "failed", "amount": 1800, "pay_link": None}},
        "cancel hand_over",
    ),
    (
        {"state": State.AWAITING_SHOP, "shop": "稻香小厨"},
        Cause.SHOP_PENDING,
        {"waited": {"minutes": 23}, "shop": {"name": "稻香小厨"}},
        "watch cancel hand_over",
    ),
    (
        {"state": State.EXPIRED_NO_COURIER, "payment": Payment.REFUNDED, "raw_state": "EXPIRED", "raw_reason": "60"},
        Cause.EXPIRED,
        {
            "raw": {"state": "EXPIRED", "reason": "60"},
            "money": {"payment": "refunded", "amount": 1800},
            "moved": {"state": "expired_no_courier", "at": OFF_PEAK - 1380},
        },
        "reorder hand_over",
    ),
    (
        {"state": State.FAILED, "raw_state": "REJECTED"},
        Cause.FAILED,
        {
            "raw": {"state": "REJECTED", "reason": ""},
            "money": {"payment": "captured", "amount": 1800},
            "moved": {"state": "failed", "at": OFF_PEAK - 1380},
        },
        "reorder hand_over",
    ),
    (
        {"state": State.UNDER_REVIEW, "raw_state": "RISK", "raw_reason": "HIGH_VALUE"},
        Cause.UNDER_REVIEW,
        {"waited": {"minutes": 23}, "raw": {"state": "RISK", "reason": "HIGH_VALUE"}},
        "watch hand_over",
    ),
    (
        {"state": State.CANCELLED, "cancellation": Cancellation("shop", "SOLD_OUT", 5.0, 0, 1800)},
        Cause.CANCELLED,
        {
            "cancelled": {"by": "shop", "reason": "SOLD_OUT", "at": 5.0},
            "refund": {"amount": 1800, "fee": 0, "at": 5.0},
        },
        "reorder hand_over",
    ),
    (
        {**ASSIGNED, "eta": OFF_PEAK + 900},
        Cause.MOVING,
        {
            "moved": {"state": "courier_assigned", "at": OFF_PEAK - 1380},
            "courier": {"name": "周海峰", "minutes_away": 8},
            "eta": {"at": OFF_PEAK + 900},
        },
        "watch cancel hand_over",
    ),
    (
        {"state": State.IN_TRANSIT},
        Cause.MOVING,
        {"moved": {"state": "in_transit", "at": OFF_PEAK - 1380}},
        "watch hand_over",
    ),
    (
        {"state": State.DELIVERED},
        Cause.DELIVERED,
        {"moved": {"state": "delivered", "at": OFF_PEAK - 1380}},
        "hand_over",
    ),
    (
        {"state": State.RETURNING, "raw_state": "RETURNING", "raw_reason": "ABSENT"},
        Cause.RETURNING,
        {
            "moved": {"state": "returning", "at": OFF_PEAK - 1380},
            "raw": {"state": "RETURNING", "reason": "ABSENT"},
        },
        "watch hand_over",
    ),
    (
        {"state": State.UNKNOWN, "raw_state": "PARTNER_HOLD_7"},
        Cause.UNKNOWN,
        {"waited": {"minutes": 23}, "raw": {"state": "PARTNER_HOLD_7", "reason": ""}},
        "hand_over",
    ),
    (
        {"payment": Payment.REFUNDED},
        Cause.UNKNOWN,
        {"waited": {"minutes": 23}, "raw": {"state": "ASSIGNING", "reason": ""}},
        "hand_over",
    ),
]


@pytest.mark.parametrize(("facts", "cause", "evidence", "remedies"), TABLE)
def test_the_table(facts: dict[str, Any], cause: Cause, evidence: dict[str, Any], remedies: str) -> None:
    found = diagnose(order(**facts), OFF_PEAK, POLICY)
    assert found.cause is cause
    assert {one.key: one.values for one in found.evidence} == evidence
    assert " ".join(found.remedies) == remedies
    assert found.also == ()


def test_the_table_names_every_cause() -> None:
    assert {cause for _, cause, _, _ in TABLE} == set(Cause)


@pytest.mark.parametrize(
    ("facts", "cause", "also"),
    [
        ({"dropoff": Place()}, Cause.BAD_ADDRESS, (Cause.BAD_PHONE, Cause.NO_RECIPIENT)),
        ({"dropoff": NO_PHONE, "synced_at": 0.0}, Cause.BAD_PHONE, (Cause.SYSTEM_LATE,)),
        ({"dropoff": NO_PHONE, "courier_side_accepted": True}, Cause.SYSTEM_LATE, (Cause.BAD_PHONE,)),
        ({**UNPAID, "dropoff": NOBODY}, Cause.UNPAID, (Cause.NO_RECIPIENT,)),
        ({"state": State.AWAITING_SHOP, "payment": Payment.UNPAID}, Cause.UNPAID, (Cause.SHOP_PENDING,)),
        ({"state": State.UNDER_REVIEW, "dropoff": NO_DOOR}, Cause.UNDER_REVIEW, (Cause.BAD_ADDRESS,)),
        ({**ASSIGNED, "dropoff": NO_DOOR, "synced_at": 0.0}, Cause.MOVING, (Cause.BAD_ADDRESS, Cause.SYSTEM_LATE)),
        ({"state": State.IN_TRANSIT, "dropoff": NO_DOOR}, Cause.MOVING, ()),
        ({"state": State.DELIVERED, "dropoff": NO_DOOR, "synced_at": 0.0}, Cause.DELIVERED, ()),
    ],
)
def test_further_faults(facts: dict[str, Any], cause: Cause, also: tuple[Cause, ...]) -> None:
    found = diagnose(order(**facts), OFF_PEAK, POLICY)
    assert (found.cause, found.also) == (cause, also)


def test_waiting_for_money_is_not_waiting_for_a_courier() -> None:
    for payment in (Payment.UNPAID, Payment.FAILED):
        assert diagnose(order(payment=payment), OFF_PEAK, POLICY).cause is not Cause.NO_COURIER


@pytest.mark.parametrize(("hour", "ends"), [(10, None), (11, "13:00"), (12, "13:00"), (13, None), (19, "20:00")])
def test_peak_hours_are_local(hour: int, ends: str | None) -> None:
    midnight = OFF_PEAK - 14 * 3600
    at = midnight + hour * 3600 + 60
    evidence = {one.key: one.values for one in diagnose(order(synced_at=at), at, POLICY).evidence}
    assert evidence.get("peak") == (None if ends is None else {"ends": ends})


@given(ORDERS, TIMES)
def test_whatever_the_order_there_is_one_cause_with_plain_evidence(some: Order, now: float) -> None:
    found = diagnose(some, now, POLICY)
    assert found.cause not in found.also
    assert len(set(found.also)) == len(found.also)
    assert found.evidence
    for one in found.evidence:
        assert json.loads(json.dumps(dict(one.values))) == one.values
    assert len(set(found.remedies)) == len(found.remedies)
    assert Remedy.HAND_OVER in found.remedies


@given(ORDERS, TIMES)
def test_nothing_is_offered_that_the_order_does_not_allow(some: Order, now: float) -> None:
    offered = set(diagnose(some, now, POLICY).remedies)
    assert Remedy.TIP not in offered or some.can_tip
    assert Remedy.RESCHEDULE not in offered or some.can_reschedule
    assert Remedy.PAY not in offered or some.pay_link is not None
    if some.state.is_over:
        assert not offered & {Remedy.WATCH, Remedy.CANCEL, Remedy.FIX, Remedy.REFRESH}

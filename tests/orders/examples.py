"""An order to vary in tests, and orders of every kind for hypothesis."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from bot.orders.model import Cancellation, Courier, Order, Payment, Place, State

NOW = 1_790_000_000.0
OFF_PEAK = NOW + 13 * 3600 - (NOW + 8 * 3600) % 86_400 + 3600
GOOD = Place("北京市朝阳区望京东园三区306号楼2单元1502室", "林悦", "+8619900000101")

WAITING = Order(
    number="TP10000001",
    customer="lin",
    goods="文件",
    state=State.AWAITING_COURIER,
    raw_state="ASSIGNING",
    placed_at=OFF_PEAK - 1380,
    updated_at=OFF_PEAK - 1380,
    synced_at=OFF_PEAK,
    pickup=GOOD,
    dropoff=GOOD,
    price=1800,
    payment=Payment.CAPTURED,
)


def order(**facts: Any) -> Order:
    return replace(WAITING, **facts)


TIMES = st.floats(-1e12, 1e12)
TEXTS = st.text(max_size=60) | st.sampled_from(["", GOOD.address, GOOD.phone, GOOD.recipient, "5号楼", "\x00\ud800"])
PLACES = st.builds(Place, TEXTS, TEXTS, TEXTS)

ORDERS = st.builds(
    Order,
    number=TEXTS,
    customer=TEXTS,
    goods=TEXTS,
    state=st.sampled_from(State),
    raw_state=TEXTS,
    placed_at=TIMES,
    updated_at=TIMES,
    synced_at=TIMES,
    pickup=PLACES,
    dropoff=PLACES,
    price=st.integers(0, 10**9),
    payment=st.sampled_from(Payment),
    raw_reason=TEXTS,
    offers_declined=st.integers(0, 99),
    peak=st.booleans(),
    courier=st.none() | st.builds(Courier, TEXTS, TIMES, st.none() | st.integers(0, 90)),
    courier_side_accepted=st.booleans(),
    pay_link=st.none() | TEXTS,
    shop=st.none() | TEXTS,
    can_tip=st.booleans(),
    can_reschedule=st.booleans(),
    scheduled_for=st.none() | TIMES,
    eta=st.none() | TIMES,
    expires_at=st.none() | TIMES,
    cancellation=st.none() | st.builds(Cancellation, TEXTS, TEXTS, TIMES, st.integers(0, 999), st.integers(0, 999)),
)

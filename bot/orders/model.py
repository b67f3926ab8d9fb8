"""Customers and orders as Tepai sees them, whatever the order service calls things.

Money is in the currency's smallest unit (fen), time in seconds since 1970 (UTC). The states and how real
providers map onto them: docs/order-states.md. Raw states and reasons are kept beside ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where an order stands."""

    AWAITING_PAYMENT = "awaiting_payment"
    AWAITING_SHOP = "awaiting_shop"
    UNDER_REVIEW = "under_review"
    AWAITING_COURIER = "awaiting_courier"
    COURIER_ASSIGNED = "courier_assigned"
    AT_PICKUP = "at_pickup"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    EXPIRED_NO_COURIER = "expired_no_courier"
    FAILED = "failed"
    RETURNING = "returning"
    RETURNED = "returned"
    UNKNOWN = "unknown"

    @property
    def is_over(self) -> bool:
        """Nothing more will happen to the order."""
        return self in _OVER

    @property
    def is_pending(self) -> bool:
        """What the customer sees as 等待确认: nobody has confirmed it yet."""
        return self in _PENDING


_OVER = {State.DELIVERED, State.CANCELLED, State.EXPIRED_NO_COURIER, State.FAILED, State.RETURNED}
_PENDING = {State.AWAITING_PAYMENT, State.AWAITING_SHOP, State.UNDER_REVIEW, State.AWAITING_COURIER, State.UNKNOWN}


class Payment(StrEnum):
    """Whether the money is there."""

    UNPAID = "unpaid"
    FAILED = "failed"
    CAPTURED = "captured"
    REFUNDED = "refunded"


class Refusal(StrEnum):
    """Why the order service says no."""

    PICKED_UP = "picked_up"
    ALREADY_OVER = "already_over"
    WINDOW_PASSED = "window_passed"
    UNDER_REVIEW = "under_review"
    INVALID = "invalid"
    TOO_LATE = "too_late"
    NOT_OFFERED = "not_offered"


class Field(StrEnum):
    """The parts of an order that a customer may correct."""

    ADDRESS = "address"
    PHONE = "phone"
    RECIPIENT = "recipient"


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody with orders. `language` is "zh" or "en"; `points` is None where the service does not know."""

    id: str
    name: str
    language: str
    points: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One end of the journey, as the customer typed it; each part may be missing or wrong."""

    address: str = ""
    recipient: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Courier:
    """Who took the order. `minutes_away` is the service's own estimate, or None."""

    name: str
    assigned_at: float
    minutes_away: int | None = None


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Who cancelled and why are two facts. `by`: "customer", "platform", "courier", "shop" or "staff"."""

    by: str
    reason: str
    at: float
    fee: int
    refund: int


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of what was charged: `kind` is "distance", "weight", "peak", "tip" or "discount"."""

    kind: str
    amount: int


@dataclass(frozen=True, slots=True)
class Order:
    """One order, as last seen.

    `updated_at`: when the state last changed. `synced_at`: when the platform last heard from the courier
    side. `courier_side_accepted`: the courier side says it accepted though the state does not show it.
    `pay_link`: where to pay, while unpaid. `shop`: the shop's name where one must accept. `peak`: placed
    in, or waiting through, a peak hour. `can_tip`, `can_reschedule`: what the service offers for this order.
    `eta`: expected delivery. `expires_at`: when an unaccepted order ends by itself.
    """

    number: str
    customer: str
    goods: str
    state: State
    raw_state: str
    placed_at: float
    updated_at: float
    synced_at: float
    pickup: Place
    dropoff: Place
    price: int
    payment: Payment
    raw_reason: str = ""
    charges: tuple[Charge, ...] = ()
    offers_declined: int = 0
    peak: bool = False
    courier: Courier | None = None
    courier_side_accepted: bool = False
    pay_link: str | None = None
    shop: str | None = None
    can_tip: bool = False
    can_reschedule: bool = False
    scheduled_for: float | None = None
    eta: float | None = None
    expires_at: float | None = None
    cancellation: Cancellation | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What cancelling would mean now. When not allowed, `refusal` says why and the amounts are 0.

    `rule`: "not_accepted" (free while nobody took it), "free_window", "small_fee" or "courier_late" (free
    again). `free_until`: until when the price holds by the rule, or None. `refund_days`: working days until
    the money is back.
    """

    allowed: bool
    fee: int = 0
    refund: int = 0
    rule: str = ""
    free_until: float | None = None
    refund_days: int = 3
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One step an order made. `cursor` grows; two deliveries of the same change have the same `id`."""

    id: str
    cursor: int
    customer: str
    number: str
    at: float
    before: State
    after: State

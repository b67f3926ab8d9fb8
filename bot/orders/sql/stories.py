"""How a demo order is told: facts relative to the moment when its customer first looks at it.

Minutes count back from that moment, the seconds of moves count on from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.orders.model import Cancellation, Charge, Courier, Customer, Order, Payment, Place, State
from bot.orders.sql.plan import Do, Move, Plan, Touch

RAW = {
    State.AWAITING_PAYMENT: "PAYMENT_PENDING",
    State.AWAITING_SHOP: "SHOP_PENDING",
    State.UNDER_REVIEW: "RISK_REVIEW",
    State.AWAITING_COURIER: "ASSIGNING",
    State.COURIER_ASSIGNED: "ACCEPTED",
    State.AT_PICKUP: "ARRIVED_AT_PICKUP",
    State.IN_TRANSIT: "PICKED_UP",
    State.DELIVERED: "COMPLETED",
    State.CANCELLED: "CANCELLED",
    State.EXPIRED_NO_COURIER: "EXPIRED",
    State.FAILED: "REJECTED",
    State.RETURNING: "RETURNING",
    State.RETURNED: "RETURNED",
}


@dataclass(frozen=True, slots=True)
class Persona:
    """A demo customer to be, and what there is to see as them, in both languages."""

    id: str
    name: str
    language: str
    about_zh: str
    about_en: str


@dataclass(frozen=True, slots=True)
class Cast:
    """A customer as stored, with the contacts on file (phone as E.164, e-mail in lower case)."""

    customer: Customer
    contacts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """One demo order. `placed`, `updated`, `synced`: minutes ago. `charges`: distance, peak, tip and so on, in fen.

    `courier`: name and minutes since the acceptance. `ended`: by whom, why, with what fee. `due`: minutes until the
    expected delivery. `expires`: minutes until it ends by itself. `facts`: further fields of the order.
    """

    number: str
    goods: str
    state: State
    pickup: Place
    dropoff: Place
    charges: dict[str, int]
    placed: float
    updated: float | None = None
    synced: float = 0.0
    payment: Payment = Payment.CAPTURED
    courier: tuple[str, float] | None = None
    ended: tuple[str, str, int] | None = None
    due: float | None = None
    expires: float | None = None
    touch: Touch = Touch.LIVE
    moves: tuple[Move, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    def told(self, customer: str, now: float) -> Plan:
        """The order at rest, told as of now."""
        updated = now - 60 * (self.placed if self.updated is None else self.updated)
        price = sum(self.charges.values())
        order = Order(
            number=self.number,
            customer=customer,
            goods=self.goods,
            state=self.state,
            raw_state=self.facts.get("raw_state") or RAW[self.state],
            placed_at=now - 60 * self.placed,
            updated_at=updated,
            synced_at=now - 60 * self.synced,
            pickup=self.pickup,
            dropoff=self.dropoff,
            price=price,
            payment=self.payment,
            charges=tuple(Charge(kind, amount) for kind, amount in self.charges.items()),
            courier=self.courier and Courier(self.courier[0], now - 60 * self.courier[1], self.facts.get("away")),
            eta=None if self.due is None else now + 60 * self.due,
            expires_at=None if self.expires is None else now + 60 * self.expires,
            cancellation=self.ended and _ending(self.ended, updated, price, self.payment),
            **{name: value for name, value in self.facts.items() if name not in {"raw_state", "away"}},
        )
        return Plan(order, self.touch, now, self.moves, now)


def _ending(ended: tuple[str, str, int], at: float, price: int, payment: Payment) -> Cancellation:
    by, reason, fee = ended
    return Cancellation(by, reason, at, fee, price - fee if payment is Payment.REFUNDED else 0)


def journey(courier: str, accepts: float, *, declined: Sequence[float] = ()) -> tuple[Move, ...]:
    """Couriers who decline, then one who accepts and delivers; all in seconds, quick enough to be watched."""
    way = ((0, Do.ACCEPT), (60, Do.ARRIVE), (120, Do.PICK_UP), (300, Do.DELIVER))
    refused = (Move(after, Do.DECLINE) for after in declined)
    return (*refused, *(Move(accepts + after, do, courier) for after, do in way))

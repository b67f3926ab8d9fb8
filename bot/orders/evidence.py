"""The facts in an order that each cause rests on. Pure; never guesses.

`Evidence.values` are plain JSON and fill texts. Keys and values:

=================== ========================================================================================
waited              minutes since the order was placed
declined            count of couriers who said no
peak                ends ("13:00", local): it is a peak hour now
peak_placed         (none): the order was placed in, or waited through, a peak hour
scheduled           at: the customer wanted it later
expires             minutes until the order ends by itself
accepted_unseen     (none): the courier side accepted, the state does not show it
paid_unseen         (none): the money arrived, the state does not show it
synced              minutes since the platform last heard from the courier side
field               field ("address", "phone", "recipient"), problem (a key of `bot.orders.checks`), value (raw)
payment             state ("unpaid", "failed"), amount, pay_link (or None)
shop                name
money               payment, amount: what became of it
raw                 state, reason: the order service's own words
cancelled           by, reason, at
refund              amount, fee, at
courier             name, minutes_away (or None)
eta                 at
moved               state, at: the last step
=================== ========================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.orders.checks import problem
from bot.orders.model import Field, Order, Payment, State
from bot.orders.policy import Policy


class Cause(StrEnum):
    """Why an order is where it is."""

    NO_COURIER = "no_courier"
    SYSTEM_LATE = "system_late"
    BAD_ADDRESS = "bad_address"
    BAD_PHONE = "bad_phone"
    NO_RECIPIENT = "no_recipient"
    UNPAID = "unpaid"
    PAYMENT_FAILED = "payment_failed"
    SHOP_PENDING = "shop_pending"
    EXPIRED = "expired"
    FAILED = "failed"
    UNDER_REVIEW = "under_review"
    CANCELLED = "cancelled"
    MOVING = "moving"
    DELIVERED = "delivered"
    RETURNING = "returning"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact in the order that a cause rests on."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


def evidence(causes: Iterable[Cause], order: Order, now: float, policy: Policy) -> tuple[Evidence, ...]:
    """What speaks for these causes, the first cause's first, each fact once."""
    found = [one for cause in causes for one in _EVIDENCE[cause](order, now, policy)]
    return tuple(one for place, one in enumerate(found) if one not in found[:place])


def wording(item: Evidence) -> str:
    """Which text tells this evidence: some facts read differently when part of them is missing."""
    values = item.values
    without = {
        "declined": values.get("count") == 0,
        "field": values.get("value") == "",
        "payment": values.get("pay_link") is None,
        "raw": values.get("reason") == "",
        "courier": values.get("minutes_away") is None,
        "refund": values.get("fee") == 0,
    }
    return f"{item.key}_short" if without.get(item.key) else item.key


def accepted_unseen(order: Order) -> bool:
    """The courier side accepted, the state does not show it."""
    return order.state is State.AWAITING_COURIER and (order.courier_side_accepted or order.courier is not None)


def paid_unseen(order: Order) -> bool:
    """The money arrived, the state does not show it."""
    return order.state is State.AWAITING_PAYMENT and order.payment is Payment.CAPTURED


def _minutes(seconds: float) -> int:
    return max(0, int(seconds // 60))


def _waited(order: Order, now: float) -> Evidence:
    return Evidence("waited", {"minutes": _minutes(now - order.placed_at)})


def _no_courier(order: Order, now: float, policy: Policy) -> list[Evidence]:
    found = [_waited(order, now), Evidence("declined", {"count": order.offers_declined})]
    if ends := policy.peak_ends(now):
        found.append(Evidence("peak", {"ends": ends}))
    elif order.peak:
        found.append(Evidence("peak_placed"))
    if order.scheduled_for is not None and order.scheduled_for > now:
        found.append(Evidence("scheduled", {"at": order.scheduled_for}))
    if order.expires_at is not None and order.expires_at > now:
        found.append(Evidence("expires", {"minutes": _minutes(order.expires_at - now)}))
    return found


def _system_late(order: Order, now: float, _policy: Policy) -> list[Evidence]:
    found = [_waited(order, now)]
    if accepted_unseen(order):
        found.append(Evidence("accepted_unseen"))
    if paid_unseen(order):
        found.append(Evidence("paid_unseen"))
    return [*found, Evidence("synced", {"minutes": _minutes(now - order.synced_at)})]


def _bad_address(order: Order, now: float, policy: Policy) -> list[Evidence]:
    return _bad_field(order, now, policy, Field.ADDRESS, order.dropoff.address)


def _bad_phone(order: Order, now: float, policy: Policy) -> list[Evidence]:
    return _bad_field(order, now, policy, Field.PHONE, order.dropoff.phone)


def _no_recipient(order: Order, now: float, policy: Policy) -> list[Evidence]:
    return _bad_field(order, now, policy, Field.RECIPIENT, order.dropoff.recipient)


def _bad_field(order: Order, now: float, policy: Policy, part: Field, value: str) -> list[Evidence]:
    fault = {"field": part.value, "problem": problem(part, value, policy.region), "value": value}
    return [_waited(order, now), Evidence("field", fault)]


def _payment(order: Order, now: float, _policy: Policy) -> list[Evidence]:
    owed = {"state": order.payment.value, "amount": order.price, "pay_link": order.pay_link}
    return [_waited(order, now), Evidence("payment", owed)]


def _shop(order: Order, now: float, _policy: Policy) -> list[Evidence]:
    return [_waited(order, now), Evidence("shop", {"name": order.shop or ""})]


def _raw(order: Order, *_: object) -> list[Evidence]:
    return [Evidence("raw", {"state": order.raw_state, "reason": order.raw_reason})]


def _ended(order: Order, *_: object) -> list[Evidence]:
    money = Evidence("money", {"payment": order.payment.value, "amount": order.price})
    return [*_raw(order), money, *_moved(order)]


def _reviewed(order: Order, now: float, _policy: Policy) -> list[Evidence]:
    return [_waited(order, now), *_raw(order)]


def _cancelled(order: Order, *_: object) -> list[Evidence]:
    told = order.cancellation
    if told is None:
        return _ended(order)
    who = Evidence("cancelled", {"by": told.by, "reason": told.reason, "at": told.at})
    return [who, Evidence("refund", {"amount": told.refund, "fee": told.fee, "at": told.at})]


def _moved(order: Order, *_: object) -> list[Evidence]:
    return [Evidence("moved", {"state": order.state.value, "at": order.updated_at})]


def _moving(order: Order, *_: object) -> list[Evidence]:
    found = _moved(order)
    if order.courier is not None:
        found.append(Evidence("courier", {"name": order.courier.name, "minutes_away": order.courier.minutes_away}))
    if order.eta is not None:
        found.append(Evidence("eta", {"at": order.eta}))
    return found


def _returning(order: Order, *_: object) -> list[Evidence]:
    return [*_moved(order), *_raw(order)]


_EVIDENCE: Mapping[Cause, Callable[[Order, float, Policy], list[Evidence]]] = {
    Cause.NO_COURIER: _no_courier,
    Cause.SYSTEM_LATE: _system_late,
    Cause.BAD_ADDRESS: _bad_address,
    Cause.BAD_PHONE: _bad_phone,
    Cause.NO_RECIPIENT: _no_recipient,
    Cause.UNPAID: _payment,
    Cause.PAYMENT_FAILED: _payment,
    Cause.SHOP_PENDING: _shop,
    Cause.EXPIRED: _ended,
    Cause.FAILED: _ended,
    Cause.UNDER_REVIEW: _reviewed,
    Cause.CANCELLED: _cancelled,
    Cause.MOVING: _moving,
    Cause.DELIVERED: _moved,
    Cause.RETURNING: _returning,
    Cause.UNKNOWN: _reviewed,
}

"""Why an order is where it is: one cause, the evidence in the order, and what helps. Pure; never guesses.

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

from collections.abc import Callable, Mapping
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


class Remedy(StrEnum):
    """What a customer can be offered."""

    WATCH = "watch"
    REFRESH = "refresh"
    TIP = "tip"
    RESCHEDULE = "reschedule"
    FIX = "fix"
    PAY = "pay"
    CANCEL = "cancel"
    REORDER = "reorder"
    HAND_OVER = "hand_over"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact in the order that a cause rests on."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`also`: further faults that hold at the same time. `remedies`: what helps, best first."""

    cause: Cause
    evidence: tuple[Evidence, ...]
    remedies: tuple[Remedy, ...]
    also: tuple[Cause, ...] = ()


FAULTS: Mapping[Cause, Field] = {
    Cause.BAD_ADDRESS: Field.ADDRESS,
    Cause.BAD_PHONE: Field.PHONE,
    Cause.NO_RECIPIENT: Field.RECIPIENT,
}


def diagnose(order: Order, now: float, policy: Policy) -> Diagnosis:
    """The cause with its evidence; `unknown` when nothing in the order speaks for any other."""
    cause, *also = _causes(order, now, policy) or [Cause.UNKNOWN]
    found = [one for each in (cause, *also) for one in _EVIDENCE[each](order, now, policy)]
    evidence = tuple(one for place, one in enumerate(found) if one not in found[:place])
    return Diagnosis(cause, evidence, _remedies(order, now, policy, cause, also), tuple(also))


def faults(order: Order, region: str) -> tuple[Cause, ...]:
    """What is missing or wrong in where the order goes."""
    place = order.dropoff
    values = {Field.ADDRESS: place.address, Field.PHONE: place.phone, Field.RECIPIENT: place.recipient}
    return tuple(cause for cause, part in FAULTS.items() if problem(part, values[part], region))


def _causes(order: Order, now: float, policy: Policy) -> list[Cause]:
    """All that hold, the one to name first."""
    if order.state in _WAITING:
        return _why_waiting(order, now, policy)
    named = [_BY_STATE[order.state]]
    if order.state in _CORRECTABLE:
        named += faults(order, policy.region)
    if named[0] is Cause.MOVING and _is_stale(order, now, policy):
        named.append(Cause.SYSTEM_LATE)
    return named


def _why_waiting(order: Order, now: float, policy: Policy) -> list[Cause]:
    for_courier = order.state is State.AWAITING_COURIER
    signs = [
        (Cause.SYSTEM_LATE, _accepted_unseen(order) or _paid_unseen(order)),
        (Cause.UNPAID, order.payment is Payment.UNPAID),
        (Cause.PAYMENT_FAILED, order.payment is Payment.FAILED),
        (Cause.SHOP_PENDING, order.state is State.AWAITING_SHOP and order.payment is not Payment.REFUNDED),
        *((fault, True) for fault in faults(order, policy.region)),
        (Cause.SYSTEM_LATE, for_courier and _is_stale(order, now, policy)),
    ]
    held = list(dict.fromkeys(cause for cause, holds in signs if holds))
    if not held and for_courier and order.payment is Payment.CAPTURED:
        return [Cause.NO_COURIER]
    return held


def _is_stale(order: Order, now: float, policy: Policy) -> bool:
    return now - order.synced_at > policy.sync_stale_after


def _accepted_unseen(order: Order) -> bool:
    return order.state is State.AWAITING_COURIER and (order.courier_side_accepted or order.courier is not None)


def _paid_unseen(order: Order) -> bool:
    return order.state is State.AWAITING_PAYMENT and order.payment is Payment.CAPTURED


def _remedies(order: Order, now: float, policy: Policy, cause: Cause, also: list[Cause]) -> tuple[Remedy, ...]:
    helps = [remedy for each in (cause, *also) for remedy in _REMEDIES[each]]
    # One hand-over, after everything the customer can do alone, unless that has gone on for too long.
    helps = [remedy for remedy in dict.fromkeys(helps) if remedy is not Remedy.HAND_OVER and _offered(order, remedy)]
    if cause is Cause.SYSTEM_LATE and now - order.synced_at > policy.stale_limit:
        return (Remedy.HAND_OVER, *helps)
    return (*helps, Remedy.HAND_OVER)


def _offered(order: Order, remedy: Remedy) -> bool:
    match remedy:
        case Remedy.TIP:
            return order.can_tip
        case Remedy.RESCHEDULE:
            return order.can_reschedule
        case Remedy.PAY:
            return order.pay_link is not None
        case Remedy.CANCEL:
            return order.state in _CANCELLABLE
        case Remedy.WATCH:
            return not order.state.is_over
    return True


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
    if _accepted_unseen(order):
        found.append(Evidence("accepted_unseen"))
    if _paid_unseen(order):
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


_WAITING = {State.AWAITING_PAYMENT, State.AWAITING_SHOP, State.AWAITING_COURIER}
_CORRECTABLE = {State.UNDER_REVIEW, State.COURIER_ASSIGNED, State.AT_PICKUP}
_CANCELLABLE = {*_WAITING, State.COURIER_ASSIGNED, State.AT_PICKUP}

_BY_STATE = {
    State.UNDER_REVIEW: Cause.UNDER_REVIEW,
    State.COURIER_ASSIGNED: Cause.MOVING,
    State.AT_PICKUP: Cause.MOVING,
    State.IN_TRANSIT: Cause.MOVING,
    State.DELIVERED: Cause.DELIVERED,
    State.CANCELLED: Cause.CANCELLED,
    State.EXPIRED_NO_COURIER: Cause.EXPIRED,
    State.FAILED: Cause.FAILED,
    State.RETURNING: Cause.RETURNING,
    State.RETURNED: Cause.RETURNING,
    State.UNKNOWN: Cause.UNKNOWN,
}

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

_REMEDIES: Mapping[Cause, tuple[Remedy, ...]] = {
    Cause.NO_COURIER: (Remedy.WATCH, Remedy.TIP, Remedy.RESCHEDULE, Remedy.CANCEL),
    Cause.SYSTEM_LATE: (Remedy.REFRESH, Remedy.WATCH, Remedy.CANCEL),
    Cause.BAD_ADDRESS: (Remedy.FIX, Remedy.CANCEL),
    Cause.BAD_PHONE: (Remedy.FIX, Remedy.CANCEL),
    Cause.NO_RECIPIENT: (Remedy.FIX, Remedy.CANCEL),
    Cause.UNPAID: (Remedy.PAY, Remedy.CANCEL),
    Cause.PAYMENT_FAILED: (Remedy.PAY, Remedy.CANCEL),
    Cause.SHOP_PENDING: (Remedy.WATCH, Remedy.CANCEL),
    Cause.EXPIRED: (Remedy.REORDER,),
    Cause.FAILED: (Remedy.REORDER,),
    Cause.UNDER_REVIEW: (Remedy.WATCH,),
    Cause.CANCELLED: (Remedy.REORDER,),
    Cause.MOVING: (Remedy.WATCH, Remedy.CANCEL),
    Cause.DELIVERED: (),
    Cause.RETURNING: (Remedy.WATCH,),
    Cause.UNKNOWN: (),
}

"""Why an order is where it is: one cause, the evidence in the order, and what helps. Pure; never guesses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.orders.checks import problem
from bot.orders.evidence import Cause, Evidence, accepted_unseen, evidence, paid_unseen
from bot.orders.model import Field, Order, Payment, State
from bot.orders.policy import Policy


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
    facts = evidence((cause, *also), order, now, policy)
    return Diagnosis(cause, facts, _remedies(order, now, policy, cause, also), tuple(also))


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
        (Cause.SYSTEM_LATE, accepted_unseen(order) or paid_unseen(order)),
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

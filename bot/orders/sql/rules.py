"""What cancelling costs, by the trade's rules. Pure."""

from __future__ import annotations

from bot.orders.model import Order, Payment, Quote, Refusal, State
from bot.orders.policy import Policy

NOT_ACCEPTED = "not_accepted"
FREE_WINDOW = "free_window"
SMALL_FEE = "small_fee"
COURIER_LATE = "courier_late"


def quote(order: Order, now: float, policy: Policy) -> Quote:
    """What cancelling means now: free while nobody took the order and for a short while after, then a small fee,
    free again when the courier is late, impossible once the goods are picked up."""
    refusal = _REFUSED.get(order.state)
    if refusal is not None:
        return _no(refusal, policy)
    if order.state not in _ACCEPTED:
        return _yes(order, policy, 0, NOT_ACCEPTED, None)
    accepted = order.courier.assigned_at if order.courier else order.updated_at
    if now < accepted + policy.free_window:
        return _yes(order, policy, 0, FREE_WINDOW, accepted + policy.free_window)
    if now < accepted + policy.fee_window:
        return _yes(order, policy, policy.cancel_fee, SMALL_FEE, accepted + policy.fee_window)
    if order.state is State.COURIER_ASSIGNED:
        return _yes(order, policy, 0, COURIER_LATE, None)
    return _no(Refusal.WINDOW_PASSED, policy)


def _yes(order: Order, policy: Policy, fee: int, rule: str, free_until: float | None) -> Quote:
    paid = order.price if order.payment is Payment.CAPTURED else 0
    refund = max(0, paid - fee)
    return Quote(True, fee, refund, rule, free_until, policy.refund_days)


def _no(refusal: Refusal, policy: Policy) -> Quote:
    return Quote(False, refund_days=policy.refund_days, refusal=refusal)


_ACCEPTED = {State.COURIER_ASSIGNED, State.AT_PICKUP}

_REFUSED = {
    State.UNDER_REVIEW: Refusal.UNDER_REVIEW,
    State.IN_TRANSIT: Refusal.PICKED_UP,
    State.RETURNING: Refusal.PICKED_UP,
    State.DELIVERED: Refusal.ALREADY_OVER,
    State.CANCELLED: Refusal.ALREADY_OVER,
    State.EXPIRED_NO_COURIER: Refusal.ALREADY_OVER,
    State.FAILED: Refusal.ALREADY_OVER,
    State.RETURNED: Refusal.ALREADY_OVER,
    State.UNKNOWN: Refusal.NOT_OFFERED,
}

"""Couriers that move as time passes: a pure function of an order's stored moves and the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.orders.model import Courier, Order, Payment, State

PICKUP_MINUTES = 8
DELIVERY_SECONDS = 35 * 60.0
TIP_BRINGS_ONE_IN = 20.0


class Do(StrEnum):
    """What can happen to an order without its customer."""

    DECLINE = "decline"
    ACCEPT = "accept"
    UNASSIGN = "unassign"
    ARRIVE = "arrive"
    PICK_UP = "pick_up"
    DELIVER = "deliver"
    EXPIRE = "expire"
    SHOP_ACCEPT = "shop_accept"
    PAYMENT_SEEN = "payment_seen"


class Touch(StrEnum):
    """How the platform hears from the courier side.

    LIVE: at once. HELD: at once, but nobody moves before the order is corrected. LATE: things have happened and
    show only when asked for. LOST: asking does not help either.
    """

    LIVE = "live"
    HELD = "held"
    LATE = "late"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Move:
    """One thing to happen, `after` so many seconds; `courier` is who accepts."""

    after: float
    do: Do
    courier: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One change of an order's state that just happened."""

    order: Order
    before: State
    at: float


@dataclass(frozen=True, slots=True)
class Plan:
    """An order as stored, and what is still to come.

    `rests_since`: nobody has looked at the order yet. Until somebody does, its whole story slides along with the
    clock, so that a demo tells the same story whenever it is opened.
    """

    order: Order
    touch: Touch = Touch.LIVE
    rests_since: float | None = None
    moves: tuple[Move, ...] = ()
    moves_from: float = 0.0

    @property
    def due_at(self) -> float | None:
        """When the next move happens by itself."""
        if self.touch is not Touch.LIVE or self.rests_since is not None or not self.moves:
            return None
        return self.moves_from + self.moves[0].after

    def is_at_rest(self, now: float) -> bool:
        """Whether somebody who looks now changes nothing by it."""
        return self.rests_since is None and not (self.due_at is not None and self.due_at <= now)

    def seen(self, now: float) -> Order:
        """The order as the platform shows it now."""
        order = self.order if self.rests_since is None else shifted(self.order, now - self.rests_since)
        hears = self.touch in (Touch.LIVE, Touch.HELD) and not order.state.is_over
        return replace(order, synced_at=now) if hears else order

    def woken(self, now: float) -> Plan:
        """The plan once somebody has looked: from now on time counts."""
        if self.rests_since is None:
            return self
        gone = now - self.rests_since
        moves_from = self.moves_from + gone
        return replace(self, order=shifted(self.order, gone), rests_since=None, moves_from=moves_from)

    def unfolded(self, now: float) -> tuple[Plan, tuple[Step, ...]]:
        """The plan after every move that is due, and the changes of state on the way."""
        plan, steps = self, []
        while plan.due_at is not None and plan.due_at <= now:
            at, before = plan.due_at, plan.order.state
            order = happened(plan.order, plan.moves[0], at)
            plan = replace(plan, order=order, moves=plan.moves[1:])
            if order.state is not before:
                steps.append(Step(order, before, at))
        return plan, tuple(steps)

    def refreshed(self, now: float) -> Plan:
        """The plan after asking the courier side."""
        if self.touch is not Touch.LATE:
            return self
        return replace(self, touch=Touch.LIVE, order=replace(self.order, synced_at=now, courier_side_accepted=False))

    def hurried(self, now: float) -> Plan:
        """The plan after a tip: who was going to come comes soon, and nobody else declines first."""
        accepted = next((at for at, move in enumerate(self.moves) if move.do is Do.ACCEPT), None)
        if accepted is None:
            return self
        moves = _rebased(self.moves[accepted:])
        soon = min(now + TIP_BRINGS_ONE_IN, self.moves_from + self.moves[accepted].after)
        return replace(self, moves=moves, moves_from=soon)

    def postponed(self, at: float) -> Plan:
        """The plan when nothing happens before `at`."""
        return replace(self, moves=_rebased(self.moves), moves_from=at)


def shifted(order: Order, seconds: float) -> Order:
    """The same story, told so many seconds later."""

    def later(at: float | None) -> float | None:
        return None if at is None else at + seconds

    courier, end = order.courier, order.cancellation
    return replace(
        order,
        placed_at=order.placed_at + seconds,
        updated_at=order.updated_at + seconds,
        synced_at=order.synced_at + seconds,
        scheduled_for=later(order.scheduled_for),
        eta=later(order.eta),
        expires_at=later(order.expires_at),
        courier=courier and replace(courier, assigned_at=courier.assigned_at + seconds),
        cancellation=end and replace(end, at=end.at + seconds),
    )


def happened(order: Order, move: Move, at: float) -> Order:
    """The order after one move."""
    if move.do is Do.DECLINE:
        return replace(order, offers_declined=order.offers_declined + 1)
    order = replace(order, updated_at=at, raw_reason="")
    if move.do is Do.ACCEPT:
        return _accepted(order, move.courier, at)
    return _EFFECTS[move.do](order)


def _accepted(order: Order, courier: str, at: float) -> Order:
    return replace(
        order,
        state=State.COURIER_ASSIGNED,
        raw_state="ACCEPTED",
        courier=Courier(courier, at, PICKUP_MINUTES),
        courier_side_accepted=False,
        can_tip=False,
        can_reschedule=False,
        expires_at=None,
        eta=at + DELIVERY_SECONDS,
    )


def _unassigned(order: Order) -> Order:
    declined = order.offers_declined + 1
    order = replace(order, state=State.AWAITING_COURIER, raw_state="REASSIGNING", raw_reason="courier withdrew")
    return replace(order, courier=None, eta=None, offers_declined=declined, can_tip=True)


def _arrived(order: Order) -> Order:
    courier = order.courier and replace(order.courier, minutes_away=0)
    return replace(order, state=State.AT_PICKUP, raw_state="ARRIVED_AT_PICKUP", courier=courier)


def _picked_up(order: Order) -> Order:
    courier = order.courier and replace(order.courier, minutes_away=None)
    return replace(order, state=State.IN_TRANSIT, raw_state="PICKED_UP", courier=courier)


def _delivered(order: Order) -> Order:
    return replace(order, state=State.DELIVERED, raw_state="COMPLETED", eta=None)


def _expired(order: Order) -> Order:
    payment = Payment.REFUNDED if order.payment is Payment.CAPTURED else order.payment
    order = replace(order, state=State.EXPIRED_NO_COURIER, raw_state="EXPIRED", raw_reason="no courier in time")
    return replace(order, payment=payment, can_tip=False, can_reschedule=False, expires_at=None)


def _to_dispatch(order: Order) -> Order:
    return replace(order, state=State.AWAITING_COURIER, raw_state="ASSIGNING", payment=Payment.CAPTURED, pay_link=None)


def _rebased(moves: tuple[Move, ...]) -> tuple[Move, ...]:
    return tuple(replace(move, after=move.after - moves[0].after) for move in moves)


_EFFECTS: Mapping[Do, Callable[[Order], Order]] = {
    Do.UNASSIGN: _unassigned,
    Do.ARRIVE: _arrived,
    Do.PICK_UP: _picked_up,
    Do.DELIVER: _delivered,
    Do.EXPIRE: _expired,
    Do.SHOP_ACCEPT: _to_dispatch,
    Do.PAYMENT_SEEN: _to_dispatch,
}

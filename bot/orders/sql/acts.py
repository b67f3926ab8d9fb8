"""What a customer may change in the embedded order service; each function is one transaction.

A refusal is an answer too: it is stored under the request's key and returned, not raised, because raising would roll
the transaction back and forget it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pydantic import TypeAdapter
from sqlalchemy import Connection, insert, select, update

from bot.errors import FeeRose, NotAllowed
from bot.orders.checks import normal, problem, tidy
from bot.orders.diagnosis import faults
from bot.orders.model import Cancellation, Charge, Field, Order, Payment, Quote, Refusal, State
from bot.orders.policy import Policy
from bot.orders.sql import rows, rules
from bot.orders.sql.plan import Plan, Step, Touch
from bot.orders.sql.simulation import look_at
from bot.orders.sql.tables import contacts, outbox, requests
from bot.store.clock import dbnow
from bot.store.inserting import insert_new

DISPATCH_SECONDS = 30 * 60.0
COURIER_COMES_BEFORE = 10 * 60.0
REASON_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What the order service said to one request; neither field set means that it was done."""

    refusal: Refusal | None = None
    risen: Quote | None = None

    def raised(self) -> None:
        """Raise `FeeRose` or `NotAllowed`, unless it was done."""
        if self.risen is not None:
            raise FeeRose(self.risen)
        if self.refusal is not None:
            raise NotAllowed(self.refusal)


DONE = Answer()
_ANSWER = TypeAdapter(Answer)


def once(connection: Connection, customer: str, key: str, act: Callable[[Connection], Answer]) -> Answer:
    """Act unless this customer's key was used before; then answer as the first time."""
    mine = (requests.c.customer == customer) & (requests.c.key == key)
    # The second of two at the same time waits here until the first has committed its answer.
    if not insert_new(connection, requests, customer=customer, key=key, at=dbnow()):
        return _ANSWER.validate_python(connection.execute(select(requests.c.answer).where(mine)).scalar_one())
    answer = act(connection)
    connection.execute(update(requests).where(mine).values(answer=_ANSWER.dump_python(answer, mode="json")))
    return answer


def cancel(
    connection: Connection, policy: Policy, customer: str, number: str, accepted_fee: int, reason: str, by: str
) -> Answer:
    """Cancel at no more than the accepted fee; a cancelled order stays as it is, and that is a success."""
    plan, now = look_at(connection, customer, number)
    if plan.order.state is State.CANCELLED:
        return DONE
    quote = rules.quote(plan.order, now, policy)
    if not quote.allowed:
        return Answer(refusal=quote.refusal)
    if quote.fee > accepted_fee:
        return Answer(risen=quote)
    said = tidy(reason)[:REASON_LIMIT]
    order = _cancelled(plan.order, Cancellation(by, said, now, quote.fee, quote.refund))
    rows.save(connection, replace(plan, order=order, moves=()))
    rows.record(connection, [Step(order, plan.order.state, now)])
    return DONE


def correct(connection: Connection, policy: Policy, customer: str, number: str, field: Field, value: str) -> Answer:
    """Replace one part of where the order goes; an order that waits for a courier goes back to dispatch."""
    plan, now = look_at(connection, customer, number)
    if plan.order.state is State.UNKNOWN:
        return Answer(refusal=Refusal.NOT_OFFERED)
    if plan.order.state not in _CORRECTABLE:
        return Answer(refusal=Refusal.TOO_LATE)
    if problem(field, value, policy.region):
        return Answer(refusal=Refusal.INVALID)
    dropoff = replace(plan.order.dropoff, **{field.value: normal(field, value, policy.region)})
    plan = replace(plan, order=replace(plan.order, dropoff=dropoff))
    rows.save(connection, _dispatched(plan, now, policy))
    return DONE


def tip(connection: Connection, policy: Policy, customer: str, number: str, amount: int) -> Answer:
    """Raise what couriers are offered; one comes the sooner."""
    plan, now = look_at(connection, customer, number)
    lowest, highest = policy.tip_limits
    refusal = _not_offered(plan.order, plan.order.can_tip, lowest <= amount <= highest)
    if refusal is not None:
        return Answer(refusal=refusal)
    charges = (*plan.order.charges, Charge("tip", amount))
    tipped = replace(plan, order=replace(plan.order, price=plan.order.price + amount, charges=charges))
    rows.save(connection, tipped.hurried(now))
    return DONE


def reschedule(connection: Connection, policy: Policy, customer: str, number: str, at: float) -> Answer:
    """Move the order to a later time; a courier comes shortly before it."""
    plan, now = look_at(connection, customer, number)
    soonest, latest = policy.reschedule_limits
    refusal = _not_offered(plan.order, plan.order.can_reschedule, now + soonest <= at <= now + latest)
    if refusal is not None:
        return Answer(refusal=refusal)
    order = replace(plan.order, scheduled_for=at, expires_at=at + DISPATCH_SECONDS)
    rows.save(connection, replace(plan, order=order).postponed(at - COURIER_COMES_BEFORE))
    return DONE


def send_code(connection: Connection, customer: str, contact: str, code: str) -> Answer:
    """Put a one-time code into the outbox, if the contact is on file for this customer."""
    on_file = select(contacts.c.contact).where(contacts.c.contact == contact, contacts.c.customer == customer)
    if connection.execute(on_file).one_or_none() is None:
        return Answer(refusal=Refusal.INVALID)
    connection.execute(insert(outbox).values(customer=customer, contact=contact, code=code, sent_at=dbnow()))
    return DONE


def _cancelled(order: Order, how: Cancellation) -> Order:
    payment = Payment.REFUNDED if order.payment is Payment.CAPTURED else order.payment
    order = replace(order, state=State.CANCELLED, raw_state="CANCELLED", raw_reason=how.reason, updated_at=how.at)
    order = replace(order, cancellation=how, payment=payment, pay_link=None, eta=None, expires_at=None)
    return replace(order, can_tip=False, can_reschedule=False, courier_side_accepted=False)


def _dispatched(plan: Plan, now: float, policy: Policy) -> Plan:
    """The plan after a correction: couriers are asked again once nothing is wrong any more."""
    if plan.touch is not Touch.HELD or faults(plan.order, policy.region):
        return plan
    order = replace(plan.order, raw_state="ASSIGNING", raw_reason="", expires_at=now + DISPATCH_SECONDS)
    return replace(plan, order=order, touch=Touch.LIVE, moves_from=now)


def _not_offered(order: Order, offered: bool, valid: bool) -> Refusal | None:
    if order.state.is_over:
        return Refusal.ALREADY_OVER
    if order.state in _TAKEN:
        return Refusal.TOO_LATE
    if not offered or order.state is not State.AWAITING_COURIER:
        return Refusal.NOT_OFFERED
    return None if valid else Refusal.INVALID


_TAKEN = {State.COURIER_ASSIGNED, State.AT_PICKUP, State.IN_TRANSIT, State.RETURNING}
_CORRECTABLE = {
    State.AWAITING_PAYMENT,
    State.AWAITING_SHOP,
    State.UNDER_REVIEW,
    State.AWAITING_COURIER,
    State.COURIER_ASSIGNED,
    State.AT_PICKUP,
}

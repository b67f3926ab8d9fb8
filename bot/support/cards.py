"""An order as the desk shows it, in the desk's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.desk.orders import CancelQuote, OrderCard
from bot.orders.diagnosis import Diagnosis, Remedy, diagnose
from bot.orders.evidence import wording
from bot.orders.model import Order, Quote, State
from bot.orders.policy import Policy
from bot.support.words import Words

CORRECTABLE = {
    State.AWAITING_PAYMENT,
    State.AWAITING_SHOP,
    State.UNDER_REVIEW,
    State.AWAITING_COURIER,
    State.COURIER_ASSIGNED,
    State.AT_PICKUP,
}


@dataclass(frozen=True, slots=True)
class Cards:
    """Makes them by the diagnosis that customers are told, too."""

    words: Words
    policy: Policy

    def card(self, order: Order, language: str, now: float, *, watched: bool) -> OrderCard:
        """The order with its cause, and what can be done now."""
        found = diagnose(order, now, self.policy)
        return OrderCard(
            order.number,
            order.goods,
            order.state.value,
            self.words.say(f"common.state.{order.state}", language, {}, now),
            tuple(self._facts(order, language, now)),
            self.causes(found, language, now),
            tuple(_may(order, found, watched=watched)),
            watched=watched,
            is_over=order.state.is_over,
        )

    def causes(self, found: Diagnosis, language: str, now: float) -> tuple[str, ...]:
        """The cause, what else holds, and the evidence, line by line."""
        named = [self.words.say(f"staff.cause.{cause}", language, {}, now) for cause in (found.cause, *found.also)]
        facts = [
            self.words.say(f"pending_order.evidence.{wording(item)}", language, item.values, now)
            for item in found.evidence
        ]
        return tuple(line for line in (*named, *facts) if line)

    def quote(self, quote: Quote, language: str, now: float) -> CancelQuote:
        """What cancelling would mean."""
        kind = "refused" if not quote.allowed else "fee" if quote.fee else "free"
        values = {"fee": quote.fee, "refund": quote.refund, "refund_days": quote.refund_days, "refusal": quote.refusal}
        return CancelQuote(quote.allowed, quote.fee, self.words.say(f"staff.quote.{kind}", language, values, now))

    def _facts(self, order: Order, language: str, now: float) -> Iterator[tuple[str, str]]:
        for name, kind, values in _told(order):
            value = self.words.say(f"staff.value.{kind}", language, values, now) if kind else str(values["as_it_is"])
            if value:
                yield self.words.say(f"staff.fact.{name}", language, {}, now), value


def _told(order: Order) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """A fact's name, the text its value is told by ("" as it is), and the values."""
    ended = order.cancellation
    if ended is not None:
        told = {"by": ended.by, "reason": ended.reason, "at": ended.at, "fee": ended.fee, "refund": ended.refund}
        yield "cancelled", "cancelled", told
    if order.courier is not None:
        minutes = order.courier.minutes_away
        known = {"name": order.courier.name, "minutes": minutes, "as_it_is": order.courier.name}
        yield "courier", "" if minutes is None else "courier", known
    for name, at in (("eta", order.eta), ("scheduled", order.scheduled_for), ("placed", order.placed_at)):
        if at is not None:
            yield name, "time", {"at": at}
    yield "price", "price", {"amount": order.price, "payment": order.payment.value}
    place, shop = order.dropoff, order.shop or ""
    parts = {"address": place.address, "recipient": place.recipient, "phone": place.phone}
    for name, part in {**parts, "pickup": order.pickup.address, "shop": shop, "raw": _raw(order)}.items():
        yield name, "", {"as_it_is": part}


def _raw(order: Order) -> str:
    return " · ".join(part for part in (order.raw_state, order.raw_reason) if part)


def _may(order: Order, found: Diagnosis, *, watched: bool) -> Iterator[str]:
    if Remedy.CANCEL in found.remedies:
        yield "cancel"
    if order.state in CORRECTABLE:
        yield from ("address", "phone", "recipient")
    if order.can_tip:
        yield "tip"
    if order.can_reschedule:
        yield "reschedule"
    if not order.state.is_over:
        yield from ("refresh",) if watched else ("watch", "refresh")

"""Frequent questions: the answer, what it means for this customer's own order, and where to go from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.dialogue import EventData, Flow, Reply
from bot.orders.effects import ListOrders
from bot.orders.model import Order, Payment
from bot.orders.naming import described_by
from flows.common import show
from flows.faq.answers import FaqAnswer, Live, load

ANSWERS = load()
USEFUL = (
    "what_is_pending",
    "how_to_cancel",
    "cannot_cancel",
    "late_delivery",
    "parcel_lost",
    "fees",
    "refund_time",
    "returns",
)
"""What the menu shows first."""
MOST_REFUNDS = 3
TAKES_ORDER = {"pending_order", "track_order", "cancel_order"}
"""Flows to which an answer hands on the order it told about."""


class Faq(Flow):
    """Answer a frequent question."""

    about_order = True
    passing = True
    chosen_texts = ("faq.answers.", "faq.titles.", "faq.live.", "faq.charge.", "faq.refund", "complaint.titles.")
    states = [
        "start",
        {"name": "menu", "on_enter": "offer_topics"},
        {"name": "more_topics", "on_enter": "offer_more_topics"},
        {"name": "looking", "on_enter": "look_at_their_orders"},
        {"name": "answered", "on_enter": "answer", "final": True},
        {"name": "answered_live", "on_enter": "answer_with_their_order", "final": True},
    ]
    _TOPICS = ["menu", "more_topics"]
    transitions = [
        {"trigger": "begin", "source": "start", "dest": "menu", "unless": "knows_answer"},
        {"trigger": "begin", "source": "start", "dest": "looking", "conditions": "is_about_their_order"},
        {"trigger": "begin", "source": "start", "dest": "answered"},
        {"trigger": "chosen", "source": _TOPICS, "dest": "looking", "conditions": "is_about_their_order"},
        {"trigger": "chosen", "source": _TOPICS, "dest": "answered"},
        {"trigger": "more", "source": "menu", "dest": "more_topics"},
        {"trigger": "fewer", "source": "more_topics", "dest": "menu"},
        {"trigger": "orders_found", "source": "looking", "dest": "answered_live"},
        {"trigger": "no_orders", "source": "looking", "dest": "answered_live", "conditions": "needs_no_order"},
        {"trigger": "no_orders", "source": "looking", "dest": "answered"},
        {"trigger": "not_linked", "source": "looking", "dest": "answered"},
        {"trigger": "service_down", "source": "looking", "dest": "answered"},
    ]

    # Conditions read and change nothing. An answer that is gone (an old button) leads to the menu.
    def knows_answer(self, event: EventData) -> bool:
        return self.slots.get("answer") in ANSWERS

    def is_about_their_order(self, event: EventData) -> bool:
        return self.customer is not None and self._answer(event).live is not None

    def needs_no_order(self, event: EventData) -> bool:
        return self._answer(event).live is Live.POINTS

    # Actions record wishes.
    def offer_topics(self, event: EventData) -> None:
        self.ask("menu", *map(chosen, USEFUL), Reply("more", then="more"))

    def offer_more_topics(self, event: EventData) -> None:
        rest = [answer for answer in ANSWERS if answer not in USEFUL]
        self.ask("more_topics", *map(chosen, rest), Reply("fewer", then="fewer"))

    def look_at_their_orders(self, event: EventData) -> None:
        self.slots["answer"] = self._answer(event).id
        self.want(ListOrders())

    def answer(self, event: EventData) -> None:
        self.slots["answer"] = self._answer(event).id
        self.say(f"answers.{self.slots['answer']}")
        self._suggest_next(event, self.slots.get("order"))

    def answer_with_their_order(self, event: EventData) -> None:
        self.say(f"answers.{self.slots['answer']}")
        if self._answer(event).live is Live.POINTS:
            if event.kwargs["customer"].points is not None:
                self.say("live.points", points=event.kwargs["customer"].points)
            self._suggest_next(event, None)
            return
        orders, named = event.kwargs["orders"], self.slots.get("order")
        if named and not any(order.number.endswith(named) for order in orders):
            self.say("live.not_among_yours", order=named)
            self._suggest_next(event, None)
            return
        if self._answer(event).live is Live.REFUNDS and (paid_back := refunds(orders, named)):
            self.say("live.refunds", refunds=paid_back)
            self._suggest_next(event, None)
            return
        order = most_likely(described_by(orders, self.slots.get("description", "")) or orders, named)
        if self._answer(event).live is Live.CHARGES:
            self.say("live.charges", charges=charges(order), price=order.price, **show.line(order))
        elif order.eta is not None and not order.state.is_over:
            self.say("live.order_eta", eta=order.eta, **show.line(order))
        else:
            self.say("live.order", since=order.updated_at, **show.line(order))
        self._suggest_next(event, order.number)

    def _answer(self, event: EventData) -> FaqAnswer:
        return ANSWERS[event.kwargs.get("answer") or self.slots["answer"]]

    def _suggest_next(self, event: EventData, order: str | None) -> None:
        ways = [way for way in self._answer(event).next if not (way == "identify" and self.customer)]
        self.suggest("what_next", *(follow_up(way, order) for way in ways))

    @classmethod
    def title(cls, slots: Mapping[str, Any]) -> str:
        return f"faq.titles.{slots['answer']}" if slots.get("answer") in ANSWERS else "faq.title"

    @classmethod
    def more_texts(cls) -> dict[str, dict[str, str]]:
        return {language: dict(_texts(language)) for language in ("zh", "en")}


def chosen(answer: str) -> Reply:
    """An answer as a choice of the menu."""
    return Reply(answer, then="chosen", label=f"faq.titles.{answer}", answer=answer)


def topic(answer: str) -> Reply:
    """An answer as something to go on with."""
    return Reply(answer, start="faq", label=f"faq.titles.{answer}", answer=answer)


def follow_up(way: str, order: str | None) -> Reply:
    """One entry of an answer's `next` as a choice; `order`: the one that was just told about."""
    kind, _, about = way.partition(":")
    if kind == "faq":
        return topic(about)
    if kind == "human":
        return Reply("human", start="escalate", reason="asked", order=order)
    if kind == "escalate":
        return Reply("escalate", start="escalate", label="escalate.title_ways")
    if kind == "complaint":
        return Reply(about, start="complaint", label=f"complaint.titles.{about}", about=about)
    known = {"order": order} if order and kind in TAKES_ORDER else {}
    return Reply(kind, start=kind, label=f"{kind}.title", **known)


def most_likely(orders: Sequence[Order], named: str | None) -> Order:
    """The order that is meant: the one named, else the newest under way, else the newest."""
    fitting = [order for order in orders if named and order.number.endswith(named)]
    under_way = [order for order in orders if not order.state.is_over]
    return max(fitting or under_way or orders, key=lambda order: order.placed_at)


def refunds(orders: tuple[Order, ...], named: str | None) -> list[dict[str, Any]]:
    """What went back, one line of text each, newest first; of one order only, where one is named."""
    back = [order for order in orders if order.payment is Payment.REFUNDED and order.number.endswith(named or "")]
    newest = sorted(back, key=lambda order: order.updated_at, reverse=True)[:MOST_REFUNDS]
    return [
        {"text": "faq.refund", "amount": refunded(order), "at": order.updated_at, **show.line(order)}
        for order in newest
    ]


def refunded(order: Order) -> int:
    """Fen."""
    return order.cancellation.refund if order.cancellation else order.price


def charges(order: Order) -> list[dict[str, Any]]:
    """What was charged, one line of text each."""
    return [{"text": f"faq.charge.{charge.kind}", "amount": abs(charge.amount)} for charge in order.charges]


def _texts(language: str) -> Any:
    for name, answer in ANSWERS.items():
        yield f"faq.titles.{name}", answer.title[language]
        yield f"faq.answers.{name}", answer.answer[language]

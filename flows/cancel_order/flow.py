"""Choose the order, learn what cancelling costs, confirm, cancel, and hear what really happened."""

from __future__ import annotations

from typing import Any

from bot.dialogue import EventData, Reply
from bot.orders.effects import CancelOrder as CancelIt
from bot.orders.effects import GetQuote
from bot.orders.model import Order, Quote, State
from flows.common import show
from flows.common.one_order import CHOOSING, OneOrder

REASONS = ("no_courier", "too_slow", "wrong_information", "placed_twice", "not_needed", "price")
NOT_SAID = "other"
"""The reason of a customer who insists, or asks for the price, instead of giving one."""


class CancelOrder(OneOrder):
    """Cancel one order, at a price the customer has agreed to, and only that."""

    chosen_texts = ("cancel_order.confirm", "cancel_order.refused.", "cancel_order.choices.")
    states = [
        "start",
        CHOOSING,
        {"name": "choosing_first", "on_enter": "say_one_by_one"},
        {"name": "choosing_next", "on_enter": "go_through_the_rest"},
        {"name": "quoting", "on_enter": "ask_the_price"},
        {"name": "asking_reason", "on_enter": "ask_reason"},
        {"name": "asking_own_words", "on_enter": "ask_own_words"},
        {"name": "confirming", "on_enter": "ask_to_confirm"},
        {"name": "fee_rose", "on_enter": "ask_to_confirm_again"},
        {"name": "cancelling", "on_enter": "cancel_it"},
        {"name": "cancelled", "on_enter": "tell_and_advise", "final": True},
        {"name": "cancelled_before", "on_enter": "tell_cancelled_before", "final": True},
        {"name": "kept", "on_enter": "tell_nothing_changed", "final": True},
        {"name": "not_begun", "on_enter": "say_nothing_is_cancelled", "final": True},
        {"name": "refused", "on_enter": "offer_other_ways", "final": True},
        {"name": "uncertain", "on_enter": "fetch_a_colleague", "final": True},
    ]
    _CHOOSING = ["choosing", "choosing_first", "choosing_next"]
    _REASON = ["asking_reason", "asking_own_words"]
    _CONFIRM = ["confirming", "fee_rose"]
    _OPEN = [*_CONFIRM, "asking_reason"]
    transitions = [
        # The first row that fits wins, as always in transitions.
        {"trigger": "begin", "source": "start", "dest": "not_begun", "conditions": "wants_to_keep"},
        {"trigger": "begin", "source": "start", "dest": "choosing_first", "conditions": "wants_all"},
        {"trigger": "begin", "source": "start", "dest": "quoting", "conditions": "knows_order"},
        {"trigger": "begin", "source": "start", "dest": "choosing"},
        {"trigger": "order_picked", "source": _CHOOSING, "dest": "quoting"},
        {"trigger": "order_missing", "source": "quoting", "dest": "choosing"},
        {"trigger": "quoted", "source": "quoting", "dest": "cancelled_before", "conditions": "is_cancelled"},
        {"trigger": "quoted", "source": "quoting", "dest": "refused", "unless": "is_cancellable"},
        {"trigger": "quoted", "source": "quoting", "dest": "confirming", "conditions": "knows_reason"},
        {"trigger": "quoted", "source": "quoting", "dest": "asking_reason"},
        {"trigger": "reason_chosen", "source": "asking_reason", "dest": "confirming"},
        {"trigger": "own_words", "source": "asking_reason", "dest": "asking_own_words"},
        {"trigger": "reason_written", "source": [*_REASON, *_CONFIRM], "dest": "confirming"},
        {"trigger": "price_asked", "source": [*_CONFIRM, "asking_reason"], "dest": "confirming"},
        {"trigger": "insisted", "source": "asking_reason", "dest": "confirming"},
        {"trigger": "affirmed", "source": _CONFIRM, "dest": "cancelling"},
        {"trigger": "denied", "source": _OPEN, "dest": "kept"},
        {"trigger": "changed_mind", "source": _OPEN, "dest": "quoting", "conditions": "names_other"},
        {"trigger": "changed_mind", "source": _OPEN, "dest": "choosing"},
        {"trigger": "cancelled", "source": "cancelling", "dest": "choosing_next", "conditions": "wants_all"},
        {"trigger": "cancelled", "source": "cancelling", "dest": "cancelled"},
        {"trigger": "fee_rose", "source": "cancelling", "dest": "fee_rose"},
        {"trigger": "refused", "source": "cancelling", "dest": "refused"},
        {"trigger": "order_missing", "source": "cancelling", "dest": "uncertain"},
        {"trigger": "service_down", "source": "cancelling", "dest": "uncertain"},
    ]

    # Conditions read and change nothing.
    def wants_to_keep(self, event: EventData) -> bool:
        return bool(self.slots.get("keep"))

    def wants_all(self, event: EventData) -> bool:
        return bool(self.slots.get("all"))

    def is_cancelled(self, event: EventData) -> bool:
        return event.kwargs["order"].state is State.CANCELLED

    def is_cancellable(self, event: EventData) -> bool:
        return bool(event.kwargs["quote"].allowed)

    def knows_reason(self, event: EventData) -> bool:
        return bool(self.slots.get("reason"))

    # Actions record wishes: say a text, ask with choices, want an effect, call another flow. They do nothing else.
    def say_one_by_one(self, event: EventData) -> None:
        """Each order has its own price, and each is confirmed by itself."""
        self.say("one_by_one")
        self._pick_any()

    def go_through_the_rest(self, event: EventData) -> None:
        self._tell_cancelled("cancelled", event)
        self._pick_any()

    def _pick_any(self) -> None:
        self.call("pick_order", then="order_picked", only="open")

    def ask_the_price(self, event: EventData) -> None:
        self.want(GetQuote(self.note_order(event)))

    def ask_reason(self, event: EventData) -> None:
        self._remember_price(event)
        self.ask(
            "ask_reason",
            *(Reply(reason, then="reason_chosen", reason=reason) for reason in REASONS),
            Reply("other", then="own_words"),
            Reply("keep_order", then="denied"),
            wants={
                "keep": "denied",
                "price": "price_asked",
                "grievance": "reason_written",
                "insistence": "insisted",
                "words": "reason_written",
            },
            order=self.slots["order"],
        )

    def ask_own_words(self, event: EventData) -> None:
        self.ask("ask_own_words", wants={"words": "reason_written"})

    def ask_to_confirm(self, event: EventData) -> None:
        if "quote" in event.kwargs:
            self._remember_price(event)
        said = (event.kwargs.get(name) for name in ("reason", "words", "grievance"))
        self.slots["reason"] = next(filter(None, said), self.slots.get("reason") or NOT_SAID)
        self._confirm(f"confirm_{self.slots['price']['rule']}")

    def ask_to_confirm_again(self, event: EventData) -> None:
        before = self.slots["price"]["fee"]
        self._remember_price(event)
        self._confirm("confirm_fee_rose", before=before)

    def cancel_it(self, event: EventData) -> None:
        self.say("cancelling", order=self.slots["order"])
        self.want(CancelIt(self.slots["order"], self.slots["price"]["fee"], self.slots["reason"]))

    def tell_and_advise(self, event: EventData) -> None:
        self._tell_cancelled("cancelled", event)
        self.say("common.tip.cancelled")
        self.go("feedback", about="cancel_order")

    def tell_cancelled_before(self, event: EventData) -> None:
        self._tell_cancelled("cancelled_before", event)

    def say_nothing_is_cancelled(self, event: EventData) -> None:
        self.say("not_begun")
        self.suggest("not_begun_next", Reply("why", start="pending_order"), Reply("my_orders", start="track_order"))

    def tell_nothing_changed(self, event: EventData) -> None:
        self.suggest(
            "kept",
            Reply("why", start="pending_order", order=self.slots["order"]),
            Reply("my_orders", start="track_order"),
            order=self.slots["order"],
        )

    def offer_other_ways(self, event: EventData) -> None:
        order = event.kwargs["order"]
        refusal = event.kwargs.get("refusal") or event.kwargs["quote"].refusal
        self.say(f"refused.{refusal}", **show.line(order))
        self.go("escalate", reason="cannot_cancel", order=order.number, refusal=str(refusal))

    def fetch_a_colleague(self, event: EventData) -> None:
        self.say("uncertain", order=self.slots["order"])
        self.go("escalate", reason="asked", order=self.slots["order"], doing={"flow": "cancel_order"})

    def _remember_price(self, event: EventData) -> None:
        quote, order = event.kwargs["quote"], event.kwargs["order"]
        self.slots.update(order=order.number, goods=order.goods)
        self.slots["price"] = {
            "fee": quote.fee,
            "refund": quote.refund,
            "rule": wording(order, quote),
            "until": quote.free_until or self.now,
            "days": quote.refund_days,
        }

    def _confirm(self, text: str, **values: Any) -> None:
        self.ask(
            text,
            Reply("affirm", then="affirmed"),
            Reply("deny", then="denied"),
            Reply("other_order", then="changed_mind", another=True),
            wants={"keep": "denied", "price": "price_asked", "grievance": "reason_written"},
            order=self.slots["order"],
            goods=self.slots["goods"],
            **self.slots["price"],
            **values,
        )

    def _tell_cancelled(self, text: str, event: EventData) -> None:
        order = event.kwargs["order"]
        done = order.cancellation
        days = self.slots.get("price", {}).get("days", 3)
        if done is None:
            self.say(f"{text}_plain", order=order.number)
        elif done.fee == 0 and done.refund == 0:
            self.say(f"{text}_unpaid", order=order.number, at=done.at, by=done.by)
        else:
            self.say(text, order=order.number, at=done.at, fee=done.fee, refund=done.refund, by=done.by, days=days)


def wording(order: Order, quote: Quote) -> str:
    """Which text tells the price: the service's rule, unless the order itself says something more telling."""
    if quote.fee == 0 and quote.refund == 0:
        return "unpaid"
    unseen = order.courier_side_accepted and quote.rule == "not_accepted"
    return "free" if unseen else quote.rule

"""Find out which order is meant. Gives `order` (its number) to the flow that called.

`only` narrows the list: "pending", "open" (not over) or "all". What the customer already said: `order` (a number or its
end), `description` ("the flowers"). When they change their mind, `present` is the order it was about so far, and
`another` says that this one is not meant.
"""

from __future__ import annotations

from bot.dialogue import EventData, Flow, Reply
from bot.orders.effects import ListOrders
from bot.orders.model import Order
from bot.orders.naming import described_by
from flows.common import show

MOST_SHOWN = 8
MOST_TRIES = 2
"""How often a customer may describe an order in vain before a person is offered."""


class PickOrder(Flow):
    """Which order?"""

    needs_customer = True
    chosen_texts = ("pick_order.nothing_", "pick_order.only_this_")
    states = [
        "start",
        {"name": "looking", "on_enter": "look"},
        {"name": "asking", "on_enter": "ask_which"},
        {"name": "only_this", "on_enter": "say_it_is_the_only_one"},
        {"name": "picked", "on_enter": "give_picked", "final": True},
        {"name": "left", "on_enter": "say_left", "final": True},
        {"name": "nothing_fits", "on_enter": "say_nothing_fits", "final": True},
        {"name": "nothing_at_all", "on_enter": "say_nothing_at_all", "final": True},
        {"name": "lost", "on_enter": "offer_person", "final": True},
    ]
    _ASKED = ["asking", "only_this"]
    transitions = [
        {"trigger": "begin", "source": "start", "dest": "looking"},
        {"trigger": "orders_found", "source": "looking", "dest": "picked", "conditions": "is_clear"},
        {"trigger": "orders_found", "source": "looking", "dest": "lost", "conditions": "tried_enough"},
        {"trigger": "orders_found", "source": "looking", "dest": "asking", "conditions": "has_others"},
        {"trigger": "orders_found", "source": "looking", "dest": "only_this", "conditions": "present_fits"},
        {"trigger": "orders_found", "source": "looking", "dest": "nothing_fits"},
        {"trigger": "no_orders", "source": "looking", "dest": "nothing_at_all"},
        {"trigger": "picked", "source": _ASKED, "dest": "picked"},
        {"trigger": "number_given", "source": _ASKED, "dest": "looking"},
        {"trigger": "described", "source": _ASKED, "dest": "looking"},
        {"trigger": "every_one", "source": "asking", "dest": "looking"},
        {"trigger": "show_all", "source": "only_this", "dest": "looking"},
        {"trigger": "leave", "source": "only_this", "dest": "left"},
    ]

    # Conditions read and change nothing.
    def is_clear(self, event: EventData) -> bool:
        return len(self._meant(event)) == 1

    def tried_enough(self, event: EventData) -> bool:
        return int(self.slots.get("tries", 0)) > MOST_TRIES

    def has_others(self, event: EventData) -> bool:
        return any(order.number != self.slots.get("present") for order in self._fitting(event))

    def present_fits(self, event: EventData) -> bool:
        return any(order.number == self.slots.get("present") for order in self._fitting(event))

    # Actions record wishes.
    def look(self, event: EventData) -> None:
        self.slots["every_one"] = event.event.name == "every_one"
        if event.event.name in ("number_given", "described", "every_one"):
            self.slots["order"] = event.kwargs.get("order_number")
            self.slots["description"] = event.kwargs.get("description")
            self.slots["tries"] = self.slots.get("tries", 0) + 1
        if event.event.name == "show_all":
            self.slots.update(only="all", another=False)
        self.want(ListOrders())

    def ask_which(self, event: EventData) -> None:
        several = self._meant(event)
        unknown = bool(self.slots.get("order")) and not several
        in_vain = bool(self.slots.get("tries")) and not several
        text = "not_among_yours" if unknown else "none_like_that" if in_vain else "which"
        if self.slots.get("every_one"):
            text = "one_by_one"
        shown = several or [order for order in self._fitting(event) if not self._is_excluded(order)]
        replies = [Reply("order", then="picked", **show.line(order)) for order in shown[:MOST_SHOWN]]
        self.ask(text, *replies, wants={"everything": "every_one", **NAMED}, named=self.slots.get("order") or "")

    def say_it_is_the_only_one(self, event: EventData) -> None:
        present = next(order for order in self._fitting(event) if order.number == self.slots["present"])
        finished = any(order.state.is_over for order in event.kwargs["orders"])
        self.ask(
            f"only_this_{self.slots['only']}",
            Reply("this_one", then="picked", order=present.number),
            *([Reply("finished", then="show_all")] if finished else []),
            Reply("human", start="escalate", reason="asked", order=present.number),
            Reply("leave", then="leave"),
            wants=NAMED,
            **show.line(present),
        )

    def give_picked(self, event: EventData) -> None:
        self.give(order=event.kwargs.get("order") or self._meant(event)[0].number)

    def say_left(self, event: EventData) -> None:
        self.say("left")

    def say_nothing_fits(self, event: EventData) -> None:
        newest = max(event.kwargs["orders"], key=lambda order: order.updated_at)
        self.suggest(
            f"nothing_{self.slots.get('only', 'pending')}",
            Reply("my_orders", start="track_order"),
            Reply("human", start="escalate", reason="asked"),
            **show.line(newest),
        )

    def say_nothing_at_all(self, event: EventData) -> None:
        self.suggest("nothing_at_all", Reply("questions", start="faq"), Reply("unlink", start="identify", unlink=True))

    def offer_person(self, event: EventData) -> None:
        self.go("cannot_help", exhausted=True)

    def _fitting(self, event: EventData) -> list[Order]:
        orders: list[Order] = list(event.kwargs["orders"])
        only = self.slots.get("only")
        if only == "pending":
            return [order for order in orders if order.state.is_pending]
        return [order for order in orders if not order.state.is_over] if only == "open" else orders

    def _is_excluded(self, order: Order) -> bool:
        return bool(self.slots.get("another")) and order.number == self.slots.get("present")

    def _meant(self, event: EventData) -> list[Order]:
        """What the customer named or described; nothing said, all that fit. Numbers are looked up among all orders."""
        candidates = [order for order in self._fitting(event) if not self._is_excluded(order)]
        every = [order for order in event.kwargs["orders"] if not self._is_excluded(order)]
        description = self.slots.get("description") or ""
        named = str(self.slots.get("order") or "")
        if described := described_by(candidates, description) or described_by(every, description):
            # Of several that fit, the one that is spoken of is meant.
            return [order for order in described if named and order.number.endswith(named)] or described
        if named:
            return [order for order in event.kwargs["orders"] if order.number.endswith(named)]
        open_question = self.slots.get("tries") or (self.slots.get("present") and not self.slots.get("another"))
        return [] if open_question else candidates


NAMED = {"order_number": "number_given", "description": "described"}
"""How an order may be named instead of chosen."""

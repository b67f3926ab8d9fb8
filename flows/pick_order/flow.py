"""Find out which order is meant. Gives `order` (its number) to the flow that called.

`only` narrows the list: "pending", "open" (not over) or nothing. `order` may hold what the customer already said.
"""

from __future__ import annotations

from bot.dialogue import EventData, Flow, Reply
from bot.orders.effects import ListOrders
from bot.orders.model import Order
from flows.common import show

MOST_SHOWN = 8


class PickOrder(Flow):
    """Which order?"""

    needs_customer = True
    states = [
        "start",
        {"name": "looking", "on_enter": "look"},
        {"name": "asking", "on_enter": "ask_which"},
        {"name": "picked", "on_enter": "give_picked", "final": True},
        {"name": "nothing_fits", "on_enter": "say_nothing_fits", "final": True},
        {"name": "nothing_at_all", "on_enter": "say_nothing_at_all", "final": True},
    ]
    transitions = [
        {"trigger": "begin", "source": "start", "dest": "looking"},
        {"trigger": "orders_found", "source": "looking", "dest": "picked", "conditions": "is_clear"},
        {"trigger": "orders_found", "source": "looking", "dest": "asking", "conditions": "has_fitting"},
        {"trigger": "orders_found", "source": "looking", "dest": "nothing_fits"},
        {"trigger": "no_orders", "source": "looking", "dest": "nothing_at_all"},
        {"trigger": "picked", "source": "asking", "dest": "picked"},
        {"trigger": "number_given", "source": "asking", "dest": "looking"},
    ]

    def is_clear(self, event: EventData) -> bool:
        return len(self._named(event)) == 1

    def has_fitting(self, event: EventData) -> bool:
        return bool(self._fitting(event))

    def look(self, event: EventData) -> None:
        if "order_number" in event.kwargs:
            self.slots["order"] = event.kwargs["order_number"]
        self.want(ListOrders())

    def ask_which(self, event: EventData) -> None:
        text = "not_among_yours" if self.slots.get("order") else "which"
        replies = [Reply("order", then="picked", **show.line(order)) for order in self._fitting(event)[:MOST_SHOWN]]
        self.ask(text, *replies, wants={"order_number": "number_given"}, named=self.slots.get("order") or "")

    def give_picked(self, event: EventData) -> None:
        number = event.kwargs.get("order") or self._named(event)[0].number
        self.give(order=number)

    def say_nothing_fits(self, event: EventData) -> None:
        self.suggest(
            f"nothing_{self.slots.get('only', 'pending')}",
            Reply("my_orders", start="track_order"),
            Reply("human", start="escalate", reason="asked"),
        )

    def say_nothing_at_all(self, event: EventData) -> None:
        self.suggest("nothing_at_all", Reply("questions", start="faq"), Reply("unlink", start="identify", unlink=True))

    chosen_texts = ("pick_order.nothing_",)

    def _fitting(self, event: EventData) -> list[Order]:
        orders: list[Order] = list(event.kwargs["orders"])
        only = self.slots.get("only")
        if only == "pending":
            return [order for order in orders if order.state.is_pending]
        return [order for order in orders if not order.state.is_over] if only == "open" else orders

    def _named(self, event: EventData) -> list[Order]:
        """What the customer named, among all orders; unnamed, the only one that fits."""
        named = str(self.slots.get("order") or "")
        if named:
            return [order for order in event.kwargs["orders"] if order.number.endswith(named)]
        fitting = self._fitting(event)
        return [] if self.slots.get("always_ask") else fitting if len(fitting) == 1 else []

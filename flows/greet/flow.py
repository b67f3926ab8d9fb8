"""Say hello, and show at once what can be done: to a known customer with their waiting order in view."""

from __future__ import annotations

from bot.dialogue import EventData, Flow, Reply
from bot.orders.effects import ListOrders
from bot.orders.model import Order
from flows.common import show

GENERAL = (
    Reply("my_orders", start="track_order"),
    Reply("questions", start="faq"),
    Reply("human", start="escalate", reason="asked"),
)
"""What can be offered to anybody, with orders or without."""


class Greet(Flow):
    """Welcome, thanks and goodbye."""

    passing = True
    states = [
        "start",
        {"name": "looking", "on_enter": "look_for_orders"},
        {"name": "welcomed", "on_enter": "welcome", "final": True},
        {"name": "shown_waiting_order", "on_enter": "show_waiting_order", "final": True},
        {"name": "welcomed_by_name", "on_enter": "welcome_by_name", "final": True},
        {"name": "thanked", "on_enter": "accept_thanks", "final": True},
        {"name": "parted", "on_enter": "say_goodbye", "final": True},
        {"name": "apologised", "on_enter": "apologise", "final": True},
        {"name": "waiting", "on_enter": "give_time", "final": True},
        {"name": "answered", "on_enter": "say_i_am_here", "final": True},
    ]
    transitions = [
        {"trigger": "begin", "source": "start", "dest": "thanked", "conditions": "was_thanked"},
        {"trigger": "begin", "source": "start", "dest": "parted", "conditions": "was_parted"},
        {"trigger": "begin", "source": "start", "dest": "apologised", "conditions": "is_upset"},
        {"trigger": "begin", "source": "start", "dest": "answered", "conditions": "was_called"},
        {"trigger": "begin", "source": "start", "dest": "waiting", "conditions": "needs_time"},
        {"trigger": "begin", "source": "start", "dest": "looking", "conditions": "is_known"},
        {"trigger": "begin", "source": "start", "dest": "welcomed"},
        {"trigger": "orders_found", "source": "looking", "dest": "shown_waiting_order", "conditions": "has_waiting"},
        {"trigger": "orders_found", "source": "looking", "dest": "welcomed_by_name"},
        {"trigger": "no_orders", "source": "looking", "dest": "welcomed_by_name"},
        {"trigger": "service_down", "source": "looking", "dest": "welcomed"},
    ]

    def was_thanked(self, event: EventData) -> bool:
        return self.slots.get("said") == "thanks"

    def was_parted(self, event: EventData) -> bool:
        return self.slots.get("said") == "bye"

    def is_upset(self, event: EventData) -> bool:
        return self.slots.get("said") == "upset"

    def was_called(self, event: EventData) -> bool:
        return self.slots.get("said") == "called"

    def needs_time(self, event: EventData) -> bool:
        return self.slots.get("said") == "wait"

    def is_known(self, event: EventData) -> bool:
        return self.customer is not None

    def has_waiting(self, event: EventData) -> bool:
        return bool(waiting(event.kwargs["orders"]))

    def look_for_orders(self, event: EventData) -> None:
        self.want(ListOrders())

    def welcome(self, event: EventData) -> None:
        my_orders, *rest = GENERAL
        self.suggest(
            "fresh" if self.slots.get("fresh") else "hello",
            Reply("why", start="pending_order"),
            my_orders,
            Reply("cancel", start="cancel_order"),
            *rest,
        )

    def welcome_by_name(self, event: EventData) -> None:
        customer = event.kwargs["customer"]
        under_way = any(not order.state.is_over for order in event.kwargs.get("orders", ()))
        cancel = [Reply("cancel", start="cancel_order")] if under_way else []
        my_orders, *rest = GENERAL
        self.suggest("hello_name", my_orders, *cancel, *rest, name=customer.name)

    def show_waiting_order(self, event: EventData) -> None:
        orders = waiting(event.kwargs["orders"])
        order = orders[0]
        text = "hello_waiting" if len(orders) == 1 else "hello_waiting_many"
        self.suggest(
            text,
            Reply("affirm", label="common.choices.why", start="pending_order", order=order.number),
            Reply("cancel", start="cancel_order", **({"order": order.number} if len(orders) == 1 else {})),
            Reply("my_orders", start="track_order"),
            Reply("questions", start="faq"),
            name=event.kwargs["customer"].name,
            count=len(orders),
            waited=self.now - order.placed_at,
            **show.line(order),
        )

    def accept_thanks(self, event: EventData) -> None:
        self.say("you_are_welcome")
        self.suggest("thanked", *GENERAL)

    def say_i_am_here(self, event: EventData) -> None:
        self.say("here")
        self.suggest("common.what_next", Reply("why", start="pending_order"), *GENERAL)

    def give_time(self, event: EventData) -> None:
        self.say("no_hurry")

    def apologise(self, event: EventData) -> None:
        self.say("sorry_for_trouble")
        self.suggest(
            "common.what_next",
            Reply("why", start="pending_order"),
            Reply("human", start="escalate", reason="upset"),
            Reply("complain", label="complaint.title", start="complaint", about="complaint"),
        )

    def say_goodbye(self, event: EventData) -> None:
        self.say("goodbye")


def waiting(orders: list[Order]) -> list[Order]:
    """The orders that hang in 等待确认, the longest waiting first."""
    return sorted((order for order in orders if order.state.is_pending), key=lambda order: order.placed_at)

"""Where is my order? Also how the customer hears, unasked, that a watched order moved."""

from __future__ import annotations

from bot.dialogue import EventData, Reply
from bot.orders.effects import GetOrder, WatchOrder
from bot.orders.model import Order, State
from flows.common import show
from flows.common.one_order import CHOOSING, OneOrder

SOLVED = {State.COURIER_ASSIGNED, State.AT_PICKUP, State.IN_TRANSIT, State.DELIVERED}


class TrackOrder(OneOrder):
    """Show one order's state, and offer what can be done with it."""

    about_order = False
    which = "all"
    chosen_texts = ("track_order.state.", "track_order.news.")
    states = [
        "start",
        CHOOSING,
        {"name": "looking", "on_enter": "look"},
        {"name": "looking_at_news", "on_enter": "look"},
        {"name": "shown", "on_enter": "show_it", "final": True},
        {"name": "told", "on_enter": "tell_news", "final": True},
        {"name": "nothing_to_tell", "final": True},
        {"name": "starting_watch", "on_enter": "watch"},
        {"name": "watched", "on_enter": "promise_news", "final": True},
    ]
    transitions = [
        {"trigger": "begin", "source": "start", "dest": "looking_at_news", "conditions": "has_moved"},
        {"trigger": "begin", "source": "start", "dest": "starting_watch", "conditions": "wants_watch"},
        {"trigger": "begin", "source": "start", "dest": "looking", "conditions": "knows_order"},
        {"trigger": "begin", "source": "start", "dest": "choosing"},
        {"trigger": "order_picked", "source": "choosing", "dest": "looking"},
        {"trigger": "order_found", "source": "looking", "dest": "shown"},
        {"trigger": "order_missing", "source": "looking", "dest": "choosing"},
        {"trigger": "order_found", "source": "looking_at_news", "dest": "told", "conditions": "is_the_latest"},
        {"trigger": "order_found", "source": "looking_at_news", "dest": "nothing_to_tell"},
        {"trigger": "order_missing", "source": "looking_at_news", "dest": "nothing_to_tell"},
        {"trigger": "service_down", "source": "looking_at_news", "dest": "nothing_to_tell"},
        {"trigger": "watching", "source": "starting_watch", "dest": "watched"},
    ]

    def has_moved(self, event: EventData) -> bool:
        return bool(self.slots.get("moved"))

    def wants_watch(self, event: EventData) -> bool:
        return bool(self.slots.get("watch"))

    def is_the_latest(self, event: EventData) -> bool:
        """Of several steps at once only the last is news: each step brings its own event."""
        return bool(event.kwargs["order"].state == self.slots.get("after", event.kwargs["order"].state))

    def look(self, event: EventData) -> None:
        self.want(GetOrder(self.note_order(event)))

    def show_it(self, event: EventData) -> None:
        order = event.kwargs["order"]
        self.suggest(f"state.{wording(order)}", *self._ways_on(order), **told(order))

    def tell_news(self, event: EventData) -> None:
        order = event.kwargs["order"]
        self.say(f"news.{self._news(order)}", **told(order))
        if order.state.is_over:
            self.go("feedback", about="track_order")
        else:
            self.suggest("common.what_next", *self._ways_on(order))

    def watch(self, event: EventData) -> None:
        self.want(WatchOrder(self.slots["order"]))

    def promise_news(self, event: EventData) -> None:
        self.say("watching", order=self.slots["order"])

    def _news(self, order: Order) -> str:
        """A courier who gave the order back is news of its own; else the news is the state."""
        given_back = self.slots.get("before") in (State.COURIER_ASSIGNED, State.AT_PICKUP)
        if order.state is State.AWAITING_COURIER and given_back:
            return "given_back"
        return wording(order)

    def _ways_on(self, order: Order) -> list[Reply]:
        number = order.number
        replies = [Reply("my_orders", start="track_order")]
        if not order.state.is_over and not self.slots.get("moved"):
            replies.insert(0, Reply("watch", start="track_order", order=number, watch=True))
        if order.state.is_pending:
            replies.insert(0, Reply("affirm", label="common.choices.why", start="pending_order", order=number))
        if order.state.is_pending or order.state in (State.COURIER_ASSIGNED, State.AT_PICKUP):
            replies.append(Reply("cancel", start="cancel_order", order=number))
        return replies


def wording(order: Order) -> str:
    """Which text tells this state: some states read differently when part of the facts is missing."""
    if order.state is State.COURIER_ASSIGNED and (order.courier is None or order.courier.minutes_away is None):
        return "courier_assigned_plain"
    if order.state is State.IN_TRANSIT and order.eta is None:
        return "in_transit_plain"
    return "cancelled_plain" if order.state is State.CANCELLED and order.cancellation is None else order.state.value


def told(order: Order) -> dict[str, object]:
    """The values of a state's text; only those that the order has."""
    values: dict[str, object] = {**show.line(order), "at": order.updated_at, "raw": order.raw_state}
    if order.courier is not None:
        values.update(courier=order.courier.name, minutes=order.courier.minutes_away)
    if order.eta is not None:
        values["eta"] = order.eta
    if order.cancellation is not None:
        done = order.cancellation
        values.update(by=done.by, reason=done.reason, fee=done.fee, refund=done.refund)
    return values

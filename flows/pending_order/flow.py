"""Why is my order still waiting? Name the cause with its evidence, and offer what helps with that cause."""

from __future__ import annotations

from typing import Any

from bot.dialogue import EventData, Reply
from bot.dialogue.effects import Remind
from bot.orders.diagnosis import Diagnosis, Remedy
from bot.orders.effects import Diagnose, RescheduleOrder, TipOrder, WatchOrder
from bot.orders.evidence import Cause, wording
from bot.orders.model import Order
from flows.common import show
from flows.common.one_order import CHOOSING, OneOrder

TIPS = (300, 500, 1000)
"""What a customer may add to what couriers are offered, in fen."""
SMALLEST_TIP, LARGEST_TIP = 100, 5_000
LOOK_AGAIN_AFTER = 15 * 60
"""Seconds after which an order that is being watched, and has not moved, is looked at again unasked."""
SOON, LATEST = 30 * 60, 3 * 24 * 3600
"""How far ahead an order may be moved, in seconds."""


class PendingOrder(OneOrder):
    """Find out why an order waits, and help."""

    which = "pending"
    chosen_texts = ("pending_order.cause.", "pending_order.evidence.")
    states = [
        "start",
        CHOOSING,
        {"name": "diagnosing", "on_enter": "find_out_why"},
        {"name": "explaining", "on_enter": "explain"},
        {"name": "refreshing", "on_enter": "ask_the_courier_side"},
        {"name": "looking_again", "on_enter": "find_out_why"},
        {"name": "asking_tip", "on_enter": "ask_tip"},
        {"name": "offering_tip", "on_enter": "offer_tip"},
        {"name": "tipping", "on_enter": "add_tip"},
        {"name": "tip_refused", "on_enter": "say_tip_refused"},
        {"name": "offering_time", "on_enter": "offer_wished_time"},
        {"name": "asking_time", "on_enter": "ask_time"},
        {"name": "rescheduling", "on_enter": "reschedule"},
        {"name": "reschedule_refused", "on_enter": "say_reschedule_refused"},
        {"name": "starting_watch", "on_enter": "watch"},
        {"name": "watched", "on_enter": "promise_news", "final": True},
        {"name": "tipped", "on_enter": "watch"},
        {"name": "rescheduled", "on_enter": "watch"},
        {"name": "moving", "on_enter": "show_where_it_is", "final": True},
        {"name": "left", "on_enter": "wish_well", "final": True},
        {"name": "nothing_new", "final": True},
    ]
    _TIME = ["asking_time", "offering_time"]
    _TIP = ["asking_tip", "offering_tip"]
    _TALKING = ["explaining", "tip_refused", "reschedule_refused"]
    _CHANGEABLE = [*_TALKING, *_TIME, *_TIP]
    transitions = [
        {"trigger": "begin", "source": "start", "dest": "looking_again", "conditions": "was_reminded"},
        {"trigger": "begin", "source": "start", "dest": "diagnosing", "conditions": "knows_order"},
        {"trigger": "begin", "source": "start", "dest": "choosing"},
        {"trigger": "order_picked", "source": "choosing", "dest": "diagnosing"},
        {"trigger": "order_missing", "source": ["diagnosing", "refreshing"], "dest": "choosing"},
        {"trigger": "diagnosed", "source": "diagnosing", "dest": "moving", "conditions": "is_moving"},
        {"trigger": "diagnosed", "source": "diagnosing", "dest": "offering_time", "conditions": "wished_time_fits"},
        {"trigger": "diagnosed", "source": "diagnosing", "dest": "offering_tip", "conditions": "names_tip"},
        {"trigger": "diagnosed", "source": "diagnosing", "dest": "asking_tip", "conditions": "wants_to_tip"},
        {"trigger": "diagnosed", "source": "diagnosing", "dest": "explaining"},
        {"trigger": "diagnosed", "source": "looking_again", "dest": "explaining", "conditions": "still_waits"},
        {"trigger": "diagnosed", "source": "looking_again", "dest": "nothing_new"},
        {"trigger": "order_missing", "source": "looking_again", "dest": "nothing_new"},
        {"trigger": "service_down", "source": "looking_again", "dest": "nothing_new"},
        {"trigger": "refresh", "source": "explaining", "dest": "refreshing"},
        {"trigger": "diagnosed", "source": "refreshing", "dest": "moving", "conditions": "is_moving"},
        {"trigger": "diagnosed", "source": "refreshing", "dest": "explaining"},
        {"trigger": "tip", "source": ["explaining", "offering_tip"], "dest": "asking_tip"},
        {"trigger": "tip_chosen", "source": _TIP, "dest": "tipping", "conditions": "tip_is_sensible"},
        {"trigger": "tip_chosen", "source": _TIP, "dest": "asking_tip"},
        {"trigger": "tipped", "source": "tipping", "dest": "tipped"},
        {"trigger": "refused", "source": "tipping", "dest": "tip_refused"},
        {"trigger": "order_missing", "source": "tipping", "dest": "tip_refused"},
        {"trigger": "reschedule", "source": ["explaining", "offering_time"], "dest": "asking_time"},
        {"trigger": "time_given", "source": _TIME, "dest": "rescheduling", "conditions": "time_is_possible"},
        {"trigger": "time_given", "source": _TIME, "dest": "asking_time"},
        {"trigger": "rescheduled", "source": "rescheduling", "dest": "rescheduled"},
        {"trigger": "refused", "source": "rescheduling", "dest": "reschedule_refused"},
        {"trigger": "order_missing", "source": "rescheduling", "dest": "reschedule_refused"},
        {"trigger": "watch", "source": _TALKING, "dest": "starting_watch"},
        {"trigger": "watching", "source": ["starting_watch", "tipped", "rescheduled"], "dest": "watched"},
        {"trigger": "leave", "source": _CHANGEABLE, "dest": "left"},
        {"trigger": "changed_mind", "source": _CHANGEABLE, "dest": "diagnosing", "conditions": "names_other"},
        {"trigger": "changed_mind", "source": _CHANGEABLE, "dest": "choosing"},
    ]

    # Conditions read and change nothing.
    def was_reminded(self, event: EventData) -> bool:
        return bool(self.slots.get("reminded"))

    def is_moving(self, event: EventData) -> bool:
        moving = {Cause.MOVING, Cause.DELIVERED, Cause.RETURNING}
        return bool(event.kwargs["diagnosis"].cause in moving)

    def still_waits(self, event: EventData) -> bool:
        return bool(event.kwargs["order"].state.is_pending)

    def tip_is_sensible(self, event: EventData) -> bool:
        return is_sensible(event.kwargs["amount"])

    def wants_to_tip(self, event: EventData) -> bool:
        """They offered money, and this order takes it."""
        return bool(self.slots.get("offers_tip")) and Remedy.TIP in event.kwargs["diagnosis"].remedies

    def names_tip(self, event: EventData) -> bool:
        """They said how much as well: "add 5 yuan"."""
        return self.wants_to_tip(event) and is_sensible(self.slots.get("amount", 0))

    def wished_time_fits(self, event: EventData) -> bool:
        """A time came along with the wish, and this order can be moved."""
        can_move = Remedy.RESCHEDULE in event.kwargs["diagnosis"].remedies
        return can_move and is_possible(self.slots.get("wished_time", 0) - self.now)

    def time_is_possible(self, event: EventData) -> bool:
        return is_possible(event.kwargs["time"] - self.now)

    # Actions record wishes.
    def find_out_why(self, event: EventData) -> None:
        self.want(Diagnose(self.note_order(event)))

    def ask_the_courier_side(self, event: EventData) -> None:
        self.want(Diagnose(self.slots["order"], refresh=True))

    def explain(self, event: EventData) -> None:
        order, diagnosis = event.kwargs["order"], event.kwargs["diagnosis"]
        came_from = event.transition.source if event.transition else ""
        refreshed = came_from == "refreshing"
        self.slots.update(order=order.number, cause=diagnosis.cause.value)
        if wished := self.slots.pop("wished_time", None):
            self.say("cannot_move", order=order.number, at=wished)
        if refreshed:
            self.say("refreshed")
        if came_from == "looking_again":
            self.say("still_waiting", order=order.number)
        self.ask(
            f"cause.{diagnosis.cause.value}",
            *self._replies(order, diagnosis, refreshed),
            **told(order, diagnosis, self.now),
        )

    def among(self) -> str:
        """Who urges may well have a courier already."""
        return "open" if self.slots.get("urges") else "pending"

    def offer_tip(self, event: EventData) -> None:
        order, amount = event.kwargs["order"], self.slots.pop("amount")
        self.slots["order"] = order.number
        self.ask(
            "add_it",
            Reply("affirm", label="pending_order.choices.add_tip", then="tip_chosen", amount=amount),
            Reply("other_tip", then="tip"),
            Reply("deny", label="pending_order.choices.no_tip", then="leave"),
            wants={"amount": "tip_chosen"},
            amount=amount,
            **show.line(order),
        )

    def ask_tip(self, event: EventData) -> None:
        if "order" in event.kwargs:
            self.slots["order"] = event.kwargs["order"].number
        text = "tip_out_of_range" if event.event.name == "tip_chosen" else "ask_tip"
        limits = {"least": SMALLEST_TIP, "most": LARGEST_TIP}
        replies = [Reply("tip_amount", then="tip_chosen", amount=amount) for amount in TIPS]
        self.ask(text, *replies, Reply("no_tip", then="leave"), wants={"amount": "tip_chosen"}, **limits)

    def add_tip(self, event: EventData) -> None:
        self.slots["tip"] = event.kwargs["amount"]
        self.want(TipOrder(self.slots["order"], event.kwargs["amount"]))

    def say_tip_refused(self, event: EventData) -> None:
        self.ask("tip_refused", *self._ways_on())

    def offer_wished_time(self, event: EventData) -> None:
        order, time = event.kwargs["order"], self.slots.pop("wished_time")
        self.slots["order"] = order.number
        self.ask(
            "move_it",
            Reply("affirm", then="time_given", time=time),
            Reply("other_time", then="reschedule"),
            Reply("deny", then="leave"),
            wants={"time": "time_given"},
            at=time,
            **show.line(order),
        )

    def ask_time(self, event: EventData) -> None:
        text = "time_impossible" if event.event.name == "time_given" else "ask_time"
        self.ask(text, Reply("keep_time", then="leave"), wants={"time": "time_given"})

    def reschedule(self, event: EventData) -> None:
        self.slots["time"] = event.kwargs["time"]
        self.want(RescheduleOrder(self.slots["order"], event.kwargs["time"]))

    def say_reschedule_refused(self, event: EventData) -> None:
        self.ask("reschedule_refused", *self._ways_on())

    def watch(self, event: EventData) -> None:
        if event.event.name == "tipped":
            self.say("tipped", amount=self.slots["tip"], order=self.slots["order"])
        if event.event.name == "rescheduled":
            self.say("rescheduled", at=self.slots["time"], order=self.slots["order"])
        self.want(WatchOrder(self.slots["order"]))

    def promise_news(self, event: EventData) -> None:
        order = self.slots["order"]
        again = {"order": order, "reminded": True}
        until_then = self.slots.get("time", self.now) - self.now
        self.want(Remind(f"look-again:{order}", max(LOOK_AGAIN_AFTER, until_then), self.name, again))
        self.say("watching", order=order)
        self.say("common.tip.pending")

    def show_where_it_is(self, event: EventData) -> None:
        self.say("it_moves", order=event.kwargs["order"].number)
        self.go("track_order", order=event.kwargs["order"].number)

    def wish_well(self, event: EventData) -> None:
        self.say("left")

    def _replies(self, order: Order, diagnosis: Diagnosis, refreshed: bool) -> list[Reply]:
        number = order.number
        ways = {
            Remedy.WATCH: Reply("watch", then="watch"),
            Remedy.REFRESH: Reply("refresh", then="refresh"),
            Remedy.TIP: Reply("tip", then="tip"),
            Remedy.RESCHEDULE: Reply("reschedule", then="reschedule"),
            Remedy.FIX: Reply("fix", start="fix_order", order=number),
            Remedy.PAY: Reply("watch_payment", then="watch"),
            Remedy.CANCEL: Reply("cancel", start="cancel_order", order=number),
            Remedy.REORDER: Reply("how_to_reorder", start="faq", answer="order_again"),
            Remedy.HAND_OVER: Reply(
                "human", start="escalate", reason="stuck", order=number, cause=diagnosis.cause.value
            ),
        }
        offered = [remedy for remedy in diagnosis.remedies if not (refreshed and remedy is Remedy.REFRESH)]
        return [ways[remedy] for remedy in offered] + [Reply("leave", then="leave")]

    def _ways_on(self) -> list[Reply]:
        return [
            Reply("watch", then="watch"),
            Reply("cancel", start="cancel_order", order=self.slots["order"]),
            Reply("human", start="escalate", reason="stuck", order=self.slots["order"]),
            Reply("leave", then="leave"),
        ]


def is_sensible(tip: int) -> bool:
    """Whether so many fen may be added."""
    return SMALLEST_TIP <= tip <= LARGEST_TIP


def is_possible(ahead: float) -> bool:
    """Whether an order may be moved so many seconds ahead."""
    return SOON <= ahead <= LATEST


def told(order: Order, diagnosis: Diagnosis, now: float) -> dict[str, Any]:
    """The values of a cause's text: the order, and its evidence as lines."""
    evidence = [{"text": f"pending_order.evidence.{wording(item)}", **item.values} for item in diagnosis.evidence]
    return {**show.line(order), "waited": now - order.placed_at, "evidence": evidence}

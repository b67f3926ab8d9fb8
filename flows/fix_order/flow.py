"""Put right what is wrong in an order: collect the new value, check it, show the corrected order, confirm, save."""

from __future__ import annotations

from bot.dialogue import EventData, Reply
from bot.orders.checks import names_door, names_house, normal, problem
from bot.orders.diagnosis import FAULTS
from bot.orders.effects import CorrectOrder, Diagnose, WatchOrder
from bot.orders.model import Field, Order, State
from bot.orders.places import completed, swapped, with_door
from flows.common import show
from flows.common.one_order import CHOOSING, OneOrder

NO_DOOR = "no_door"
CORRECTABLE = {
    State.AWAITING_PAYMENT,
    State.AWAITING_SHOP,
    State.UNDER_REVIEW,
    State.AWAITING_COURIER,
    State.COURIER_ASSIGNED,
    State.AT_PICKUP,
}


AS_VALUE = {
    Field.ADDRESS: {"address": "value_given", "door": "value_given"},
    Field.PHONE: {"phone": "value_given", "bad_phone": "value_given"},
    Field.RECIPIENT: {"name": "value_given"},
}
"""What can only be a new value of the field, even at the last question."""


class FixOrder(OneOrder):
    """Correct the address, the phone number or the recipient."""

    chosen_texts = ("fix_order.ask_", "fix_order.refused.")
    states = [
        "start",
        CHOOSING,
        {"name": "looking", "on_enter": "look"},
        {"name": "asking_field", "on_enter": "ask_field"},
        {"name": "asking_value", "on_enter": "ask_value"},
        {"name": "value_wrong", "on_enter": "say_what_is_wrong"},
        {"name": "confirming", "on_enter": "show_and_confirm"},
        {"name": "saving", "on_enter": "save"},
        {"name": "saved", "on_enter": "tell_saved"},
        {"name": "refused", "on_enter": "tell_refused", "final": True},
        {"name": "too_late", "on_enter": "tell_too_late", "final": True},
        {"name": "kept", "on_enter": "tell_kept", "final": True},
        {"name": "next_fault", "on_enter": "go_on_with_next", "final": True},
        {"name": "starting_watch", "on_enter": "watch"},
        {"name": "done", "on_enter": "advise", "final": True},
    ]
    _ASKS_VALUE = ["asking_value", "value_wrong"]
    _TAKES_VALUE = [*_ASKS_VALUE, "confirming"]
    transitions = [
        {"trigger": "begin", "source": "start", "dest": "looking", "conditions": "knows_order"},
        {"trigger": "begin", "source": "start", "dest": "choosing"},
        {"trigger": "order_picked", "source": "choosing", "dest": "looking"},
        {"trigger": "order_missing", "source": "looking", "dest": "choosing"},
        {"trigger": "diagnosed", "source": "looking", "dest": "too_late", "unless": "can_be_corrected"},
        {"trigger": "diagnosed", "source": "looking", "dest": "confirming", "conditions": "value_known"},
        {"trigger": "diagnosed", "source": "looking", "dest": "asking_value", "conditions": "field_known"},
        {"trigger": "diagnosed", "source": "looking", "dest": "asking_field"},
        {"trigger": "field_chosen", "source": "asking_field", "dest": "asking_value"},
        {"trigger": "value_given", "source": _TAKES_VALUE, "dest": "confirming", "conditions": "value_is_fine"},
        {"trigger": "value_given", "source": _TAKES_VALUE, "dest": "value_wrong"},
        {"trigger": "affirmed", "source": "confirming", "dest": "saving"},
        {"trigger": "denied", "source": "confirming", "dest": "kept"},
        {"trigger": "write_again", "source": "confirming", "dest": "asking_value"},
        {"trigger": "changed_mind", "source": "confirming", "dest": "choosing", "conditions": "names_other"},
        {"trigger": "changed_mind", "source": "confirming", "dest": "asking_value"},
        {"trigger": "changed_mind", "source": [*_ASKS_VALUE, "asking_field"], "dest": "choosing"},
        {"trigger": "leave", "source": [*_ASKS_VALUE, "asking_field"], "dest": "kept"},
        {"trigger": "corrected", "source": "saving", "dest": "saved"},
        {"trigger": "refused", "source": "saving", "dest": "refused"},
        {"trigger": "order_missing", "source": "saving", "dest": "refused"},
        {"trigger": "diagnosed", "source": "saved", "dest": "next_fault", "conditions": "has_another_fault"},
        {"trigger": "diagnosed", "source": "saved", "dest": "starting_watch"},
        {"trigger": "order_missing", "source": "saved", "dest": "starting_watch"},
        {"trigger": "service_down", "source": "saved", "dest": "starting_watch"},
        {"trigger": "watching", "source": "starting_watch", "dest": "done"},
    ]

    def can_be_corrected(self, event: EventData) -> bool:
        return event.kwargs["order"].state in CORRECTABLE

    def field_known(self, event: EventData) -> bool:
        return self._field(event) is not None

    def value_known(self, event: EventData) -> bool:
        """The new value came along with the wish: "电话改成 13900001111"."""
        field = self._field(event)
        value = self.slots.get(field.value) if field else None
        return field is not None and value is not None and problem(field, value) is None

    def value_is_fine(self, event: EventData) -> bool:
        return problem(Field(self.slots["field"]), self._meant(event)) is None

    def has_another_fault(self, event: EventData) -> bool:
        return event.kwargs["diagnosis"].cause in FAULTS

    def look(self, event: EventData) -> None:
        self.want(Diagnose(self.note_order(event)))

    def ask_field(self, event: EventData) -> None:
        self._remember(event.kwargs["order"])
        self.ask(
            "ask_field",
            *(Reply(field.value, then="field_chosen", field=field.value) for field in Field),
            Reply("keep", then="leave"),
            **self.slots["shown"],
            order=self.slots["order"],
        )

    def ask_value(self, event: EventData) -> None:
        if "order" in event.kwargs and isinstance(event.kwargs["order"], Order):
            self._remember(event.kwargs["order"])
        field = event.kwargs.get("field") or self._field(event)
        self.slots["field"] = str(field)
        told = self.slots.get(str(field))
        if told and self._lacks_door(told):
            self._ask_door(told)
            return
        self._ask_value(f"ask_{field}", order=self.slots["order"], **self.slots["shown"])

    def say_what_is_wrong(self, event: EventData) -> None:
        field = Field(self.slots["field"])
        value = given(event)
        if self._lacks_door(value):
            self._ask_door(value)
            return
        self._ask_value("value_wrong", field=field.value, problem=problem(field, value), value=value)

    def show_and_confirm(self, event: EventData) -> None:
        if isinstance(event.kwargs.get("order"), Order):
            self._remember(event.kwargs["order"])
            self.slots["field"] = str(self._field(event))
        field = Field(self.slots["field"])
        value = normal(field, self._meant(event) if event.event.name == "value_given" else self.slots[field.value])
        self.slots["value"] = completed(value, self.slots["shown"]["address"]) if field is Field.ADDRESS else value
        self.ask(
            "confirm",
            Reply("affirm", then="affirmed"),
            Reply("write_again", then="write_again"),
            Reply("deny", then="denied"),
            wants=AS_VALUE[field],
            order=self.slots["order"],
            **{**self.slots["shown"], field.value: self.slots["value"]},
        )

    def save(self, event: EventData) -> None:
        self.want(CorrectOrder(self.slots["order"], self.slots["field"], self.slots["value"]))

    def tell_saved(self, event: EventData) -> None:
        order = event.kwargs["order"]
        self._remember(order)
        self.say("saved", order=order.number, state=order.state.value, **self.slots["shown"])
        self.want(Diagnose(order.number))

    def go_on_with_next(self, event: EventData) -> None:
        self.say("one_more")
        self.go("fix_order", order=self.slots["order"], field=FAULTS[event.kwargs["diagnosis"].cause].value)

    def watch(self, event: EventData) -> None:
        self.want(WatchOrder(self.slots["order"]))

    def advise(self, event: EventData) -> None:
        self.say("common.tip.fix")
        self.go("feedback", about="fix_order")

    def tell_refused(self, event: EventData) -> None:
        refusal = event.kwargs.get("refusal")
        self.say(f"refused.{refusal}" if refusal in ("invalid", "too_late") else "refused.other")
        self.go("escalate", reason="cannot_fix", order=self.slots["order"])

    def tell_too_late(self, event: EventData) -> None:
        order = event.kwargs["order"]
        self.say("too_late", **show.line(order))
        self.go("escalate", reason="cannot_fix", order=order.number)

    def tell_kept(self, event: EventData) -> None:
        self.say("kept")

    def _remember(self, order: Order) -> None:
        self.slots["shown"] = show.address(order)

    def _lacks_door(self, value: str) -> bool:
        return self.slots["field"] == Field.ADDRESS and problem(Field.ADDRESS, value) == NO_DOOR

    def _ask_door(self, value: str) -> None:
        """The house is known, from the map for instance: the door alone completes it."""
        self.slots["house"] = value
        self._ask_value("ask_door", value=value)

    def _meant(self, event: EventData) -> str:
        """What was given; the door alone stands behind the house that was given before."""
        value, house = given(event), self.slots.get("house") or self._shown_without_door()
        if self.slots["field"] == Field.ADDRESS and (exchanged := swapped(value, self.slots["shown"]["address"])):
            return exchanged
        if house and self.slots["field"] == Field.ADDRESS and not names_house(value):
            whole = with_door(house, value)
            return whole if problem(Field.ADDRESS, whole) is None else value
        return value

    def _shown_without_door(self) -> str | None:
        """The new address as it was just shown, if only a door can be wanting in it."""
        shown = self.slots.get("value")
        return str(shown) if shown and names_house(shown) and not names_door(shown) else None

    def _field(self, event: EventData) -> Field | None:
        if self.slots.get("field"):
            return Field(self.slots["field"])
        if told := next((field for field in Field if self.slots.get(field.value)), None):
            return told
        diagnosis = event.kwargs.get("diagnosis")
        return FAULTS.get(diagnosis.cause) if diagnosis else None

    def _ask_value(self, text: str, **values: object) -> None:
        wants = {**AS_VALUE[Field(self.slots["field"])], "words": "value_given"}
        self.ask(text, Reply("keep", then="leave"), wants=wants, **values)


def given(event: EventData) -> str:
    """What the customer typed as the new value."""
    return str(
        next(
            event.kwargs[name]
            for name in ("phone", "bad_phone", "address", "door", "name", "words")
            if name in event.kwargs
        )
    )

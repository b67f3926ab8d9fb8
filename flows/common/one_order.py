"""What every flow about one order shares: asking which one, where that is not clear, and changing to another."""

from __future__ import annotations

from typing import Any, ClassVar

from bot.dialogue import EventData, Flow

CHOOSING: dict[str, Any] = {"name": "choosing", "on_enter": "let_them_pick"}
"""The state in which the customer chooses; it is left by `order_picked`, or the flow is given up."""


class OneOrder(Flow):
    """A flow about one order. The slot `order` is its number.

    Customers name another order in the wish itself or when they change their mind: by its number (`order`), or by what
    is in it and where it goes (`description`). `another` says that the present one is not meant.
    """

    about_order = True
    picks_order = True
    needs_customer = True
    which: ClassVar[str] = "open"
    """What `among` says unless a flow knows better."""

    def knows_order(self, event: EventData) -> bool:
        """No need to ask which one."""
        del event
        return bool(self.slots.get("order")) and not self.slots.get("description")

    def names_other(self, event: EventData) -> bool:
        """The customer gave another order's number."""
        return bool(event.kwargs.get("order"))

    def among(self) -> str:
        """Among which orders to choose; see pick_order's `only`."""
        return self.which

    def let_them_pick(self, event: EventData) -> None:
        """Have pick_order find out which one, with all that was said about it."""
        told, changing = event.kwargs, event.event.name == "changed_mind"
        description = self.slots.pop("description", None) or told.get("description")
        present = self.slots.get("order")
        goes_on = not changing or (description and not told.get("another"))
        said = {
            "order": told.get("order") or (present if goes_on else None),
            "description": description,
            "present": present if changing else None,
            "another": told.get("another"),
        }
        known = {name: value for name, value in said.items() if value}
        self.call("pick_order", then="order_picked", only=self.among(), **known)

    def note_order(self, event: EventData) -> str:
        """Remember which order was just named, if one was; returns the one it is about."""
        self.slots["order"] = event.kwargs.get("order") or self.slots["order"]
        return str(self.slots["order"])

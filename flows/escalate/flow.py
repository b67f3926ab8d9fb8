"""A person instead of the bot: into the staff queue, or by telephone, in writing, or over the public accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.dialogue import EventData, Flow, Reply
from bot.dialogue.effects import HandOver, ReadDesk

AT_ONCE = {"asked", "upset", "stuck", "trouble", "locked", "not_understood", "lost", "complaint"}
"""Reasons that need no question: the customer wants a person, or the bot knows that it is needed."""
CANNOT = {"cannot_cancel", "cannot_fix"}
"""Reasons for which the customer hears first that there are still other ways."""


class Escalate(Flow):
    """Bring customer and colleague together."""

    about_order = True
    passing = True
    chosen_texts = ("escalate.ways", "escalate.way.", "escalate.choices.")
    states = [
        "start",
        {"name": "queueing", "on_enter": "hand_over"},
        {"name": "queued", "on_enter": "tell_position", "final": True},
        {"name": "looking", "on_enter": "see_who_is_there"},
        {"name": "offering", "on_enter": "offer_ways"},
        {"name": "hotline_told", "on_enter": "tell_hotline"},
        {"name": "accounts_told", "on_enter": "tell_accounts"},
        {"name": "writing", "on_enter": "write_request"},
        {"name": "not_written", "on_enter": "offer_again"},
        {"name": "written", "final": True},
        {"name": "declined", "on_enter": "accept_no", "final": True},
    ]
    _OFFERED = ["offering", "hotline_told", "accounts_told", "not_written"]
    transitions = [
        {"trigger": "begin", "source": "start", "dest": "queueing", "conditions": "needs_person_at_once"},
        {"trigger": "begin", "source": "start", "dest": "looking"},
        {"trigger": "queued", "source": "queueing", "dest": "queued"},
        {"trigger": "desk_read", "source": "looking", "dest": "offering"},
        {"trigger": "human", "source": _OFFERED, "dest": "queueing"},
        {"trigger": "hotline", "source": ["offering", "accounts_told", "not_written"], "dest": "hotline_told"},
        {"trigger": "write", "source": _OFFERED, "dest": "writing"},
        {"trigger": "accounts", "source": ["offering", "hotline_told", "not_written"], "dest": "accounts_told"},
        {"trigger": "declined", "source": _OFFERED, "dest": "declined"},
        {"trigger": "written", "source": "writing", "dest": "written"},
        {"trigger": "given_up", "source": "writing", "dest": "not_written"},
    ]

    def needs_person_at_once(self, event: EventData) -> bool:
        return self.slots.get("reason") in AT_ONCE

    def hand_over(self, event: EventData) -> None:
        known = {name: value for name, value in self.slots.items() if value and name not in ("reason", "desk")}
        self.want(HandOver(self.slots.get("reason") or "asked", known))

    def tell_position(self, event: EventData) -> None:
        place = event.kwargs
        if place["open"]:
            self.say("queued_next" if place["position"] == 1 else "queued", before=place["position"] - 1)
            if place.get("minutes") is not None:
                self.say("common.about_minutes", minutes=place["minutes"])
        elif place["opens_at"] is None:
            self.say("queued_closed")
        elif place.get("number") is not None:
            self.say("queued_until_open_promise", opens_at=place["opens_at"], number=place["number"])
        else:
            self.say("queued_until_open", opens_at=place["opens_at"])
        self.suggest(
            "meanwhile",
            Reply("write", start="complaint", about="written_request", order=self.slots.get("order")),
            Reply("my_orders", start="track_order"),
        )

    def see_who_is_there(self, event: EventData) -> None:
        self.want(ReadDesk(self.slots.get("reason") or "asked"))

    def offer_ways(self, event: EventData) -> None:
        reason = self.slots.get("reason")
        self.slots["desk"] = {"open": event.kwargs["open"], "opens_at": event.kwargs["opens_at"]}
        text = f"ways_{reason}" if reason in CANNOT else "ways"
        self._offer(text, ("human", "hotline", "write", "accounts"), ways=ways(event.kwargs))

    def tell_hotline(self, event: EventData) -> None:
        desk = self.slots["desk"]
        if desk["open"] or desk["opens_at"] is None:
            self._offer("hotline_told" if desk["open"] else "hotline_told_closed", ("human", "write", "accounts"))
        else:
            self._offer("hotline_told_until_open", ("human", "write", "accounts"), opens_at=desk["opens_at"])

    def tell_accounts(self, event: EventData) -> None:
        self._offer("accounts_told", ("human", "hotline", "write"))

    def write_request(self, event: EventData) -> None:
        self.call("complaint", then="written", about="written_request", order=self.slots.get("order"))

    def offer_again(self, event: EventData) -> None:
        self._offer("not_written", ("human", "hotline", "write", "accounts"))

    def accept_no(self, event: EventData) -> None:
        self.say("declined")

    def _offer(self, text: str, keys: tuple[str, ...], **values: Any) -> None:
        """Ask which way is wanted; the one that was just told is not among them."""
        self.ask(text, *(Reply(key, then=key) for key in keys), Reply("no_thanks", then="declined"), **values)

    @classmethod
    def title(cls, slots: Mapping[str, Any]) -> str:
        return "escalate.title" if slots.get("reason") in AT_ONCE else "escalate.title_ways"


def ways(desk: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every way to a person as a line of text, the quickest first."""
    if desk["here"] or desk["open"]:
        text = "escalate.way.human" if desk["here"] else "escalate.way.human_in_hours"
        colleague = {"text": text, "waiting": desk["waiting"]}
    elif desk["opens_at"] is None:
        colleague = {"text": "escalate.way.human_closed"}
    else:
        colleague = {"text": "escalate.way.human_until_open", "opens_at": desk["opens_at"]}
    return [colleague, *({"text": f"escalate.way.{way}"} for way in ("hotline", "write", "accounts"))]

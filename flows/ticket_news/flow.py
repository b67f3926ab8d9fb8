"""What became of a ticket, told unasked; and the customer's answer to a proposal, then or later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.dialogue import EventData, Flow, Reply
from bot.dialogue.effects import AddToTicket, AnswerProposal, FindTicket


class TicketNews(Flow):
    """Tell a ticket's new state (slots as `bot.support.ticket_desk` gives them), or look up where it stands (only the
    slot `number`), and take the customer's answer to a proposal."""

    official = True
    chosen_texts = ("ticket_news.news.", "ticket_news.with_words.", "ticket_news.again.")
    states = [
        "start",
        {"name": "told", "on_enter": "tell", "final": True},
        {"name": "closed", "on_enter": "tell_and_ask_how_it_was", "final": True},
        {"name": "looking", "on_enter": "look"},
        {"name": "missing", "on_enter": "say_missing", "final": True},
        {"name": "shown", "on_enter": "show_state", "final": True},
        {"name": "asking", "on_enter": "ask_about_proposal"},
        {"name": "asking_again", "on_enter": "ask_if_they_object"},
        {"name": "accepting", "on_enter": "accept"},
        {"name": "objecting", "on_enter": "object"},
        {"name": "accepted", "on_enter": "confirm_acceptance", "final": True},
        {"name": "asking_why", "on_enter": "ask_why"},
        {"name": "noted", "on_enter": "keep_words", "final": True},
        {"name": "objected", "on_enter": "confirm_objection", "final": True},
        {"name": "late", "on_enter": "say_too_late", "final": True},
        {"name": "put_off", "on_enter": "say_how_later", "final": True},
        {"name": "left", "on_enter": "leave_it", "final": True},
    ]
    transitions = [
        {"trigger": "begin", "source": "start", "dest": "asking", "conditions": "is_proposed"},
        {"trigger": "begin", "source": "start", "dest": "closed", "conditions": "is_closed"},
        {"trigger": "begin", "source": "start", "dest": "told", "conditions": "knows_state"},
        {"trigger": "begin", "source": "start", "dest": "looking"},
        {"trigger": "ticket_found", "source": "looking", "dest": "asking", "conditions": "is_proposed"},
        {"trigger": "ticket_found", "source": "looking", "dest": "asking_again", "conditions": "can_be_objected_to"},
        {"trigger": "ticket_found", "source": "looking", "dest": "shown"},
        {"trigger": "ticket_missing", "source": "looking", "dest": "missing"},
        {"trigger": "affirmed", "source": "asking", "dest": "accepting"},
        {"trigger": "denied", "source": ["asking", "asking_again"], "dest": "objecting"},
        {"trigger": "put_off", "source": "asking", "dest": "put_off"},
        {"trigger": "left", "source": "asking_again", "dest": "left"},
        {"trigger": "answer_taken", "source": "accepting", "dest": "accepted"},
        {"trigger": "answer_taken", "source": "objecting", "dest": "asking_why"},
        {"trigger": "answer_late", "source": ["accepting", "objecting"], "dest": "late"},
        {"trigger": "written", "source": "asking_why", "dest": "noted"},
        {"trigger": "skipped", "source": "asking_why", "dest": "objected"},
    ]

    @classmethod
    def replaces(cls, older: Mapping[str, Any], newer: Mapping[str, Any]) -> bool:
        """A ticket's new state makes the question about its last one void."""
        return bool(older.get("number") == newer.get("number"))

    # Conditions read and change nothing.
    def is_proposed(self, event: EventData) -> bool:
        return bool(self._state(event) == "proposed")

    def is_closed(self, event: EventData) -> bool:
        return bool(self._state(event) == "closed")

    def knows_state(self, event: EventData) -> bool:
        return bool(self._state(event))

    def can_be_objected_to(self, event: EventData) -> bool:
        return self._state(event) in {"accepted", "answered"}

    # Actions record wishes.
    def tell(self, event: EventData) -> None:
        state, words = self.slots["state"], self.slots.get("words")
        number, about = self.slots["number"], self.slots["about"]
        if words:
            self.say(f"with_words.{state}", number=number, about=about, words=words)
        else:
            self.say(f"news.{state}", number=number, about=about)

    def tell_and_ask_how_it_was(self, event: EventData) -> None:
        self.tell(event)
        self.go("feedback", about="ticket", number=self.slots["number"])

    def look(self, event: EventData) -> None:
        self.want(FindTicket(self.slots["number"]))

    def say_missing(self, event: EventData) -> None:
        self.say("missing", number=self.slots["number"])

    def show_state(self, event: EventData) -> None:
        ticket = event.kwargs["ticket"]
        self.say("shown", number=ticket["number"], about=ticket["about"], state=ticket["state"])

    def ask_about_proposal(self, event: EventData) -> None:
        self._note(event)
        self.ask(
            "proposed",
            Reply("affirm", then="affirmed"),
            Reply("deny", then="denied"),
            Reply("later", then="put_off"),
            **self._told(),
        )

    def ask_if_they_object(self, event: EventData) -> None:
        self._note(event)
        self.ask(
            f"again.{self.slots['state']}", Reply("object", then="denied"), Reply("keep", then="left"), **self._told()
        )

    def accept(self, event: EventData) -> None:
        self.want(AnswerProposal(self.slots["number"], accepted=True))

    def object(self, event: EventData) -> None:
        self.want(AnswerProposal(self.slots["number"], accepted=False))

    def confirm_acceptance(self, event: EventData) -> None:
        self.say("accepted", number=self.slots["number"])

    def ask_why(self, event: EventData) -> None:
        self.ask("ask_why", Reply("skip", then="skipped"), wants={"words": "written"}, number=self.slots["number"])

    def keep_words(self, event: EventData) -> None:
        self.want(AddToTicket(self.slots["number"], event.kwargs["words"]))
        self.say("noted", number=self.slots["number"])

    def confirm_objection(self, event: EventData) -> None:
        self.say("objected", number=self.slots["number"])

    def say_too_late(self, event: EventData) -> None:
        self.say("late", number=self.slots["number"], state=event.kwargs["state"])

    def say_how_later(self, event: EventData) -> None:
        self.say("put_off", number=self.slots["number"])

    def leave_it(self, event: EventData) -> None:
        self.say("left", number=self.slots["number"])

    def _state(self, event: EventData) -> Any:
        ticket = event.kwargs.get("ticket")
        return ticket["state"] if ticket else self.slots.get("state")

    def _note(self, event: EventData) -> None:
        """What was looked up stands in the slots as what was told."""
        ticket = event.kwargs.get("ticket")
        if ticket:
            self.slots.update({name: ticket[name] for name in ("about", "state", "words")})

    def _told(self) -> dict[str, Any]:
        return {name: self.slots[name] for name in ("number", "about", "words")}

"""Take a complaint, a suggestion, a lost parcel, a return, a disputed fee or a written request, and give its number.

Gives `number` (the ticket's) to the flow that called.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.dialogue import EventData, Flow, Reply
from bot.dialogue.effects import OpenTicket

ABOUTS = ("complaint", "suggestion", "lost_parcel", "return", "fee_dispute", "written_request")
ABOUT_AN_ORDER = {"lost_parcel", "return", "fee_dispute"}
REASON_FOR_A_PERSON = {"complaint": "complaint", "lost_parcel": "lost"}
"""Why a colleague is asked for after the ticket, where it is more than "asked"."""
MOST_FILES = 9
MOST_WORDS = 6_000


class Complaint(Flow):
    """Hear what the customer has to say, show it to them, and open a ticket."""

    about_order = True
    picks_order = True
    chosen_texts = ("complaint.titles.", "complaint.ask_words.", "complaint.summary.", "complaint.next.")
    states = [
        "start",
        {"name": "asking_about", "on_enter": "ask_about"},
        {"name": "choosing_order", "on_enter": "let_them_pick"},
        {"name": "asking_contact", "on_enter": "ask_contact"},
        {"name": "contact_unreadable", "on_enter": "ask_contact_again"},
        {"name": "asking_words", "on_enter": "ask_words"},
        {"name": "asking_more", "on_enter": "ask_more"},
        {"name": "only_files", "on_enter": "ask_words_for_files"},
        {"name": "confirming", "on_enter": "show_and_confirm"},
        {"name": "opening", "on_enter": "open_ticket"},
        {"name": "opened", "on_enter": "tell_number", "final": True},
        {"name": "dropped", "on_enter": "say_dropped", "final": True},
    ]
    _CONTACT = ["asking_contact", "contact_unreadable"]
    _FIRST_WORDS = ["asking_words", "only_files"]
    _MORE_WORDS = ["asking_more", "confirming"]
    transitions = [
        {"trigger": "begin", "source": "start", "dest": "asking_about", "unless": "knows_about"},
        {"trigger": "begin", "source": "start", "dest": "choosing_order", "conditions": "lacks_order"},
        {"trigger": "begin", "source": "start", "dest": "asking_contact", "unless": "can_be_reached"},
        {"trigger": "begin", "source": "start", "dest": "asking_words"},
        {"trigger": "about_chosen", "source": "asking_about", "dest": "choosing_order", "conditions": "lacks_order"},
        {"trigger": "about_chosen", "source": "asking_about", "dest": "asking_contact", "unless": "can_be_reached"},
        {"trigger": "about_chosen", "source": "asking_about", "dest": "asking_words"},
        {"trigger": "order_picked", "source": "choosing_order", "dest": "asking_words"},
        {"trigger": "given_up", "source": "choosing_order", "dest": "asking_words"},
        {"trigger": "contact_given", "source": _CONTACT, "dest": "asking_words"},
        {"trigger": "contact_misread", "source": _CONTACT, "dest": "contact_unreadable"},
        {"trigger": "no_contact", "source": _CONTACT, "dest": "asking_words"},
        {"trigger": "told", "source": _FIRST_WORDS, "dest": "confirming", "conditions": "has_words"},
        {"trigger": "told", "source": _FIRST_WORDS, "dest": "only_files"},
        {"trigger": "told", "source": _MORE_WORDS, "dest": "confirming"},
        {"trigger": "add_more", "source": "confirming", "dest": "asking_more"},
        {"trigger": "submitted", "source": "confirming", "dest": "opening"},
        {"trigger": "dropped", "source": "confirming", "dest": "dropped"},
        {"trigger": "ticket_opened", "source": "opening", "dest": "opened"},
    ]

    # Conditions read and change nothing.
    def knows_about(self, event: EventData) -> bool:
        return self.slots.get("about") in ABOUTS

    def lacks_order(self, event: EventData) -> bool:
        about = event.kwargs.get("about") or self.slots["about"]
        return about in ABOUT_AN_ORDER and self.customer is not None and not self.slots.get("order")

    def can_be_reached(self, event: EventData) -> bool:
        return self.customer is not None or self._contact() is not None

    def has_words(self, event: EventData) -> bool:
        return bool(self.slots.get("words") or str(event.kwargs.get("words", "")).strip())

    # Actions record wishes.
    def ask_about(self, event: EventData) -> None:
        replies = (
            Reply(about, then="about_chosen", label=f"complaint.titles.{about}", about=about) for about in ABOUTS
        )
        self.ask("ask_about", *replies)

    def let_them_pick(self, event: EventData) -> None:
        self._note_about(event)
        self.call("pick_order", then="order_picked", only="all", description=self.slots.pop("description", None))

    def ask_contact(self, event: EventData) -> None:
        self._note_about(event)
        self._ask_contact("ask_contact")

    def ask_contact_again(self, event: EventData) -> None:
        self._ask_contact("contact_unreadable")

    def ask_words(self, event: EventData) -> None:
        self._note_about(event)
        for name in ("order", "phone", "email"):
            if event.kwargs.get(name):
                self.slots[name] = event.kwargs[name]
        self._ask_words(f"ask_words.{self.slots['about']}")

    def ask_more(self, event: EventData) -> None:
        self._ask_words("ask_more")

    def ask_words_for_files(self, event: EventData) -> None:
        self._keep_told(event)
        self._ask_words("ask_words_for_files", count=len(self.slots["attachments"]))

    def show_and_confirm(self, event: EventData) -> None:
        self._keep_told(event)
        self.ask(
            "confirm",
            Reply("affirm", then="submitted"),
            Reply("add_more", then="add_more"),
            Reply("deny", then="dropped"),
            wants={"attachment": "told"},
            about=self.slots["about"],
            summary=self._summary(),
        )

    def open_ticket(self, event: EventData) -> None:
        told = self.slots
        self.want(
            OpenTicket(told["about"], told["words"], told.get("order"), told["attachments"], reply_to=self._contact())
        )

    def tell_number(self, event: EventData) -> None:
        number, about = event.kwargs["number"], self.slots["about"]
        self.say("opened", number=number, about=about)
        answered = "by_contact" if self.can_be_reached(event) else "by_number"
        self.say(f"next.{about}", number=number, answered=answered)
        self.give(number=number)
        reason = REASON_FOR_A_PERSON.get(about, "asked")
        self.suggest(
            "what_next",
            Reply("ticket", start="ticket"),
            Reply("human", start="escalate", reason=reason, order=self.slots.get("order"), ticket=number),
            Reply("my_orders", start="track_order"),
        )

    def say_dropped(self, event: EventData) -> None:
        self.say("dropped")

    def _note_about(self, event: EventData) -> None:
        self.slots["about"] = event.kwargs.get("about") or self.slots["about"]

    def _contact(self) -> str | None:
        return self.slots.get("email") or self.slots.get("phone")

    def _ask_contact(self, text: str) -> None:
        wants = {"phone": "contact_given", "email": "contact_given", "bad_phone": "contact_misread"}
        self.ask(text, Reply("no_contact", then="no_contact"), wants=wants)

    def _ask_words(self, text: str, **values: Any) -> None:
        """A question without choices: whatever is typed or sent is the customer's answer."""
        self.ask(text, wants={"words": "told", "attachment": "told"}, **values)

    def _keep_told(self, event: EventData) -> None:
        said = [self.slots.get("words", ""), str(event.kwargs.get("words", "")).strip()]
        self.slots["words"] = "\n".join(filter(None, said))[:MOST_WORDS]
        files = [*self.slots.get("attachments", []), *event.kwargs.get("attachments", [])]
        self.slots["attachments"] = files[:MOST_FILES]
        if len(files) > MOST_FILES:
            self.say("too_many_files", most=MOST_FILES)

    def _summary(self) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = [{"text": "complaint.summary.words", "words": self.slots["words"]}]
        if self.slots.get("order"):
            lines.insert(0, {"text": "complaint.summary.order", "order": self.slots["order"]})
        if self.slots["attachments"]:
            lines.append({"text": "complaint.summary.files", "count": len(self.slots["attachments"])})
        if self._contact():
            lines.append({"text": "complaint.summary.contact", "contact": self._contact()})
        return lines

    @classmethod
    def title(cls, slots: Mapping[str, Any]) -> str:
        return f"complaint.titles.{slots['about']}" if slots.get("about") in ABOUTS else "complaint.title"

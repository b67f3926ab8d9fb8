"""Find out whose chat this is: by a one-time code to the phone or e-mail on file, or a link opened meanwhile.

Nothing said here tells whether a number is known: an unknown one gets the same answers.
"""

from __future__ import annotations

from bot.dialogue import EventData, Flow, Reply
from bot.dialogue.effects import CheckCode, SendCode, Unlink


class Identify(Flow):
    """Link this chat with its customer, or unlink it."""

    states = [
        "start",
        {"name": "asking_contact", "on_enter": "ask_contact"},
        {"name": "contact_unreadable", "on_enter": "ask_contact_again"},
        {"name": "sending", "on_enter": "send_code"},
        {"name": "asking_code", "on_enter": "ask_code"},
        {"name": "checking", "on_enter": "check_code"},
        {"name": "code_refused", "on_enter": "say_code_wrong"},
        {"name": "code_too_old", "on_enter": "say_code_expired"},
        {"name": "linked", "on_enter": "confirm_linked", "final": True},
        {"name": "locked", "on_enter": "say_locked", "final": True},
        {"name": "known_already", "on_enter": "say_known", "final": True},
        {"name": "asking_unlink", "on_enter": "ask_unlink"},
        {"name": "unlinking", "on_enter": "unlink"},
        {"name": "unlinked", "on_enter": "say_unlinked", "final": True},
        {"name": "kept", "on_enter": "say_kept", "final": True},
        {"name": "not_linked_anyway", "on_enter": "say_not_linked", "final": True},
        {"name": "given_up_here", "on_enter": "say_general_only", "final": True},
    ]
    _ASKS_CONTACT = ["asking_contact", "contact_unreadable"]
    _ASKS_CODE = ["asking_code", "code_refused", "code_too_old"]
    transitions = [
        {"trigger": "begin", "source": "start", "dest": "asking_unlink", "conditions": ["wants_unlink", "is_linked"]},
        {"trigger": "begin", "source": "start", "dest": "not_linked_anyway", "conditions": "wants_unlink"},
        {"trigger": "begin", "source": "start", "dest": "known_already", "conditions": "is_linked"},
        {"trigger": "begin", "source": "start", "dest": "sending", "conditions": "has_contact"},
        {"trigger": "begin", "source": "start", "dest": "asking_contact"},
        {"trigger": "contact_given", "source": _ASKS_CONTACT, "dest": "sending"},
        {"trigger": "contact_misread", "source": _ASKS_CONTACT, "dest": "contact_unreadable"},
        {"trigger": "code_sent", "source": "sending", "dest": "asking_code"},
        {"trigger": "code_locked", "source": "sending", "dest": "locked"},
        {"trigger": "code_given", "source": _ASKS_CODE, "dest": "checking"},
        {"trigger": "send_again", "source": _ASKS_CODE, "dest": "sending"},
        {"trigger": "other_contact", "source": _ASKS_CODE, "dest": "asking_contact"},
        {"trigger": "contact_given", "source": _ASKS_CODE, "dest": "sending"},
        {"trigger": "changed_mind", "source": _ASKS_CODE, "dest": "asking_contact"},
        {"trigger": "code_right", "source": "checking", "dest": "linked"},
        {"trigger": "code_wrong", "source": "checking", "dest": "code_refused"},
        {"trigger": "code_expired", "source": "checking", "dest": "code_too_old"},
        {"trigger": "code_locked", "source": "checking", "dest": "locked"},
        {"trigger": "linked", "source": _ASKS_CONTACT + _ASKS_CODE, "dest": "linked"},
        {"trigger": "declined", "source": _ASKS_CONTACT + _ASKS_CODE, "dest": "given_up_here"},
        {"trigger": "affirmed", "source": "asking_unlink", "dest": "unlinking"},
        {"trigger": "denied", "source": "asking_unlink", "dest": "kept"},
        {"trigger": "unlinked", "source": "unlinking", "dest": "unlinked"},
    ]

    def wants_unlink(self, event: EventData) -> bool:
        return bool(self.slots.get("unlink"))

    def is_linked(self, event: EventData) -> bool:
        return self.customer is not None

    def has_contact(self, event: EventData) -> bool:
        return any(self.slots.get(slot) for slot in ("contact", "phone", "email"))

    def ask_contact(self, event: EventData) -> None:
        text = "ask_contact_for" if "for" in self.slots else "ask_contact"
        self._ask_contact(text)

    def ask_contact_again(self, event: EventData) -> None:
        self._ask_contact("contact_unreadable")

    def send_code(self, event: EventData) -> None:
        given = {**self.slots, **event.kwargs}
        contact = next(given[name] for name in ("phone", "email", "contact") if given.get(name))
        self.slots = {**self.slots, "contact": contact, "phone": None, "email": None}
        self.want(SendCode(contact))

    def ask_code(self, event: EventData) -> None:
        self._ask_code("ask_code")

    def check_code(self, event: EventData) -> None:
        self.want(CheckCode(event.kwargs["code"]))

    def say_code_wrong(self, event: EventData) -> None:
        self._ask_code("code_wrong", left=event.kwargs["left"])

    def say_code_expired(self, event: EventData) -> None:
        self._ask_code("code_expired")

    def confirm_linked(self, event: EventData) -> None:
        self.say("linked")
        self.give()

    def say_locked(self, event: EventData) -> None:
        self.say("locked", seconds=event.kwargs["seconds"])
        self.suggest(
            "common.what_next", Reply("questions", start="faq"), Reply("human", start="escalate", reason="locked")
        )

    def say_known(self, event: EventData) -> None:
        self.give()
        self.suggest(
            "known_already", Reply("my_orders", start="track_order"), Reply("unlink", start="identify", unlink=True)
        )

    def ask_unlink(self, event: EventData) -> None:
        self.ask("ask_unlink", Reply("affirm", then="affirmed"), Reply("deny", then="denied"))

    def unlink(self, event: EventData) -> None:
        self.want(Unlink())

    def say_unlinked(self, event: EventData) -> None:
        self.say("unlinked")

    def say_kept(self, event: EventData) -> None:
        self.say("kept")

    def say_not_linked(self, event: EventData) -> None:
        self.say("not_linked_anyway")

    def say_general_only(self, event: EventData) -> None:
        self.suggest("general_only", Reply("questions", start="faq"), Reply("human", start="escalate", reason="asked"))

    def _ask_contact(self, text: str) -> None:
        wants = {"phone": "contact_given", "email": "contact_given", "bad_phone": "contact_misread"}
        values = {"purpose": [{"text": self.slots["for"]}]} if text == "ask_contact_for" else {}
        self.ask(text, Reply("not_now", then="declined"), wants=wants, **values)

    def _ask_code(self, text: str, **values: object) -> None:
        self.ask(
            text,
            Reply("send_again", then="send_again"),
            Reply("other_contact", then="other_contact"),
            Reply("not_now", then="declined"),
            wants={"code": "code_given", "phone": "contact_given", "email": "contact_given"},
            **values,
        )

"""When the bot does not understand, or cannot go on: offer the likeliest, then a person."""

from __future__ import annotations

from bot.dialogue import EventData, Flow, Reply

TITLES = {
    "faq": lambda slots: f"faq.titles.{slots['answer']}" if "answer" in slots else "faq.title",
    "complaint": lambda slots: f"complaint.titles.{slots['about']}" if "about" in slots else "complaint.title",
}
MOST_GUESSES = 3
NEVER_GUESSED = {"greet", "escalate"}
"""Offering to say hello helps nobody, and a person is offered anyway."""


class CannotHelp(Flow):
    """The last steps of the ladder: likely choices, then a colleague."""

    passing = True
    states = [
        "start",
        {"name": "guessing", "on_enter": "offer_guesses"},
        {"name": "offering_person", "on_enter": "offer_person"},
        {"name": "excusing", "on_enter": "excuse"},
        {"name": "left", "on_enter": "leave", "final": True},
    ]
    transitions = [
        {"trigger": "begin", "source": "start", "dest": "excusing", "conditions": "has_reason"},
        {"trigger": "begin", "source": "start", "dest": "offering_person", "conditions": "is_exhausted"},
        {"trigger": "begin", "source": "start", "dest": "guessing"},
        {"trigger": "leave", "source": ["guessing", "offering_person", "excusing"], "dest": "left"},
    ]
    chosen_texts = ("cannot_help.reason.", "faq.titles.", "complaint.titles.")

    def has_reason(self, event: EventData) -> bool:
        return bool(self.slots.get("reason"))

    def is_exhausted(self, event: EventData) -> bool:
        return bool(self.slots.get("exhausted"))

    def offer_guesses(self, event: EventData) -> None:
        likely = [guess for guess in self.slots.get("guesses", []) if guess["flow"] not in NEVER_GUESSED]
        named = {reply.label: reply for reply in reversed([self._guess(**guess) for guess in likely[:MOST_GUESSES]])}
        guesses = [*reversed(named.values())]
        usual = [
            Reply("why", start="pending_order"),
            Reply("my_orders", start="track_order"),
            Reply("questions", start="faq"),
        ]
        resume = [Reply("go_on", then="leave")] if self.slots.get("interrupting") else []
        person = Reply("human", start="escalate", reason="not_understood")
        self.ask("did_you_mean" if guesses else "please_choose", *(guesses or usual), person, *resume)

    def offer_person(self, event: EventData) -> None:
        self.ask(
            "shall_i_fetch_someone",
            Reply("affirm", start="escalate", reason="not_understood"),
            Reply("deny", then="leave"),
        )

    def excuse(self, event: EventData) -> None:
        self.ask(
            f"reason.{self.slots['reason']}",
            Reply("human", start="escalate", reason="trouble"),
            Reply("leave", then="leave"),
        )

    def leave(self, event: EventData) -> None:
        self.say("left")

    def _guess(self, flow: str, slots: dict[str, str]) -> Reply:
        label = TITLES[flow](slots) if flow in TITLES else f"{flow}.title"
        return Reply(f"guess_{flow}", start=flow, label=label, **slots)

"""Was the problem solved? Asked after something was done, answered with one tap, and easily passed over."""

from __future__ import annotations

from bot.dialogue import EventData, Flow, Reply
from bot.dialogue.effects import KeepFeedback


class Feedback(Flow):
    """Ask how the help was, and keep the answer."""

    passing = True
    states = [
        "start",
        {"name": "asking", "on_enter": "ask_if_solved"},
        {"name": "passed_over", "on_enter": "leave_in_peace", "final": True},
        {"name": "thanked", "on_enter": "keep_praise", "final": True},
        {"name": "asking_what_was_missing", "on_enter": "ask_what_was_missing"},
        {"name": "noted", "on_enter": "keep_words", "final": True},
        {"name": "to_colleague", "on_enter": "fetch_a_colleague", "final": True},
    ]
    transitions = [
        {"trigger": "begin", "source": "start", "dest": "asking"},
        {"trigger": "passed_over", "source": "asking", "dest": "passed_over"},
        {"trigger": "affirmed", "source": "asking", "dest": "thanked"},
        {"trigger": "denied", "source": "asking", "dest": "asking_what_was_missing"},
        {"trigger": "written", "source": "asking_what_was_missing", "dest": "noted"},
        {"trigger": "skipped", "source": "asking_what_was_missing", "dest": "noted"},
        {"trigger": "human", "source": "asking_what_was_missing", "dest": "to_colleague"},
    ]

    def ask_if_solved(self, event: EventData) -> None:
        how_satisfied = (
            Reply("satisfied", then="affirmed"),
            Reply("dissatisfied", then="denied"),
            Reply("no_rating", then="passed_over"),
        )
        about, number = self.slots.get("about"), self.slots.get("number")
        if about == "staff":
            self.ask("satisfied", *how_satisfied)
            return
        if about == "ticket" and number:
            self.ask("satisfied_with_ticket", *how_satisfied, number=number)
            return
        self.ask(
            "solved",
            Reply("affirm", then="affirmed"),
            Reply("deny", then="denied"),
            Reply("no_rating", then="passed_over"),
        )

    def leave_in_peace(self, event: EventData) -> None:
        self.say("passed_over")

    def keep_praise(self, event: EventData) -> None:
        self.want(KeepFeedback(self._about(), 1, ""))
        self.say("thanks")
        self.suggest("what_else", Reply("my_orders", start="track_order"), Reply("questions", start="faq"))

    def ask_what_was_missing(self, event: EventData) -> None:
        self.ask(
            "what_was_missing", Reply("human", then="human"), Reply("skip", then="skipped"), wants={"words": "written"}
        )

    def keep_words(self, event: EventData) -> None:
        self.want(KeepFeedback(self._about(), 0, event.kwargs.get("words", "")))
        self.say("sorry")
        self.suggest("still_open", Reply("human", start="escalate", reason="asked"), Reply("menu", start="greet"))

    def fetch_a_colleague(self, event: EventData) -> None:
        self.want(KeepFeedback(self._about(), 0, ""))
        self.go("escalate", reason="asked", doing={"flow": self._about()})

    def _about(self) -> str:
        return str(self.slots.get("about") or "chat")

"""Say what the bot can do, and the words that work everywhere."""

from __future__ import annotations

from bot.dialogue import EventData, Flow, Reply


class Help(Flow):
    """What can I ask?"""

    passing = True
    states = [
        "start",
        {"name": "explained", "on_enter": "explain", "final": True},
        {"name": "owned_up", "on_enter": "say_what_it_is", "final": True},
    ]
    transitions = [
        {"trigger": "begin", "source": "start", "dest": "owned_up", "conditions": "asked_who"},
        {"trigger": "begin", "source": "start", "dest": "explained"},
    ]

    def asked_who(self, event: EventData) -> bool:
        return self.slots.get("about") == "bot"

    def explain(self, event: EventData) -> None:
        self.say("what_i_can_do")
        self._offer()

    def say_what_it_is(self, event: EventData) -> None:
        self.say("i_am_a_bot")
        self._offer()

    def _offer(self) -> None:
        self.suggest(
            "common.what_next",
            Reply("why", start="pending_order"),
            Reply("my_orders", start="track_order"),
            Reply("questions", start="faq"),
            Reply("human", start="escalate", reason="asked"),
        )

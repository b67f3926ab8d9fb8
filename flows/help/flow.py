"""Say what the bot can do, and the words that work everywhere."""

from __future__ import annotations

from bot.dialogue import EventData, Flow, Reply


class Help(Flow):
    """What can I ask?"""

    passing = True
    states = ["start", {"name": "explained", "on_enter": "explain", "final": True}]
    transitions = [{"trigger": "begin", "source": "start", "dest": "explained"}]

    def explain(self, event: EventData) -> None:
        self.say("what_i_can_do")
        self.suggest(
            "common.what_next",
            Reply("why", start="pending_order"),
            Reply("my_orders", start="track_order"),
            Reply("questions", start="faq"),
            Reply("human", start="escalate", reason="asked"),
        )

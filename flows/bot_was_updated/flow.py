"""A new version of the bot cannot go on where the conversation stood: say so, keep what is known, ask again."""

from __future__ import annotations

from typing import Any

from bot.dialogue import EventData, Flow, Reply

KEPT = ("order", "field", "about", "reason")
"""What is still true in a new version of a flow."""


class BotWasUpdated(Flow):
    """The bot changed in the middle of a conversation. Slots: `flow`, `kept`, and `gone` when there is no such flow."""

    passing = True
    states = [
        "start",
        {"name": "asking_to_go_on", "on_enter": "ask_to_go_on"},
        {"name": "asking_what_now", "on_enter": "ask_what_now", "final": True},
        {"name": "left", "on_enter": "leave", "final": True},
    ]
    transitions = [
        {"trigger": "begin", "source": "start", "dest": "asking_what_now", "conditions": "flow_is_gone"},
        {"trigger": "begin", "source": "start", "dest": "asking_to_go_on"},
        {"trigger": "leave", "source": "asking_to_go_on", "dest": "left"},
    ]

    def flow_is_gone(self, event: EventData) -> bool:
        return bool(self.slots.get("gone"))

    def ask_to_go_on(self, event: EventData) -> None:
        flow = str(self.slots["flow"])
        kept: dict[str, Any] = {name: value for name, value in self.slots["kept"].items() if name in KEPT}
        purpose = [{"text": f"{flow}.title"}]
        replies = (Reply("go_on", start=flow, **kept), Reply("leave", then="leave"))
        self.ask("updated_go_on", *replies, purpose=purpose)

    def ask_what_now(self, event: EventData) -> None:
        self.suggest("updated", Reply("menu", start="greet"), Reply("human", start="escalate", reason="asked"))

    def leave(self, event: EventData) -> None:
        self.suggest("left", Reply("menu", start="greet"), Reply("my_orders", start="track_order"))

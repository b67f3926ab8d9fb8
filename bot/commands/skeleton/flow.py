"""Ask for something in the customer's own words, read it back, and have it confirmed."""

from __future__ import annotations

from bot.dialogue import EventData, Flow, Reply


class NewFlow(Flow):
    """Say in one line what this flow is for."""

    states = [
        "start",
        {"name": "asking", "on_enter": "ask_what"},
        {"name": "confirming", "on_enter": "ask_to_confirm"},
        {"name": "done", "on_enter": "say_done", "final": True},
        {"name": "left", "on_enter": "say_left", "final": True},
    ]
    transitions = [
        # The first row that fits wins. Add "conditions": "name_of_a_method" to a row that only sometimes fits.
        {"trigger": "begin", "source": "start", "dest": "asking"},
        {"trigger": "told", "source": "asking", "dest": "confirming"},
        {"trigger": "affirmed", "source": "confirming", "dest": "done"},
        {"trigger": "tell_again", "source": "confirming", "dest": "asking"},
        {"trigger": "denied", "source": ["asking", "confirming"], "dest": "left"},
    ]

    # Handlers record wishes: say a text, ask with choices, want an effect, call another flow. They do nothing else.
    def ask_what(self, event: EventData) -> None:
        self.ask("ask", Reply("leave", then="denied"), wants={"words": "told"})

    def ask_to_confirm(self, event: EventData) -> None:
        self.slots["words"] = event.kwargs["words"]
        self.ask(
            "confirm",
            Reply("right", then="affirmed"),
            Reply("tell_again", then="tell_again"),
            Reply("leave", then="denied"),
            words=self.slots["words"],
        )

    def say_done(self, event: EventData) -> None:
        self.say("done", words=self.slots["words"])

    def say_left(self, event: EventData) -> None:
        self.suggest("left", Reply("menu", start="greet"), Reply("human", start="escalate", reason="asked"))

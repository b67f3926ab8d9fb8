"""While somebody waits for a person: how long still, or not any more."""

from __future__ import annotations

from bot.dialogue import EventData, Flow, Reply
from bot.dialogue.effects import FindPlace, LeaveQueue


class Queue(Flow):
    """Tell the place in the queue, or leave it."""

    passing = True
    states = [
        "start",
        {"name": "looking", "on_enter": "look"},
        {"name": "leaving", "on_enter": "leave"},
        {"name": "told", "on_enter": "tell_place", "final": True},
        {"name": "left", "on_enter": "say_left", "final": True},
        {"name": "not_there", "on_enter": "say_not_waiting", "final": True},
    ]
    transitions = [
        {"trigger": "begin", "source": "start", "dest": "leaving", "conditions": "wants_to_leave"},
        {"trigger": "begin", "source": "start", "dest": "looking"},
        {"trigger": "place_found", "source": "looking", "dest": "told"},
        {"trigger": "left_queue", "source": "leaving", "dest": "left"},
        {"trigger": "not_in_queue", "source": "looking", "dest": "not_there"},
    ]

    def wants_to_leave(self, event: EventData) -> bool:
        return bool(self.slots.get("leave"))

    def look(self, event: EventData) -> None:
        self.want(FindPlace())

    def leave(self, event: EventData) -> None:
        self.want(LeaveQueue())

    def tell_place(self, event: EventData) -> None:
        place = event.kwargs
        if not place["open"]:
            if place["opens_at"] is None:
                self.say("closed")
            else:
                self.say("until_open", opens_at=place["opens_at"])
        else:
            self.say("next" if place["position"] == 1 else "place", before=place["position"] - 1)
            if place["minutes"] is not None:
                self.say("common.about_minutes", minutes=place["minutes"])
            elif place["late"]:
                self.say("longer_than_usual")
        self.suggest("or_leave", Reply("leave", start="queue", leave=True))

    def say_left(self, event: EventData) -> None:
        self.say("left")

    def say_not_waiting(self, event: EventData) -> None:
        self.say("not_waiting")
        self.suggest("common.what_next", Reply("human", start="escalate", reason="asked"))

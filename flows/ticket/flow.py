"""How far are my tickets?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.dialogue import EventData, Flow, Reply
from bot.dialogue.effects import FindTickets

MOST_ANSWERABLE = 3


class Ticket(Flow):
    """Show the tickets of this chat and its customer, newest first."""

    passing = True
    chosen_texts = ("ticket.line", "ticket.choices.")
    states = [
        "start",
        {"name": "looking", "on_enter": "look"},
        {"name": "shown", "on_enter": "show_them", "final": True},
        {"name": "none", "on_enter": "say_none", "final": True},
    ]
    transitions = [
        {"trigger": "begin", "source": "start", "dest": "looking"},
        {"trigger": "tickets_found", "source": "looking", "dest": "shown"},
        {"trigger": "no_tickets", "source": "looking", "dest": "none"},
    ]

    def look(self, event: EventData) -> None:
        self.want(FindTickets())

    def show_them(self, event: EventData) -> None:
        tickets = event.kwargs["tickets"]
        self.say("found", count=len(tickets), tickets=[line(ticket) for ticket in tickets])
        self.suggest(
            "what_next",
            *answerable(tickets),
            Reply("human", start="escalate", reason="asked", ticket=tickets[0]["number"]),
            Reply("complain", start="complaint"),
            Reply("my_orders", start="track_order"),
        )

    def say_none(self, event: EventData) -> None:
        self.say("none_for_customer" if self.customer else "none_in_chat")
        verify = [] if self.customer else [Reply("verify", start="identify")]
        self.suggest(
            "what_next",
            *verify,
            Reply("complain", start="complaint"),
            Reply("human", start="escalate", reason="asked"),
        )


def answerable(tickets: Sequence[Mapping[str, Any]]) -> list[Reply]:
    """A choice for each of the first tickets that the customer can answer now."""
    keys = {"proposed": "proposal", "accepted": "object", "answered": "object"}
    can = [(keys[ticket["state"]], ticket["number"]) for ticket in tickets if ticket["state"] in keys]
    return [Reply(key, start="ticket_news", number=number) for key, number in can[:MOST_ANSWERABLE]]


def line(ticket: Mapping[str, Any]) -> dict[str, Any]:
    """One ticket as a line of text."""
    return {"text": "ticket.line_order" if ticket["order"] else "ticket.line", **ticket}

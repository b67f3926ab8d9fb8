"""Tickets: complaints, lost parcels, returns, disputed fees, written requests and promises to call back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.desk.people import Agent
from bot.messages import Attachment


class TicketState(StrEnum):
    """Where a ticket stands. A proposal is the company's (refund, compensation, apology or another remedy), and the
    customer accepts it or objects."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    OBJECTED = "objected"
    ANSWERED = "answered"
    CLOSED = "closed"

    @property
    def next(self) -> tuple[TicketState, ...]:
        """What staff may make of it; `ACCEPTED` and `OBJECTED` are the customer's own word."""
        return _NEXT[self]


_NEXT = {
    TicketState.OPEN: (TicketState.IN_PROGRESS, TicketState.PROPOSED, TicketState.ANSWERED, TicketState.CLOSED),
    TicketState.IN_PROGRESS: (TicketState.PROPOSED, TicketState.ANSWERED, TicketState.CLOSED),
    TicketState.PROPOSED: (TicketState.IN_PROGRESS, TicketState.PROPOSED, TicketState.CLOSED),
    TicketState.ACCEPTED: (TicketState.IN_PROGRESS, TicketState.CLOSED),
    TicketState.OBJECTED: (TicketState.IN_PROGRESS, TicketState.PROPOSED, TicketState.CLOSED),
    TicketState.ANSWERED: (TicketState.IN_PROGRESS, TicketState.CLOSED),
    TicketState.CLOSED: (TicketState.IN_PROGRESS,),
}


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A ticket in a list."""

    number: str
    about: str
    state: TicketState
    conversation: str
    customer: str | None
    order: str | None
    owner: str | None
    opened_at: float
    due_at: float | None


@dataclass(frozen=True, slots=True)
class TicketEvent:
    """What happened. `kind`: "state", "owner", "due", "note" or "told"; `value`: the new one."""

    at: float
    actor: str
    kind: str
    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket with all that belongs to it."""

    line: TicketLine
    words: str
    reply_to: str
    attachments: tuple[Attachment, ...]
    events: tuple[TicketEvent, ...]


class TicketDesk(Protocol):
    """Whoever may not see a ticket's conversation gets `errors.NoSuchThing`. Each change of state reaches the customer
    in the chat, in their language, in order and once."""

    async def tickets(
        self, agent: Agent, *, states: Sequence[TicketState] = (), owner: str = "", overdue: bool = False, page: int = 1
    ) -> tuple[Sequence[TicketLine], int]:
        """A page of 50, the most urgent first, and how many there are in all."""

    async def ticket(self, agent: Agent, number: str) -> Ticket:
        """One with its history."""

    async def move(self, agent: Agent, id: str, number: str, state: TicketState, words: str) -> None:
        """Into another state; `words` are for the customer (a proposal or an answer needs some). The same `id` again
        changes nothing. Raises `errors.NotTaken` where that state does not follow."""

    async def give(self, agent: Agent, id: str, number: str, owner: str) -> None:
        """Make a colleague see to it."""

    async def due(self, agent: Agent, id: str, number: str, at: float) -> None:
        """Until when it must be done."""

    async def note(self, agent: Agent, id: str, number: str, words: str) -> None:
        """Words for colleagues."""

    async def open(self, agent: Agent, id: str, conversation: str, about: str, words: str, order: str) -> str:
        """A ticket for a customer who asks a person; returns its number."""

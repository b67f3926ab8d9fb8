"""Tickets: complaints, lost parcels, returns, disputed fees, written requests and promises to call back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.desk.people import Agent
from bot.desk.talk import Delivery
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

    @property
    def answers(self) -> tuple[TicketState, ...]:
        """What the customer may make of it: a proposal, or an answer, can be objected to until the ticket is closed."""
        return _ANSWERS.get(self, ())

    @property
    def is_staffs(self) -> bool:
        """Whether staff ever bring a ticket into this state."""
        return any(self in following for following in _NEXT.values())

    @property
    def is_ours(self) -> bool:
        """Whether the next step is the company's."""
        return self in _OURS

    @property
    def needs_words(self) -> bool:
        """Whether the customer must be told something with it."""
        return self in {TicketState.PROPOSED, TicketState.ANSWERED}


_NEXT = {
    TicketState.OPEN: (TicketState.IN_PROGRESS, TicketState.PROPOSED, TicketState.ANSWERED, TicketState.CLOSED),
    TicketState.IN_PROGRESS: (TicketState.PROPOSED, TicketState.ANSWERED, TicketState.CLOSED),
    TicketState.PROPOSED: (TicketState.IN_PROGRESS, TicketState.PROPOSED, TicketState.CLOSED),
    TicketState.ACCEPTED: (TicketState.IN_PROGRESS, TicketState.CLOSED),
    TicketState.OBJECTED: (TicketState.IN_PROGRESS, TicketState.PROPOSED, TicketState.CLOSED),
    TicketState.ANSWERED: (TicketState.IN_PROGRESS, TicketState.CLOSED),
    TicketState.CLOSED: (TicketState.IN_PROGRESS,),
}
_ANSWERS = {
    TicketState.PROPOSED: (TicketState.ACCEPTED, TicketState.OBJECTED),
    TicketState.ACCEPTED: (TicketState.OBJECTED,),
    TicketState.ANSWERED: (TicketState.OBJECTED,),
}
_OURS = {TicketState.OPEN, TicketState.IN_PROGRESS, TicketState.ACCEPTED, TicketState.OBJECTED}

ABOUTS = (
    "complaint",
    "suggestion",
    "lost_parcel",
    "return",
    "fee_dispute",
    "written_request",
    "callback",
    "other",
)
"""What a ticket can be about."""

A_PAGE = 50
MOST_COUNTED = 10_000
"""Of more than these in a list nobody is told how many there are, or shown what lies behind."""


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A ticket in a list. `customer`: by name where it is known. `due_at`: until when the company must have done the
    next step, None while it is the customer's turn; `overdue`: that time is over."""

    number: str
    about: str
    state: TicketState
    conversation: str
    customer: str | None
    order: str | None
    owner: str | None
    opened_at: float
    due_at: float | None
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class TicketEvent:
    """What happened. `actor`: "customer" or a member of staff's id. `kind`: "state", "owner", "due" (`value` is the new
    one), "note" (colleagues' words), "words" (the customer's) or "untold": the customer was not told, and `value` is a
    key of the desk's texts that says why. `delivery`: what became of the message to the customer, None where none was
    sent or nobody remembers."""

    at: float
    actor: str
    kind: str
    value: str
    words: str
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket with all that belongs to it. `reachable`: whether what is sent to the chat arrives; `theirs`: whether
    the chat still belongs to the customer who opened it; `missing`: how many of its files are no longer kept."""

    line: TicketLine
    words: str
    reply_to: str
    attachments: tuple[Attachment, ...]
    events: tuple[TicketEvent, ...]
    reachable: bool = True
    theirs: bool = True
    missing: int = 0


@dataclass(frozen=True, slots=True)
class TicketCounts:
    """How many are not closed, in each state, one's own, and overdue."""

    states: Mapping[TicketState, int]
    mine: int
    overdue: int

    @property
    def all_open(self) -> int:
        """All that are not closed."""
        return sum(self.states.values())


class TicketDesk(Protocol):
    """Whoever may not see a ticket's conversation gets `errors.NoSuchThing`. Each change of state reaches the customer
    in the chat, in their language, in order and once: it is kept together with the message that tells it. `id` is the
    page's own; the same again changes nothing."""

    async def tickets(
        self,
        agent: Agent,
        *,
        states: Sequence[TicketState] = (),
        owner: str = "",
        overdue: bool = False,
        about: str = "",
        page: int = 1,
    ) -> tuple[Sequence[TicketLine], int]:
        """A page of `A_PAGE`, the most urgent first, and how many there are in all (`MOST_COUNTED`: so many, or more).
        Without `states`: all that are not closed; closed ones are a list of their own."""

    async def counts(self, agent: Agent) -> TicketCounts:
        """Of those that the agent may see."""

    async def ticket(self, agent: Agent, number: str) -> Ticket:
        """One with its history."""

    async def attachment(self, agent: Agent, number: str, ref: str) -> tuple[Attachment, bytes] | None:
        """One of the ticket's own files."""

    async def move(self, agent: Agent, id: str, number: str, state: TicketState, words: str) -> None:
        """Into another state; `words` are for the customer (a proposal or an answer needs some). Raises
        `errors.NotTaken` where that state does not follow."""

    async def give(self, agent: Agent, id: str, number: str, owner: str) -> None:
        """Make a colleague see to it, "" for nobody. Raises `errors.NotTaken` for no colleague."""

    async def due(self, agent: Agent, id: str, number: str, at: float) -> None:
        """Until when it must be done. Raises `errors.NotTaken` for a time that is past, or of a closed ticket."""

    async def note(self, agent: Agent, id: str, number: str, words: str) -> None:
        """Words for colleagues. Raises `errors.NotTaken` for none, or too many."""

    async def open(self, agent: Agent, id: str, conversation: str, about: str, words: str, order: str) -> str:
        """A ticket for a customer who asks a person; returns its number. The customer is told it."""

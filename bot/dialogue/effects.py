"""What a flow may wish for beyond words: reads, answered at once, and acts, which change the world.

A flow's handler only records the wish. The engine hands a `Read` to its driver within the turn. An `Act`
becomes a row of the conversation's lane in the same transaction as the answer; a worker does it with an
idempotency key and brings its `Outcome` back as an event. Either way the outcome's `trigger` fires in the
flow that wished.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an effect: the trigger to fire, and the values its handlers find in `event.kwargs`.

    `links`: the customer to whom the chat was just proven to belong. `unlinks`: it belongs to nobody any more.
    Only these change whose chat it is; a flow cannot.
    """

    trigger: str
    values: Mapping[str, Any] = field(default_factory=dict)
    links: str | None = None
    unlinks: bool = False


class Effect:
    """A wish. Concrete effects are frozen dataclasses of plain JSON values.

    `outcomes` lists every trigger that may come back; `tepai check` wants a transition for each.
    """

    outcomes: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def kind(cls) -> str:
        """The name under which the effect is stored and performed."""
        return cls.__name__

    def to_json(self) -> dict[str, Any]:
        """The effect's fields as plain JSON values."""
        return dataclasses.asdict(self)  # type: ignore[call-overload,no-any-return]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The reverse of `to_json`."""
        return cls(**data)


class Read(Effect):
    """Answered at once; changes nothing."""


class Act(Effect):
    """Changes the world: done by a worker, once, with an idempotency key."""


@dataclass(frozen=True, slots=True)
class Remind(Act):
    """Start `flow` with `slots` after `seconds`, unasked. Cancelled by a later `Remind` of the same `name`."""

    name: str
    seconds: float
    flow: str
    slots: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SendCode(Act):
    """Send a one-time code to a phone number or e-mail address, if it is on file. Nobody is told whether it is."""

    outcomes: ClassVar[tuple[str, ...]] = ("code_sent", "code_locked")
    contact: str


@dataclass(frozen=True, slots=True)
class CheckCode(Act):
    """Compare a one-time code. Values: `left` (tries) with code_wrong, `seconds` with code_locked."""

    outcomes: ClassVar[tuple[str, ...]] = ("code_right", "code_wrong", "code_expired", "code_locked")
    code: str


@dataclass(frozen=True, slots=True)
class Unlink(Act):
    """Forget which customer this chat belongs to."""

    outcomes: ClassVar[tuple[str, ...]] = ("unlinked",)


@dataclass(frozen=True, slots=True)
class HandOver(Act):
    """Put the conversation into the staff queue, with a brief. Values: `position` (1 is next), `waiting`, `open` and
    `opens_at` (hours; None: not within a year), `minutes` that one waits as a rule (None: unknown), `number` of the
    ticket that promises to call back, where nobody is there now (else None)."""

    outcomes: ClassVar[tuple[str, ...]] = ("queued",)
    reason: str
    brief: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FindPlace(Read):
    """Where this conversation stands in the staff queue. Values: those of `HandOver`, with `minutes` from now on, and
    `late`: it has waited longer than one waits as a rule."""

    outcomes: ClassVar[tuple[str, ...]] = ("place_found", "not_in_queue")


@dataclass(frozen=True, slots=True)
class LeaveQueue(Act):
    """Wait for nobody any more; done as well where nobody was waited for."""

    outcomes: ClassVar[tuple[str, ...]] = ("left_queue",)


@dataclass(frozen=True, slots=True)
class OpenTicket(Act):
    """Open a ticket, with a mail where its kind asks for one. Values: `number`."""

    outcomes: ClassVar[tuple[str, ...]] = ("ticket_opened",)
    about: str
    words: str
    order: str | None
    attachments: list[str]
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class FindTickets(Read):
    """This conversation's (and its customer's) tickets, newest first. Values: `tickets`."""

    outcomes: ClassVar[tuple[str, ...]] = ("tickets_found", "no_tickets")


@dataclass(frozen=True, slots=True)
class FindTicket(Read):
    """One of them. Values: `ticket`, with the `words` of the proposal or answer that stands."""

    outcomes: ClassVar[tuple[str, ...]] = ("ticket_found", "ticket_missing")
    number: str


@dataclass(frozen=True, slots=True)
class AnswerProposal(Act):
    """Accept a proposal, or object to it (or to an answer). Values: `state` the ticket is in then; with answer_late it
    had moved on, and nothing was changed."""

    outcomes: ClassVar[tuple[str, ...]] = ("answer_taken", "answer_late")
    number: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class AddToTicket(Act):
    """Keep more of the customer's words with their ticket."""

    number: str
    words: str


@dataclass(frozen=True, slots=True)
class ReadDesk(Read):
    """Who can be reached now. `reason`: that of the handover it may become. Values: `here` (whether somebody who may
    take it is at the desk), `open` and `opens_at` by the hours, `hotline`, `hours`, `email`, `weibo`, `wechat`,
    `waiting`."""

    reason: str = "asked"
    outcomes: ClassVar[tuple[str, ...]] = ("desk_read",)


@dataclass(frozen=True, slots=True)
class KeepFeedback(Act):
    """Keep what the customer thought of the help."""

    about: str
    score: int
    words: str

"""What can happen to a conversation: everything the engine is ever told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.dialogue.effects import Outcome
from bot.messages import Attachment


@dataclass(frozen=True, slots=True)
class Said:
    """The customer wrote something, or sent pictures or files. `language`: the client's own hint, if any. `seen` and
    `ready_made`: see `bot.messages.Incoming`."""

    text: str
    attachments: tuple[Attachment, ...] = ()
    language: str | None = None
    seen: str | None = None
    ready_made: bool = False


@dataclass(frozen=True, slots=True)
class Pressed:
    """The customer pressed a button; `token` comes from outside and may be stale or forged."""

    token: str


@dataclass(frozen=True, slots=True)
class LinkOpened:
    """The customer came by a deep link, already verified to mean this customer; None: it was forged or expired."""

    customer: str | None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """An act was done. `act` is the id the engine gave it."""

    act: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Delayed:
    """An act could not be done yet because the order service does not answer; it is being tried again."""

    act: str


@dataclass(frozen=True, slots=True)
class Woke:
    """Something the conversation waited for: a reminder came due, or a watched order moved."""

    flow: str
    slots: Mapping[str, Any] = field(default_factory=dict)


class How(StrEnum):
    """What staff did with a conversation, as far as its customer is concerned."""

    TAKEN = "taken"
    PASSED_ON = "passed_on"
    TO_QUEUE = "to_queue"
    RETURNED = "returned"
    LEFT = "left"
    CONTINUED = "continued"
    FRESH = "fresh"
    SILENT = "silent"
    CLOSED = "closed"
    UNANSWERED = "unanswered"
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class Attended:
    """Staff did something with the conversation. `RETURNED`: nobody answered, and it waits in the queue again; `LEFT`:
    the same, while the customer waited for nothing; `UNANSWERED`: closed, because the customer said nothing more;
    `TOLD`: `values["told"]`, or nothing, is told of what was done to `values["order"]`. The other values fill the text:
    `agent` is the name of who has it now, `opens_at` when somebody is there again, where nobody is now."""

    how: How
    values: Mapping[str, Any] = field(default_factory=dict)


Event = Said | Pressed | LinkOpened | Happened | Delayed | Woke | Attended

"""The queue and what an agent does with a conversation: take it, answer, pass it on, give it back, close it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol

from bot.channel import Receipt
from bot.desk.people import Agent
from bot.messages import Attachment

QUEUE = "desk:queue"
"""What `Wakes.watch` wakes for when any line of the queue has changed: who has what, or what its customer said last."""


class Status(StrEnum):
    """Where a conversation stands in the queue."""

    WAITING = "waiting"
    TAKEN = "taken"
    CLOSED = "closed"


class Resume(StrEnum):
    """How the bot goes on when it gets a conversation back."""

    CONTINUE = "continue"
    """With the question that was open, asked again."""
    FRESH = "fresh"
    """As if the customer had just come."""
    SILENT = "silent"
    """Without a word until the customer writes."""


class Ending(StrEnum):
    """How a conversation ended, by the agent's own word."""

    SOLVED = "solved"
    NOT_SOLVED = "not_solved"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of the queue. `conversation` is where it leads; `agent`: the id of who has it; `customer`: the name, or
    the id where the order service knows none, None for a chat linked to nobody. `unanswered_since`: since when the
    customer has waited for a person's words, None when the last words are a person's. `due_at`: until when somebody
    should have taken it; `last`: the beginning of the customer's newest words, and `wish` what they want, in a line."""

    conversation: str
    channel: str
    status: Status
    reason: str
    priority: int
    team: str
    language: str
    opened_at: float
    customer: str | None = None
    agent: str | None = None
    claimed_at: float | None = None
    unanswered_since: float | None = None
    due_at: float | None = None
    returned: int = 0
    last: str = ""
    wish: str = ""
    unreachable: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What an agent sends. `id`: the page's own, by which a repeat is known; `seen`: the highest seq that was on
    screen when it was sent, None when the agent has confirmed, or the route cannot tell."""

    id: str
    text: str
    attachments: tuple[Attachment, ...] = ()
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Brief:
    """What the next person must know. `why`: the reason; `wish`: the customer's wish in one line; `doing`: what the
    bot was about (flow, state, slots); `diagnosis`: causes with their evidence, each a line in the desk's language;
    `tried`: what the bot and colleagues did, each with its time; `held`: the bot's messages that were not sent."""

    conversation: str
    channel: str
    language: str
    customer: str | None
    customer_name: str
    why: str
    wish: str
    order: str | None = None
    doing: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    diagnosis: tuple[str, ...] = ()
    tried: tuple[tuple[float, str], ...] = ()
    slots: tuple[tuple[str, str], ...] = ()


class Work(Protocol):
    """Whoever may not see a conversation gets `errors.NoSuchThing`, as if it did not exist. Every call that changes
    something is kept in the audit trail and wakes whoever watches `QUEUE` or the conversation."""

    async def queue(self, agent: Agent) -> Sequence[Waiting]:
        """What waits and what is taken, of the teams the agent may see: one's own first, then what is most urgent."""

    async def brief(self, agent: Agent, conversation: str) -> Brief:
        """What to know before the first word."""

    async def claim(self, agent: Agent, conversation: str) -> None:
        """Take it, from the queue or from the bot. When this returns, the bot is silent there. Again does no harm.
        Raises `errors.HeldByOther`."""

    async def reply(self, agent: Agent, conversation: str, reply: Reply) -> Receipt:
        """Send to the customer; takes the conversation over first when nobody has it. The same id again is a duplicate
        and sends nothing. Raises `errors.HeldByOther`, `errors.NewerWords` when the customer has said more than
        `reply.seen`, or `errors.StoreUnavailable`, having kept nothing."""

    async def transfer(self, agent: Agent, conversation: str, *, to: str = "", team: str = "", words: str = "") -> None:
        """To a colleague, or into a team's queue ("": anybody's), with words for whoever takes it. A lead may pass on
        what somebody else has. Raises `errors.HeldByOther`, `errors.NotTaken` when there is no such colleague or
        team."""

    async def hand_back(self, agent: Agent, conversation: str, resume: Resume) -> None:
        """Give it back to the bot. Raises `errors.HeldByOther`."""

    async def close(self, agent: Agent, conversation: str, ending: Ending) -> None:
        """The customer is told, is asked how it was, and the bot listens again. Raises `errors.HeldByOther`."""

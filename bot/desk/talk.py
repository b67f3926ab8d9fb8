"""A conversation as staff see it: both sides' words with what became of each, notes, tags, drafts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.channel import Wake
from bot.desk.people import Agent
from bot.messages import Attachment, Choice


class Delivery(StrEnum):
    """What became of a message. `HELD`: a person took over before it was sent; `FAILED`: see `Line.why`."""

    RECEIVED = "received"
    QUEUED = "queued"
    SENT = "sent"
    HELD = "held"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `seq` is its key: the same seq again, in another state, replaces it. `sender`: "customer", "bot" or
    "staff"; `author`: the member of staff's id. `id`: the page's own id of a message it sent. `why`: why it failed, a
    key of the desk's texts, or of the channel's own words."""

    seq: int
    at: float
    sender: str
    text: str
    delivery: Delivery
    author: str = ""
    choices: tuple[Choice, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    pressed: bool = False
    id: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the channel allows now. `reachable`: False when the customer blocked the bot or is gone. `left`: how many
    messages may still be sent, None for any number; with a number, the rest is as `bot.channel.Standing` tells it:
    `until` when, `why` (a key of the desk's texts), how many are `kept`, and whether the last one is `reserved`."""

    reachable: bool = True
    until: float | None = None
    left: int | None = None
    why: str = ""
    kept: int = 0
    reserved: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A colleague's words that the customer never sees."""

    id: str
    at: float
    author: str
    words: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What a colleague is writing at this moment."""

    author: str
    words: str
    at: float


@dataclass(frozen=True, slots=True)
class Aside:
    """Everything beside the lines that may change while one looks: who has it, and what colleagues keep there.
    `status`: a `work.Status`, or "" where nobody asked for a person; `team`: whose it is, so that one reading serves
    all who look, each of whom may see it or not; `customer_wrote_at`: when the customer last gave a sign of writing,
    None where that is longer ago than `bot.channel.WRITING_LASTS`."""

    owner: str | None
    status: str
    limits: Limits
    team: str = ""
    notes: tuple[Note, ...] = ()
    tags: tuple[str, ...] = ()
    drafts: tuple[Draft, ...] = ()
    customer_wrote_at: float | None = None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another conversation of the same customer. `last_at`: the newest words in it."""

    conversation: str
    channel: str
    last_at: float
    owner: str | None


@dataclass(frozen=True, slots=True)
class Canned:
    """A reply that is written once. `words` may name {customer}, {agent}, {order}, {company} and {hotline}."""

    id: int
    shortcut: str
    language: str
    title: str
    words: str


class Wakes(Protocol):
    """Be woken, in whatever process it happened."""

    def watch(self, topic: str) -> AbstractContextManager[Wake]:
        """`topic`: a conversation, or `work.QUEUE`."""


class Talks(Wakes, Protocol):
    """Whoever may not see a conversation gets `errors.NoSuchThing`, as if it did not exist."""

    async def lines(self, agent: Agent, conversation: str, after: int = 0, limit: int = 200) -> Sequence[Line]:
        """What was said with a seq above `after`, in order, whatever became of it; with 0, the newest `limit`."""

    async def before(self, agent: Agent, conversation: str, seq: int, limit: int = 200) -> Sequence[Line]:
        """The newest `limit` lines below `seq`, in order."""

    async def aside(self, agent: Agent, conversation: str) -> Aside:
        """What stands beside the lines now."""

    async def send_again(self, agent: Agent, conversation: str, seq: int) -> int:
        """Send again what failed, once; returns its new seq. Raises `errors.NoSuchThing`, `errors.HeldByOther`."""

    async def note(self, agent: Agent, conversation: str, id: str, words: str) -> None:
        """Keep a note; the same id again changes nothing."""

    async def tag(self, agent: Agent, conversation: str, name: str, *, off: bool = False) -> None:
        """Put a tag on, or take it off. Raises `errors.NotTaken` for a name that is none."""

    async def draft(self, agent: Agent, conversation: str, words: str) -> None:
        """What the agent is writing, "" for no more. Shown to the customer as "is writing" where the channel can."""

    async def keep_attachment(
        self, agent: Agent, conversation: str, name: str, media_type: str, data: bytes
    ) -> Attachment:
        """Store a picture or file of the agent's. Raises `ValueError` when it is too large or empty."""

    async def attachment(self, agent: Agent, conversation: str, ref: str) -> tuple[Attachment, bytes] | None:
        """The stored bytes, only for the conversation they belong to."""

    async def elsewhere(self, agent: Agent, conversation: str) -> Sequence[Elsewhere]:
        """The same customer's other conversations, newest first; none for a chat linked to nobody."""

    async def canned(self) -> Sequence[Canned]:
        """All of them, by shortcut."""

    async def keep_canned(self, agent: Agent, canned: Canned) -> None:
        """A new one (id 0) or a changed one; leads only. Raises `errors.NotTaken` for a shortcut that is used."""

    async def drop_canned(self, agent: Agent, id: int) -> None:
        """Remove it; leads only."""

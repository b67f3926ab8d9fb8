"""What the runtime asks of a channel, and what a channel says it can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from bot.messages import Address, Attachment, Entry, Incoming, Outgoing


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can show; the dialogue never asks which channel it is."""

    buttons: bool = True
    edits: bool = False
    typing: bool = False
    max_text: int = 4096


class Standing(Protocol):
    """What a channel that counts still lets us say to a customer, for staff.

    `left` messages until `until` (seconds since 1970), because of `why`: the customer's "message", "click", "scan" or
    "follow". `until` and `why` are None when no time is open; with a time and `left` 0, its count is used up; `why`
    "account": the account may only answer. `kept`: messages, or parts of them, that wait for the next chance.
    `reserved`: the last message is kept for staff, because the customer wants a human. `now`: when this was, by the
    clock of `until`.
    """

    @property
    def left(self) -> int: ...  # noqa: D102

    @property
    def until(self) -> float | None: ...  # noqa: D102

    @property
    def why(self) -> str | None: ...  # noqa: D102

    @property
    def kept(self) -> int: ...  # noqa: D102

    @property
    def reserved(self) -> bool: ...  # noqa: D102

    @property
    def now(self) -> float: ...  # noqa: D102


WRITING_LASTS = 6.0
"""Seconds after which a sign that somebody writes tells nothing any more."""
WRITING_AGAIN = 3.0
"""Seconds within which a second sign would tell nothing new."""


@dataclass(frozen=True, slots=True)
class Counterpart:
    """Whom the customer talks to. `person`: the name of the member of staff who has the conversation, "" for one who is
    not known any more, None while it is the bot's; `writing_at`: when that person last gave a sign of writing, None
    where that is longer ago than `WRITING_LASTS`; `place`: in the queue, 1 is next, None when not waiting."""

    person: str | None = None
    writing_at: float | None = None
    place: int | None = None


def counterpart_of(conversation: str) -> str:
    """What `Service.watch` wakes for when its `Counterpart` may have become another."""
    return f"{conversation}#counterpart"


class Channel(Protocol):
    """One way to reach customers. `name` is the first part of its conversations' ids."""

    name: str
    capabilities: Capabilities

    async def send(self, address: Address, message: Outgoing, seq: int) -> None:
        """Hand one message to the channel; `seq` is its place in the conversation's log.

        Raises `errors.Later` when it should be tried again, `errors.Unreachable` when the customer can
        no longer be reached, `errors.Undeliverable` when this message never will arrive.
        """


@runtime_checkable
class Counting(Protocol):
    """A channel that does not let us say whatever we like whenever we like."""

    async def standing(self, address: Address) -> Standing:
        """What may still be said there. Raises `errors.StoreUnavailable`."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message: its place in the conversation's log; `duplicate` when it was known already."""

    seq: int
    duplicate: bool = False


class Wake(Protocol):
    """Set whenever something that is watched has changed, as a conversation whose log has grown; the reader clears it
    by waiting."""

    async def wait(self, timeout: float | None = None) -> bool:
        """Return True when something has changed since the last call, False when `timeout` seconds passed."""

    def take(self, topic: str) -> bool:
        """Whether this one may have changed since the last call for it."""


class Service(Protocol):
    """What an adapter is handed: the one door into the core."""

    async def receive(self, message: Incoming) -> Receipt:
        """Take one message durably. When this returns, the message counts as acknowledged.

        Raises `errors.StoreUnavailable`, having acknowledged nothing.
        """

    async def history(self, conversation: str, after: int = 0, limit: int = 200) -> Sequence[Entry]:
        """What both sides said with a seq above `after`, in order, never past a message still to be delivered.
        With `after` 0, the newest `limit` entries."""

    def watch(self, *topics: str) -> AbstractContextManager[Wake]:
        """Be woken when a conversation's log grows; then read `history` after the last seq seen. Or when anything else
        that is a topic changes, such as `counterpart_of` a conversation."""

    async def counterpart(self, conversation: str) -> Counterpart:
        """Whom its customer talks to now. Raises `errors.StoreUnavailable`."""

    async def customer_writes(self, address: Address) -> None:
        """The customer is writing at this moment, for a person who has the conversation to see. Costs nothing when told
        more often than makes sense. Raises `errors.StoreUnavailable`."""

    async def keep_attachment(self, address: Address, name: str, media_type: str, data: bytes) -> Attachment:
        """Store a picture or file. Raises `ValueError` when it is too large or empty."""

    async def attachment(self, address: Address, ref: str) -> tuple[Attachment, bytes] | None:
        """The stored bytes, only for the conversation they belong to."""


class Notes(Protocol):
    """What a channel has to remember of a conversation beyond one message, such as the id of a message that it will
    edit later. Plain JSON values, few and small; shared by all processes."""

    async def read(self, conversation: str) -> Mapping[str, Any]:
        """The note as last written; empty at first. Raises `errors.StoreUnavailable`."""

    async def write(self, conversation: str, note: Mapping[str, Any]) -> None:
        """Replace the note, durably. Raises `errors.StoreUnavailable`."""


class Turns(Protocol):
    """Lets one of several processes at a time do what must not be done twice at once."""

    async def take(self, name: str, seconds: float) -> str | None:
        """A token while nobody else has the turn, at most for so long; None while somebody has."""

    async def keep(self, name: str, token: str, seconds: float) -> bool:
        """Have it for so long from now; False when it ran out and is somebody else's."""

    async def leave(self, name: str, token: str) -> None:
        """Give the turn back before its time is over."""

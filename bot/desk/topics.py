"""The topics of a group in a messenger, in which staff read conversations and answer from their phones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class State(StrEnum):
    """How far a topic is. `NEW`: what stands first in it is still to be said; `CLOSING`: the last words are said;
    `GONE`: somebody deleted it."""

    NEW = "new"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Topic:
    """The topic of a conversation. `seq`: the newest line shown there; `newest`: the newest there is."""

    conversation: str
    thread: int
    seq: int
    state: State
    newest: int


class Topics(Protocol):
    """Which topic shows which conversation; shared by all processes. Raises `errors.StoreUnavailable`."""

    async def find(self, conversation: str, chat: int) -> Topic | None:
        """The conversation's in this group."""

    async def unfinished(self, chat: int) -> Sequence[Topic]:
        """All that are neither closed nor gone."""

    async def put(self, conversation: str, chat: int, thread: int) -> None:
        """This one from now on, new; what was shown counts as shown."""

    async def conversation(self, chat: int, thread: int) -> str | None:
        """What the topic shows."""

    async def shown(self, conversation: str, seq: int) -> None:
        """Lines up to `seq` need not be shown any more, and its beginning is said."""

    async def turn(self, conversation: str, state: State) -> None:
        """It is in this state."""

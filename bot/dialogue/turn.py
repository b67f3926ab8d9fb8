"""What one turn of the engine asks for and gives back."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Protocol

from bot.dialogue.conversation import Conversation
from bot.dialogue.effects import Act, Outcome, Read
from bot.dialogue.events import Event
from bot.messages import Outgoing


@dataclass(frozen=True, slots=True)
class Request:
    """An act to be done by a worker. `id` is unique in the conversation and comes back in `Happened`."""

    id: str
    act: Act


@dataclass(slots=True)
class Turn:
    """What one event led to: the conversation as it stands now, and what to say and do, in this order. `ways`: how
    flows moved on, for who counts that: "flow/state/trigger/state", and so on as long as it is the same flow."""

    conversation: Conversation
    steps: list[Outgoing | Request] = field(default_factory=list)
    ways: list[str] = field(default_factory=list)

    @property
    def messages(self) -> list[Outgoing]:
        """Only what is said."""
        return [step for step in self.steps if isinstance(step, Outgoing)]


class Dialogue(Protocol):
    """The engine as its driver sees it; it does no input or output of its own."""

    def turn(self, conversation: Conversation, event: Event, now: float) -> Generator[Read, Outcome, Turn]:
        """Yields each `Read` it needs and is sent its `Outcome`; returns the turn. Does not change
        `conversation`. Never raises; a customer's own event never leads to nothing: there is a message, or an act
        whose outcome brings one."""

    def knows(self, flow: str) -> bool:
        """Whether there is a flow of this name: a newer version may have had more."""

    def counts_always(self, conversation: Conversation, event: Event) -> bool:
        """Whether it answers the company's own question, and so counts while a member of staff has the conversation."""

"""What a member of staff does to a conversation, as one step: like a customer's message it is kept once, or not at
all, whatever else happens to the conversation at that moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.dialogue.events import Event
from bot.messages import Outgoing
from bot.store.attending import Also
from bot.store.conversations import Loaded


def _nothing_else(_: object) -> None:
    """Nothing else is kept."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What is to be. `owner`: who has the conversation from then on, None for the bot; `author`: whose words those are
    that the customer reads; `event`: what the dialogue is told, and may say something about; `words`: what is said
    besides; `also`: what else is kept, in the same transaction; `signs`: whether what the dialogue says is the author's
    word, as long as a person has the conversation."""

    owner: str | None
    author: str
    event: Event | None = None
    words: Sequence[Outgoing] = ()
    also: Also = _nothing_else
    signs: bool = True

    def signed(self, message: Outgoing) -> Outgoing:
        """As it stands in the log: while a person has the conversation, everything that is said is theirs."""
        if self.owner is None or not self.signs:
            return message
        return replace(message, sender="staff", values={**message.values, "author": self.author})


Plan = Callable[[Loaded], Deed]
"""Decides by the conversation as it is now; asked again when it has moved on meanwhile. Raises what refuses it."""

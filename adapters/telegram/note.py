"""What the channel remembers of a chat between two messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

MOST_CARDS = 20
PASSING = ("seq", "done", "doubts")


@dataclass(slots=True)
class Note:
    """`keyboard`: the message whose buttons still show, and `keyboard_seq` its place in the log. `cards`: the
    message that shows a thing's state. `seq`: the message that was begun last, `done` how many of its calls were
    made, `doubts` how often the next one may have arrived unheard. `contact`: the keyboard that asks for the phone
    number is up."""

    keyboard: int | None = None
    keyboard_seq: int = 0
    cards: dict[str, int] = field(default_factory=dict)
    seq: int = 0
    done: int = 0
    doubts: int = 0
    contact: bool = False

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """The note as stored, perhaps by another version."""
        return cls(**{name: value for name, value in stored.items() if name in cls.__slots__})

    def to_json(self) -> dict[str, Any]:
        """Only what says something."""
        found = {name: value for name in self.__slots__ if (value := getattr(self, name))}
        return {**found, "cards": dict(self.cards)} if self.cards else found

    def lasting(self) -> dict[str, Any]:
        """Only what outlasts the message."""
        return {name: value for name, value in self.to_json().items() if name not in PASSING}

    def begin(self, seq: int) -> int:
        """How many calls of this message were made already."""
        if self.seq != seq:
            self.seq, self.done, self.doubts = seq, 0, 0
        return self.done

    def made(self) -> None:
        """One more call of the message was made."""
        self.done += 1
        self.doubts = 0

    def put_card(self, name: str, message: int) -> None:
        """Remember the message that shows this thing's state; the oldest is forgotten."""
        self.cards[name] = message
        for oldest in list(self.cards)[:-MOST_CARDS]:
            del self.cards[oldest]

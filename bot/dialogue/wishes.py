"""What a flow's handlers record. The engine grants the wishes after the transition, in the order they were made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.dialogue.conversation import Question
from bot.dialogue.effects import Effect


class Reply:
    """One choice of a question: `then` fires a trigger in the asking flow, `start` begins another flow.

    The label is the text `choices.KEY` of the flow, or of `common` where the flow has none, unless `label`
    names another text. Further arguments go to the trigger or become the new flow's slots, and fill the label.
    """

    __slots__ = ("key", "label", "start", "then", "values")

    def __init__(
        self, key: str, *, then: str | None = None, start: str | None = None, label: str | None = None, **values: Any
    ) -> None:
        if (then is None) == (start is None):
            raise ValueError(f"the choice {key!r} needs either a trigger (then) or a flow (start)")
        self.key = key
        self.then = then
        self.start = start
        self.label = label
        self.values = values


@dataclass(slots=True)
class Say:
    """Say a text."""

    text: str
    values: dict[str, Any]


@dataclass(slots=True)
class Ask:
    """Ask a question and wait for the customer."""

    text: str
    replies: tuple[Reply, ...]
    wants: dict[str, str]
    values: dict[str, Any]


@dataclass(slots=True)
class Want:
    """Have an effect."""

    effect: Effect


@dataclass(slots=True)
class Call:
    """Run another flow; `then` fires here with its result."""

    flow: str
    then: str
    slots: dict[str, Any]


@dataclass(slots=True)
class Go:
    """End here and go on in another flow."""

    flow: str
    slots: dict[str, Any]


@dataclass(slots=True)
class Suggest:
    """Offer what could come next, once nothing else is open."""

    text: str
    replies: tuple[Reply, ...]
    values: dict[str, Any]

    def repeats(self, offer: Question | None) -> bool:
        """Whether the same was offered already, about the same order."""
        if offer is None or offer.text != self.text:
            return False
        return bool(offer.values.get("order") == self.values.get("order"))


@dataclass(slots=True)
class Give:
    """The result for the flow that called this one."""

    values: dict[str, Any] = field(default_factory=dict)


Wish = Say | Ask | Want | Call | Go | Suggest | Give

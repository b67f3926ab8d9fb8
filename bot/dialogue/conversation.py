"""What the dialogue remembers of one conversation between two messages; plain JSON in the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter


@dataclass(slots=True)
class Answer:
    """One choice of a question. It either fires `trigger` in the asking flow with `values`, or starts `flow` with
    `values` as its slots. `label` is a text key."""

    key: str
    label: str
    trigger: str | None = None
    flow: str | None = None
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Question:
    """What the customer was asked: text key and values, choices, and which entities are answers.

    `number` grows with every question of the conversation, so an older question's buttons can be told apart.
    `wants` maps an entity's name to the trigger it fires. `label_values` fill the choices' labels. `asked_at`: when it
    was put last; 0 in what an older version has stored.
    """

    number: int
    text: str
    values: dict[str, Any] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    wants: dict[str, str] = field(default_factory=dict)
    asked_at: float = 0.0


@dataclass(slots=True, eq=False)
class Step:
    """A place to go back to: a question that was open, with the state and slots it was asked in."""

    state: str
    slots: dict[str, Any]
    question: Question


@dataclass(slots=True, eq=False)
class Frame:
    """One flow under way. `awaits`: the act whose outcome it waits for. `then`: the trigger that the flow below
    gets when this one ends (None: this one came as an interruption and owes nobody a result)."""

    flow: str
    version: int
    state: str
    slots: dict[str, Any] = field(default_factory=dict)
    question: Question | None = None
    trail: list[Step] = field(default_factory=list)
    awaits: str | None = None
    then: str | None = None


@dataclass(slots=True)
class Conversation:
    """`offer` is a question nobody's flow waits for: suggestions after a flow has ended. `misses` counts messages
    in a row that were not understood. `queued`: the customer waits for a member of staff."""

    language: str = "zh"
    language_chosen: bool = False
    customer: str | None = None
    frames: list[Frame] = field(default_factory=list)
    offer: Question | None = None
    misses: int = 0
    questions: int = 0
    acts: int = 0
    greeted: bool = False
    pressed: str = ""
    pressed_at: float = 0.0
    queued: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        found: dict[str, Any] = _CONVERSATION.dump_python(self, mode="json", exclude_defaults=True)
        return found

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Conversation:
        """The reverse of `to_json`; unknown keys of a newer version are dropped."""
        return _CONVERSATION.validate_python(dict(data))


_CONVERSATION = TypeAdapter(Conversation)

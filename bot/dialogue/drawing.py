"""A flow's machine as a Mermaid state diagram."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.dialogue.checks.wished import Row, rows
from bot.dialogue.flow import Flow

RESERVED = frozenset({"end", "state", "note", "class", "classdef", "direction", "hide", "scale", "style", "as"})
"""State names that Mermaid would take for its own words."""


def mermaid(flow: type[Flow]) -> str:
    """The diagram's source: every state, every transition with its conditions, ends to [*]."""
    return "\n".join(["stateDiagram-v2", *(f"    {line}" for line in _lines(flow))]) + "\n"


def _lines(flow: type[Flow]) -> Iterator[str]:
    for name in flow.machine.states:
        if _id(name) != name:
            yield f'state "{name}" as {_id(name)}'
    yield f"[*] --> {_id(flow.initial)}"
    for row in rows(flow):
        yield f"{_id(row.source)} --> {_id(row.dest or row.source)}: {row.trigger}{_guard(row)}"
    for name, state in flow.machine.states.items():
        if state.final:
            yield f"{_id(name)} --> [*]"


def _id(name: str) -> str:
    return f"{name}_" if name.lower() in RESERVED else name


def _guard(row: Row) -> str:
    told = [_condition(condition, wanted) for condition, wanted in row.conditions]
    return f" [{' and '.join(told)}]" if told else ""


def _condition(condition: Any, wanted: bool) -> str:
    name = condition if isinstance(condition, str) else condition.__name__
    return name if wanted else f"not {name}"

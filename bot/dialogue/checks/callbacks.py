"""Rules on the names in a flow's tables: transitions takes misspelt ones, and fails only when a customer gets there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.dialogue.checks.code import method
from bot.dialogue.checks.problem import Problem
from bot.dialogue.checks.wished import rows, wishes
from bot.dialogue.flow import Flow


def check_callbacks(flow: type[Flow]) -> Iterator[Problem]:
    """Unknown handlers and conditions, and conditions that wish."""
    for where, callback in dict.fromkeys(_callbacks(flow)):
        if isinstance(callback, str) and method(flow, callback) is None:
            yield Problem(flow.name, f"there is no handler {callback!r}", where)
    for where, condition in dict.fromkeys(_conditions(flow)):
        if not isinstance(condition, str):
            continue
        if method(flow, condition) is None:
            yield Problem(flow.name, f"there is no condition {condition!r}", where)
        for wish in wishes(flow, condition):
            yield Problem(flow.name, f"the condition {condition!r} must wish nothing, not {wish.kind}()", wish.where)


def _callbacks(flow: type[Flow]) -> Iterator[tuple[str, Any]]:
    for name, state in flow.machine.states.items():
        for callback in (*state.on_enter, *state.on_exit):
            yield f"state {name}", callback
    for row in rows(flow):
        for callback in row.callbacks:
            yield f"state {row.source}, {row.trigger}", callback


def _conditions(flow: type[Flow]) -> Iterator[tuple[str, Any]]:
    for row in rows(flow):
        for condition, _ in row.conditions:
            yield f"state {row.source}, {row.trigger}", condition

"""Rules on a flow's machine: every state can be reached, and from every state an end."""

from __future__ import annotations

from collections.abc import Iterator

from bot.dialogue.checks.problem import Problem
from bot.dialogue.checks.wished import Row, arrivals, rows, wishes
from bot.dialogue.flow import BEGIN, Flow


def check_machine(flow: type[Flow]) -> Iterator[Problem]:
    """States nobody reaches, states nobody leaves, and triggers that no transition may take."""
    table = rows(flow)
    states = flow.machine.states
    ends = {name for name, state in states.items() if state.final or _hands_on(flow, name)}
    forward = [(row.source, row.dest or row.source) for row in table]
    reached = _closure({flow.initial}, forward)
    ending = _closure(ends, [(dest, source) for source, dest in forward])
    leaving = {row.source for row in table if row.dest not in (None, row.source)}
    if not flow.takes(flow.initial, BEGIN):
        yield Problem(flow.name, f"does not take {BEGIN!r}", f"state {flow.initial}")
    for name in states:
        if name not in reached:
            yield Problem(flow.name, "is never reached", f"state {name}")
        elif name not in ends and name not in leaving:
            yield Problem(flow.name, "has no way out and is no end", f"state {name}")
        elif name not in ending:
            yield Problem(flow.name, "leads to no end", f"state {name}")
        elif name not in ends and name != flow.initial and not _waits(flow, name):
            yield Problem(flow.name, "waits for nothing: no handler asks, calls or wants anything", f"state {name}")
    yield from _falling_through(flow, table)


def _hands_on(flow: type[Flow], state: str) -> bool:
    """Whether another flow may take over from here: by itself, or by a choice."""
    wished = [wish for handler in arrivals(flow)[state] for wish in wishes(flow, handler)]
    choices = [reply for wish in wished if wish.kind == "ask" for reply in wish.replies()]
    return any(wish.kind == "go" for wish in wished) or any(reply.option("start") for reply in choices)


def _waits(flow: type[Flow], state: str) -> bool:
    return any(wish.leads_on() for handler in arrivals(flow)[state] for wish in wishes(flow, handler))


def _closure(start: set[str], steps: list[tuple[str, str]]) -> set[str]:
    found, fresh = set(start), set(start)
    while fresh:
        fresh = {dest for source, dest in steps if source in fresh} - found
        found |= fresh
    return found


def _falling_through(flow: type[Flow], table: list[Row]) -> Iterator[Problem]:
    """A trigger for which, in some state, every condition may fail."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in table:
        groups.setdefault((row.source, row.trigger), []).append(row)
    for (source, trigger), group in groups.items():
        single = {row.conditions[0] for row in group if len(row.conditions) == 1}
        one_must_hold = any((name, not wanted) in single for name, wanted in single)
        if all(row.conditions for row in group) and not one_must_hold:
            yield Problem(flow.name, f"no way on when every condition of {trigger!r} fails", f"state {source}")

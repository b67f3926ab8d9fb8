"""How customers went through the flows: each flow's machine, with what was counted of its ways. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.desk.reports import FlowWays
from bot.dialogue.checks.wished import rows
from bot.dialogue.flow import Flow

Way = tuple[str, str, str]
"""From a state, by a trigger, to a state."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A flow's machine: its states, the first one first, those in which it is over, and its ways."""

    name: str
    states: tuple[str, ...]
    finals: frozenset[str]
    ways: tuple[Way, ...]


def shape_of(flow: type[Flow]) -> Shape:
    """What can be drawn of a flow."""
    states = flow.machine.states
    ordered = (flow.initial, *(name for name in states if name != flow.initial))
    finals = frozenset(name for name, state in states.items() if state.final)
    ways = dict.fromkeys((row.source, row.trigger, row.dest or row.source) for row in rows(flow))
    return Shape(flow.name, ordered, finals, tuple(ways))


def counted_ways(shapes: Iterable[Shape], counts: Iterable[tuple[str, str, int]]) -> Sequence[FlowWays]:
    """`counts`: flow, "state/trigger/state", how often. States and ways of other versions are drawn as well; flows
    that are gone are not."""
    by_flow: defaultdict[str, Counter[Way]] = defaultdict(Counter)
    for flow, way, number in counts:
        source, trigger, dest = way.split("/")
        by_flow[flow][source, trigger, dest] += number
    found = [_counted(shape, by_flow[shape.name]) for shape in shapes]
    return sorted(found, key=lambda flow: (-flow.entered, flow.name))


def _counted(shape: Shape, went: Counter[Way]) -> FlowWays:
    ways = {**dict.fromkeys(shape.ways, 0), **went}
    states = tuple(dict.fromkeys([*shape.states, *(state for way in went for state in (way[0], way[2]))]))
    came: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for (source, _, dest), number in went.items():
        left[source] += number
        came[dest] += number
    initial = shape.states[0]
    stopped = {
        state: came[state] - left[state]
        for state in states
        if state not in shape.finals and state != initial and came[state] > left[state]
    }
    return FlowWays(shape.name, states, shape.finals, ways, stopped, left[initial])

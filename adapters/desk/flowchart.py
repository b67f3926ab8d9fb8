"""A flow drawn as SVG: its states, how many went each way, and where they gave up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import east_asian_width

from markupsafe import Markup

from adapters.desk.layering import Arrow, Point, layout
from adapters.desk.svg import element, number, picture
from bot.desk.reports import FlowWays

HEIGHT = 46.0
NARROW, WIDE, PADDING = 7.4, 13.5, 30.0
LEAST = 84.0
THIN, THICK = 1.2, 7.0
PORT = 20.0
"""How far arrows are apart along a box, at most."""
LOOP = BULGE = 30.0
HEAD = 7.0
"""How long an arrow's head is."""


@dataclass(frozen=True, slots=True)
class Words:
    """How things are called: a state, what led to the next one, how many stopped there."""

    name: str
    about: str
    state: Callable[[str], str]
    trigger: Callable[[str], str]
    stopped: Callable[[int], str]


def draw(flow: FlowWays, words: Words, *, everything: bool) -> Markup:
    """`everything`: states and ways as well that nobody came to or went."""
    ways = {way: count for way, count in flow.ways.items() if count or everything}
    states = [state for place, state in enumerate(flow.states) if everything or not place or _is_met(state, ways)]
    arrows = _arrows(ways)
    widths = {state: _width(_lines(state, flow, words)) for state in states}
    room = {state: width + 2 * LOOP * ((state, state) in arrows) for state, width in widths.items()}
    found = layout(states, list(arrows), room)
    ports = _ports(found.paths, widths)
    most = max(arrows.values(), default=0) or 1
    parts: list[Markup] = [_heads()]
    for arrow, count in arrows.items():
        told = f"{words.state(arrow[0])} → {words.state(arrow[1])}: {_triggers(arrow, ways, words)}"
        points = found.paths.get(arrow, ())
        path = _path(arrow, points, ports) if points else _loop(found.places[arrow[0]], widths[arrow[0]])
        parts += _arrow(path, count, most, told, back=bool(points) and points[0][1] > points[-1][1])
    parts += [part for state in states for part in _box(state, found.places[state], widths[state], flow, words)]
    return picture(words.name, words.about, found.width + LOOP, found.height, *parts, class_="flow")


def _is_met(state: str, ways: Mapping[tuple[str, str, str], int]) -> bool:
    return any(state in (source, dest) for source, _, dest in ways)


def _arrows(ways: Mapping[tuple[str, str, str], int]) -> dict[Arrow, int]:
    arrows: Counter[Arrow] = Counter()
    for (source, _, dest), count in ways.items():
        arrows[source, dest] += count
    return arrows


def _triggers(arrow: Arrow, ways: Mapping[tuple[str, str, str], int], words: Words) -> str:
    found = [(count, trigger) for (source, trigger, dest), count in ways.items() if (source, dest) == arrow]
    return ", ".join(f"{words.trigger(trigger)} {count}" for count, trigger in sorted(found, reverse=True))


@dataclass(frozen=True, slots=True)
class _Path:
    """`d`: the path; `label`: where its number stands."""

    d: str
    label: Point


@dataclass(frozen=True, slots=True)
class _Ports:
    """Where arrows leave and reach their boxes: `x` by arrow and end (0 or -1), and how many share that side."""

    x: Mapping[tuple[Arrow, int], float]
    shared: Mapping[tuple[Arrow, int], int]


def _ports(paths: Mapping[Arrow, Sequence[Point]], widths: Mapping[str, float]) -> _Ports:
    """Side by side along each box, in the order in which their ways lead apart."""
    sides: defaultdict[tuple[str, bool], list[tuple[float, Arrow, int]]] = defaultdict(list)
    for arrow, points in paths.items():
        for end, state in zip((0, -1), arrow, strict=True):
            near = points[1] if end == 0 else points[-2]
            sides[state, near[1] >= points[end][1]].append((near[0], arrow, end))
    x: dict[tuple[Arrow, int], float] = {}
    shared: dict[tuple[Arrow, int], int] = {}
    for (state, _), ends in sides.items():
        apart = min(PORT, (widths[state] - PADDING) / max(len(ends) - 1, 1))
        for place, (_, arrow, end) in enumerate(sorted(ends)):
            x[arrow, end] = paths[arrow][end][0] + (place - (len(ends) - 1) / 2) * apart
            shared[arrow, end] = len(ends)
    return _Ports(x, shared)


def _path(arrow: Arrow, points: Sequence[Point], ports: _Ports) -> _Path:
    """From box to box. Its number stands where fewer arrows are near."""
    begin, end = ports.x[arrow, 0], ports.x[arrow, -1]
    if points[0][1] == points[-1][1]:
        return _aside(begin, end, points[0][1] + HEIGHT / 2)
    down = 1 if points[-1][1] > points[0][1] else -1
    half = down * HEIGHT / 2
    stops = [(begin, points[0][1] + half), *points[1:-1], (end, points[-1][1] - half - down * HEAD)]
    bends = [((a[0], (a[1] + b[1]) / 2), (b[0], (a[1] + b[1]) / 2), b) for a, b in pairwise(stops)]
    at_end = ports.shared[arrow, -1] < ports.shared[arrow, 0]
    label = _on_the_way(stops[-2], stops[-1], 0.66) if at_end else _on_the_way(stops[0], stops[1], 0.34)
    return _Path(_curve(stops[0], *bends), label)


def _on_the_way(a: Point, b: Point, part: float) -> Point:
    """A point of the bend between two stops."""
    whole = part * part * (3 - 2 * part)
    middle = (a[1] + b[1]) / 2
    rest = 1 - part
    y = rest**3 * a[1] + 3 * rest * part * middle + part**3 * b[1]
    return a[0] + (b[0] - a[0]) * whole, y + 4


def _aside(x1: float, x2: float, bottom: float) -> _Path:
    """Within a layer, below the boxes there; to the left lower than to the right."""
    low = bottom + (BULGE if x2 > x1 else BULGE * 1.5)
    d = _curve((x1, bottom), ((x1, low), (x2, low), (x2, bottom + HEAD)))
    return _Path(d, ((x1 + x2) / 2, bottom + (low - bottom) * 0.75 + 4))


def _loop(place: Point, width: float) -> _Path:
    """At the right side of its box."""
    x, y = place[0] + width / 2, place[1]
    bend = ((x + LOOP, y - 22), (x + LOOP, y + 22), (x + HEAD, y + 10))
    return _Path(_curve((x, y - 10), bend), (x + LOOP - 4, y + 4))


def _curve(begin: Point, *bends: Sequence[Point]) -> str:
    def at(point: Point) -> str:
        return f"{number(point[0])} {number(point[1])}"

    return " ".join([f"M{at(begin)}", *(f"C{' '.join(map(at, bend))}" for bend in bends)])


def _arrow(path: _Path, count: int, most: int, told: str, *, back: bool) -> Iterator[Markup]:
    kind = "unused" if not count else "back" if back else "on"
    width, head = THIN + (THICK - THIN) * count / most, f"url(#to-{kind})"
    title = element("title", told)
    yield element("path", title, d=path.d, stroke_width=width, class_=f"way {kind}", marker_end=head)
    if count:
        yield element("text", f"{count:,}", x=path.label[0], y=path.label[1], text_anchor="middle", class_="count")


def _heads() -> Markup:
    shape = element("path", d="M0 0 L8 4 L0 8 z")
    kinds = ("on", "back", "unused")
    size: dict[str, float | str] = {"markerWidth": 8, "markerHeight": 8, "markerUnits": "userSpaceOnUse"}
    size |= {"refX": 1, "refY": 4, "orient": "auto"}
    return element(
        "defs", *(element("marker", shape, id=f"to-{kind}", class_=f"head {kind}", **size) for kind in kinds)
    )


def _lines(state: str, flow: FlowWays, words: Words) -> list[str]:
    stopped = flow.stopped.get(state)
    return [words.state(state), *([words.stopped(stopped)] if stopped else [])]


def _box(state: str, place: Point, width: float, flow: FlowWays, words: Words) -> Iterator[Markup]:
    x, y = place
    lines = _lines(state, flow, words)
    kind = "final" if state in flow.finals else "stopped" if len(lines) > 1 else "state"
    box: dict[str, float] = {
        "x": x - width / 2,
        "y": y - HEIGHT / 2,
        "width": width,
        "height": HEIGHT,
        "rx": 23 if kind == "final" else 8,
    }
    yield element("rect", element("title", state), class_=f"box {kind}", **box)
    first = y + (5 if len(lines) == 1 else -4)
    yield element("text", lines[0], x=x, y=first, text_anchor="middle", class_="name")
    for line in lines[1:]:
        yield element("text", line, x=x, y=first + 17, text_anchor="middle", class_="gave-up")


def _width(lines: Sequence[str]) -> float:
    widths = [sum(WIDE if east_asian_width(each) in "WF" else NARROW for each in line) for line in lines]
    return max(LEAST, max(widths) + PADDING)


def by_state(flow: FlowWays) -> Sequence[tuple[str, int, int]]:
    """For the table beside it: each state, how many came there, and how many stopped there."""
    came: defaultdict[str, int] = defaultdict(int)
    for (_, _, dest), count in flow.ways.items():
        came[dest] += count
    return [(state, came[state], flow.stopped.get(state, 0)) for state in flow.states if came[state]]

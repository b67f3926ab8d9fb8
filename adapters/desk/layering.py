"""A layered drawing of a flow: which state stands where, and which way each arrow goes. Pure.

States stand in layers by how many steps they are from the first one. A long arrow passes each layer between at a place
of its own, so that it runs around the states there; within a layer everything is brought near to what it is joined
with, by turns from above and from below.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

ROUNDS = 12
GAP = 26.0
LANE = 22.0
"""The room of an arrow that only passes."""
STEP = 126.0
"""From one layer to the next."""

Arrow = tuple[str, str]
Point = tuple[float, float]
Joined = tuple[Mapping[str, list[str]], Mapping[str, list[str]]]


@dataclass(frozen=True, slots=True)
class Layout:
    """`places`: the middle of each state; `paths`: the points of each arrow from its state to the other, the ends at
    the states' middles; an arrow to the state itself is not laid out."""

    places: Mapping[str, Point]
    paths: Mapping[Arrow, Sequence[Point]]
    width: float
    height: float


def layout(states: Sequence[str], arrows: Sequence[Arrow], widths: Mapping[str, float]) -> Layout:
    """`states`: the first one first; every one of them is drawn, `widths` wide."""
    layer_of = _layers(states, arrows)
    chains = {arrow: _chain(arrow, layer_of) for arrow in arrows if arrow[0] != arrow[1]}
    layers = _filled(states, chains.values(), layer_of)
    joined = _joined(chains.values(), layers)
    _untangle(layers, joined)
    xs = _spread(layers, joined, widths)
    edges = [(xs[node], widths.get(node, LANE) / 2) for layer in layers for node in layer]
    left = min(x - half for x, half in edges) - GAP
    points = {node: (xs[node] - left, place * STEP + STEP / 2) for place, layer in enumerate(layers) for node in layer}
    return Layout(
        {state: points[state] for state in states},
        {arrow: [points[node] for node in chain] for arrow, chain in chains.items()},
        max(x + half for x, half in edges) - left + GAP,
        len(layers) * STEP,
    )


def _layers(states: Sequence[str], arrows: Sequence[Arrow]) -> dict[str, int]:
    """Steps from the first state; those that cannot be reached stand below all others."""
    onward = defaultdict(list)
    for source, dest in arrows:
        onward[source].append(dest)
    found = {states[0]: 0}
    waiting = deque([states[0]])
    while waiting:
        state = waiting.popleft()
        for dest in onward[state]:
            if dest not in found:
                found[dest] = found[state] + 1
                waiting.append(dest)
    return {state: found.get(state, max(found.values()) + 1) for state in states}


def _chain(arrow: Arrow, layer_of: Mapping[str, int]) -> list[str]:
    """The stops of an arrow: its states, and one in each layer that it passes."""
    source, dest = arrow
    first, last = layer_of[source], layer_of[dest]
    step = 1 if last > first else -1
    return [source, *(f"{source}>{dest}>{layer}" for layer in range(first + step, last, step)), dest]


def _filled(states: Sequence[str], chains: Iterable[Sequence[str]], layer_of: Mapping[str, int]) -> list[list[str]]:
    layers: list[list[str]] = [[] for _ in range(max(layer_of.values()) + 1)]
    for state in states:
        layers[layer_of[state]].append(state)
    for chain in chains:
        for stop in chain[1:-1]:
            layers[int(stop.rpartition(">")[2])].append(stop)
    return layers


def _joined(chains: Iterable[Sequence[str]], layers: Sequence[Sequence[str]]) -> Joined:
    """What each node is joined with in the layer above and in the one below."""
    layer_of = {node: place for place, layer in enumerate(layers) for node in layer}
    above, below = defaultdict(list), defaultdict(list)
    for chain in chains:
        for pair in pairwise(chain):
            upper, lower = sorted(pair, key=layer_of.__getitem__)
            if layer_of[upper] != layer_of[lower]:
                above[lower].append(upper)
                below[upper].append(lower)
    return above, below


def _untangle(layers: list[list[str]], joined: Joined) -> None:
    """Order each layer by where its neighbours stand, downwards and upwards by turns."""
    for turn in range(ROUNDS):
        near = joined[turn % 2]
        for layer in layers if turn % 2 == 0 else reversed(layers):
            at = {node: place / len(each) for each in layers for place, node in enumerate(each)}
            layer.sort(key=lambda node: _mean([at[other] for other in near[node]], at[node]))


def _spread(layers: Sequence[Sequence[str]], joined: Joined, widths: Mapping[str, float]) -> dict[str, float]:
    """The middle of each node: near its neighbours, and apart from what stands beside it."""
    xs = {node: float(place) * STEP for layer in layers for place, node in enumerate(layer)}
    for turn in range(ROUNDS):
        for layer in layers if turn % 2 == 0 else reversed(layers):
            wished = [_mean([xs[other] for side in joined for other in side[node]], xs[node]) for node in layer]
            xs.update(zip(layer, _apart(wished, [widths.get(node, LANE) for node in layer]), strict=True))
    return xs


def _apart(wished: Sequence[float], widths: Sequence[float]) -> list[float]:
    """In the same order, as near to the wished places as that allows, taken together."""
    placed: list[float] = []
    for place, (x, width) in enumerate(zip(wished, widths, strict=True)):
        least = placed[-1] + (widths[place - 1] + width) / 2 + GAP if placed else x
        placed.append(max(x, least))
    shift = _mean([x - at for x, at in zip(wished, placed, strict=True)], 0.0)
    return [x + shift for x in placed]


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise

"""Charts as SVG: columns and lines over time, and bars of kinds. What they show stands in a table beside them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from adapters.desk.svg import element, picture

WIDTH, HEIGHT = 720.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 56.0, 12.0, 14.0, 30.0
WIDEST = 44.0
LABEL = 52.0
"""How much room a label below a column needs."""
BAR, BAR_GAP, BAR_LABEL = 22.0, 10.0, 190.0
COLOURS = 10
"""So many are told apart; a chart has no more."""

Number = float | None


@dataclass(frozen=True, slots=True)
class Series:
    """What is drawn in one colour, a value a row."""

    label: str
    values: Sequence[Number]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn. `rows`: their labels; `told`: how a value is written; `step`: what the scale goes by."""

    name: str
    about: str
    rows: Sequence[str]
    series: Sequence[Series]
    told: Callable[[float], str]
    step: Callable[[float], float]


def columns(chart: Chart) -> Markup:
    """The values of each row on top of each other."""
    totals = [sum(series.values[place] or 0 for series in chart.series) for place in range(len(chart.rows))]
    scale = _Scale(chart, max(totals, default=0))
    return scale.picture([*_grid(scale), *_stacks(chart, scale), *_below(chart, scale)])


def lines(chart: Chart) -> Markup:
    """A line for each series, with a gap where there is no value."""
    scale = _Scale(chart, max((value or 0 for series in chart.series for value in series.values), default=0))
    drawn = [part for place, series in enumerate(chart.series) for part in _line(chart, scale, place, series)]
    return scale.picture([*_grid(scale), *drawn, *_below(chart, scale)])


def bars(chart: Chart) -> Markup:
    """A bar for each row, its values side by side, with their sum behind it."""
    totals = [sum(series.values[place] or 0 for series in chart.series) for place in range(len(chart.rows))]
    longest = max(totals, default=0) or 1
    room = WIDTH - BAR_LABEL - 70
    inside: list[Markup] = []
    for place, row in enumerate(chart.rows):
        top, left = place * (BAR + BAR_GAP), BAR_LABEL
        inside.append(element("text", row, x=BAR_LABEL - 10, y=top + BAR / 2 + 4.5, text_anchor="end", class_="label"))
        for colour, series in enumerate(chart.series):
            value = series.values[place] or 0
            if width := value / longest * room:
                inside.append(
                    _block(f"c{colour}", left, top, width, BAR, f"{row} · {series.label}: {chart.told(value)}")
                )
                left += width
        inside.append(element("text", chart.told(totals[place]), x=left + 8, y=top + BAR / 2 + 4.5, class_="value"))
    height = max(len(chart.rows), 1) * (BAR + BAR_GAP)
    return picture(chart.name, chart.about, WIDTH, height, *inside, class_="chart")


class _Scale:
    """Where a row and a value are in the picture."""

    def __init__(self, chart: Chart, most: float) -> None:
        self._chart = chart
        step = chart.step(most / 4) if most else 1.0
        self.ticks = [step * tick for tick in range(max(1, math.ceil(most / step)) + 1)]
        self.each = (WIDTH - LEFT - RIGHT) / max(len(chart.rows), 1)
        self.told = chart.told

    def x(self, place: int) -> float:
        """The middle of a row."""
        return LEFT + (place + 0.5) * self.each

    def y(self, value: float) -> float:
        """The height of a value."""
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / self.ticks[-1])

    def picture(self, inside: Sequence[Markup]) -> Markup:
        return picture(self._chart.name, self._chart.about, WIDTH, HEIGHT, *inside, class_="chart")


def _grid(scale: _Scale) -> Iterator[Markup]:
    for tick in scale.ticks:
        y = scale.y(tick)
        yield element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid")
        yield element("text", scale.told(tick), x=LEFT - 8, y=y + 4, text_anchor="end", class_="label")


def _below(chart: Chart, scale: _Scale) -> Iterator[Markup]:
    every = max(1, math.ceil(LABEL / scale.each))
    for place in range(0, len(chart.rows), every):
        yield element("text", chart.rows[place], x=scale.x(place), y=HEIGHT - 8, text_anchor="middle", class_="label")


def _stacks(chart: Chart, scale: _Scale) -> Iterator[Markup]:
    width = min(scale.each * 0.72, WIDEST)
    for place, row in enumerate(chart.rows):
        below = 0.0
        for colour, series in enumerate(chart.series):
            if value := series.values[place]:
                top, bottom = scale.y(below + value), scale.y(below)
                told = f"{row} · {series.label}: {chart.told(value)}"
                yield _block(f"c{colour}", scale.x(place) - width / 2, top, width, bottom - top, told)
                below += value


def _block(colour: str, x: float, y: float, width: float, height: float, told: str) -> Markup:
    return element("rect", element("title", told), x=x, y=y, width=width, height=height, class_=colour)


def _line(chart: Chart, scale: _Scale, colour: int, series: Series) -> Iterator[Markup]:
    path, begun = [], False
    for place, value in enumerate(series.values):
        if value is not None:
            path.append(f"{'L' if begun else 'M'}{scale.x(place):.1f} {scale.y(value):.1f}")
        begun = value is not None
    yield element("path", d=" ".join(path), class_=f"line s{colour}")
    for place, value in enumerate(series.values):
        if value is not None:
            told = f"{chart.rows[place]} · {series.label}: {chart.told(value)}"
            spot = {"cx": scale.x(place), "cy": scale.y(value), "r": 3.5}
            yield element("circle", element("title", told), class_=f"c{colour}", **spot)


def round_step(least: float) -> float:
    """1, 2 or 5 times a power of ten, at least this much; whole numbers."""
    power = 10.0 ** math.floor(math.log10(max(least, 1e-9)))
    return max(1.0, next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least))


def share_step(least: float) -> float:
    """A quarter of all."""
    del least
    return 0.25


def seconds_step(least: float) -> float:
    """A round number of seconds, minutes, hours or days, at least this much."""
    whole = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400)
    return next((float(step) for step in whole if step >= least), round_step(least / 86_400) * 86_400)

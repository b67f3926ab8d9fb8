"""One measured figure, and all of them as a table, as JSON and as an exit code."""

from __future__ import annotations

import json
import statistics
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HEADINGS = ("figure", "value", "unit", "limit", "")


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` None: it could not be measured, which never counts as kept. `limit` None: nothing is promised yet.

    `sound` False: what was measured went wrong, so that the value is not worth its limit. `least`: the limit is one
    to reach, not to stay under. `excuse`: why the limit cannot be asked of this machine, "" when it can.
    """

    name: str
    value: float | None
    unit: str
    limit: float | None = None
    sound: bool = True
    least: bool = False
    excuse: str = ""

    @property
    def ok(self) -> bool:
        """Whether the promise is kept, or cannot be asked for here."""
        if not self.sound or self.value is None:
            return False
        return self.limit is None or bool(self.excuse) or self._within(self.value, self.limit)

    @property
    def verdict(self) -> str:
        """The same in a word, for a reader."""
        if self.ok and self.excuse:
            return self.excuse
        return "missed" if not self.ok else "ok" if self.limit is not None else ""

    def _within(self, value: float, limit: float) -> bool:
        return value >= limit if self.least else value <= limit


@dataclass(frozen=True, slots=True)
class Grid:
    """Figures of the same kinds about several subjects: a row a subject, a column a (name, unit)."""

    title: str
    columns: Sequence[tuple[str, str]]
    rows: Mapping[str, Sequence[float | None]]

    def figures(self) -> Iterator[Figure]:
        """Every cell that has a value, on its own."""
        for subject, values in self.rows.items():
            for (name, unit), value in zip(self.columns, values, strict=True):
                if value is not None:
                    yield Figure(f"{subject}: {name}", value, unit)

    def table(self) -> str:
        """As a Markdown table under its title."""
        heading = [self.title, *(f"{name}, {unit}" if unit else name for name, unit in self.columns)]
        rows = [[subject, *map(number, values)] for subject, values in self.rows.items()]
        return _markdown([heading, *rows])


@dataclass(frozen=True, slots=True)
class Report:
    """What one part of the benchmarks found, and what else there is to know of what it measured on."""

    figures: Sequence[Figure]
    grids: Sequence[Grid] = ()
    notes: Sequence[str] = ()


def median(name: str, values: Sequence[float], unit: str, limit: float | None = None) -> Figure:
    """The figure of several repetitions."""
    return Figure(name, statistics.median(values) if values else None, unit, limit)


def table(figures: Iterable[Figure]) -> str:
    """The figures as a Markdown table."""
    return _markdown([HEADINGS, *map(_row, figures)])


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(_width(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([lines[0], "|".join(["", *("-" * (width + 2) for width in widths), ""]), *lines[1:]])


def write(figures: Iterable[Figure], file: Path) -> None:
    """The figures as JSON: a list of {"name", "value", "unit", "limit", "ok"}, with "least" and "excuse" where set."""
    found = list(map(_plain, figures))
    file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def record(figures: Iterable[Figure], file: Path) -> None:
    """Replace those of the same names in the file, in their places, and add what is new at its end."""
    fresh = {plain["name"]: plain for plain in map(_plain, figures)}
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    kept = [fresh.pop(plain["name"], plain) for plain in known]
    file.write_text(json.dumps([*kept, *fresh.values()], indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def exit_code(figures: Iterable[Figure]) -> int:
    """0 when every promise is kept, else 1."""
    return 0 if all(figure.ok for figure in figures) else 1


def number(value: float | None) -> str:
    """Three significant digits are all that a run on a shared machine is good for; "-" for none."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _row(figure: Figure) -> tuple[str, ...]:
    limit = f"≥ {number(figure.limit)}" if figure.least else number(figure.limit)
    return (figure.name, number(figure.value), figure.unit, limit, figure.verdict)


def _plain(figure: Figure) -> dict[str, Any]:
    value = None if figure.value is None else round(figure.value, 3)
    plain = {"name": figure.name, "value": value, "unit": figure.unit, "limit": figure.limit, "ok": figure.ok}
    if figure.least:
        plain["least"] = True
    if figure.excuse:
        plain["excuse"] = figure.excuse
    return plain


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    name, *others = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
    return f"| {' | '.join([name, *others])} |"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)

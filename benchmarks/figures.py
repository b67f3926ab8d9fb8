"""One measured figure, and all of them as a table, as JSON and as an exit code."""

from __future__ import annotations

import json
import statistics
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

HEADINGS = ("figure", "value", "unit", "limit", "")


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` None: it could not be measured, which never counts as kept. `limit` None: nothing is promised yet.

    `sound` False: what was measured went wrong, so that the value is not worth its limit.
    """

    name: str
    value: float | None
    unit: str
    limit: float | None = None
    sound: bool = True

    @property
    def ok(self) -> bool:
        """Whether the promise is kept."""
        return self.sound and self.value is not None and (self.limit is None or self.value <= self.limit)


def median(name: str, values: Sequence[float], unit: str, limit: float | None = None) -> Figure:
    """The figure of several repetitions."""
    return Figure(name, statistics.median(values) if values else None, unit, limit)


def table(figures: Iterable[Figure]) -> str:
    """The figures as a Markdown table."""
    rows = [HEADINGS, *map(_row, figures)]
    widths = [max(_width(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([lines[0], "|".join(["", *("-" * (width + 2) for width in widths), ""]), *lines[1:]])


def write(figures: Iterable[Figure], file: Path) -> None:
    """The figures as JSON: a list of {"name", "value", "unit", "limit", "ok"}."""
    found = [
        {"name": f.name, "value": f.value, "unit": f.unit, "limit": f.limit, "ok": f.ok} for f in map(_rounded, figures)
    ]
    file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def exit_code(figures: Iterable[Figure]) -> int:
    """0 when every promise is kept, else 1."""
    return 0 if all(figure.ok for figure in figures) else 1


def number(value: float | None) -> str:
    """Three significant digits are all that a run on a shared machine is good for; "-" for none."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _row(figure: Figure) -> tuple[str, ...]:
    verdict = "missed" if not figure.ok else "ok" if figure.limit is not None else ""
    return (figure.name, number(figure.value), figure.unit, number(figure.limit), verdict)


def _rounded(figure: Figure) -> Figure:
    value = None if figure.value is None else round(figure.value, 3)
    return Figure(figure.name, value, figure.unit, figure.limit, figure.ok)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    name, *others = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
    return f"| {' | '.join([name, *others])} |"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)

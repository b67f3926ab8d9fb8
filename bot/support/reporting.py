"""Making tables of what was found: rows of days or weeks, counts, times, opinions. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import TypeVar

from bot.desk.reports import Table
from bot.support.hours import start_of

T = TypeVar("T")
Cells = tuple[str | float | None, ...]

DAYS_APART = 70
"""Of more days than these, weeks are told."""

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Span:
    """Days in China, in days since 1970, both included."""

    first: int
    last: int

    @classmethod
    def of(cls, first: date, last: date) -> Span:
        """From one date to another."""
        return cls((first - _EPOCH).days, (last - _EPOCH).days)

    @property
    def times(self) -> tuple[float, float]:
        """From when on, and until before when."""
        return start_of(self.first), start_of(self.last + 1)

    @property
    def rows(self) -> Sequence[str]:
        """All rows in order, also of days on which nothing happened."""
        return list(dict.fromkeys(self.row_of(day) for day in range(self.first, self.last + 1)))

    def row_of(self, day: int) -> str:
        """The first day of the row that tells of this day."""
        if self.last - self.first >= DAYS_APART:
            day = max(day - (_EPOCH + timedelta(day)).weekday(), self.first)
        return (_EPOCH + timedelta(day)).isoformat()

    def sorted_in(self, things: Iterable[T], day_of: Callable[[T], int]) -> Mapping[str, list[T]]:
        """The things of each row; [] for a row that has none."""
        found: defaultdict[str, list[T]] = defaultdict(list)
        for thing in things:
            found[self.row_of(day_of(thing))].append(thing)
        return found


def series(
    name: str, span: Span, counts: Iterable[tuple[int, str, int]], columns: Sequence[str] = (), prefix: str = ""
) -> Table:
    """A column for each of what is counted (day, what, how often): `columns`, or those there are, the most frequent
    first. `prefix`: of the columns' names."""
    totals: Counter[str] = Counter()
    cells: Counter[tuple[str, str]] = Counter()
    for day, what, number in counts:
        totals[what] += number
        cells[span.row_of(day), what] += number
    chosen = columns or [what for what, _ in sorted(totals.items(), key=lambda item: (-item[1], item[0]))]
    rows: list[Cells] = [(row, *(cells[row, what] for what in chosen)) for row in span.rows]
    return counted(name, "day", ("day", *(prefix + what for what in chosen)), rows)


def counted(name: str, of: str, columns: tuple[str, ...], rows: Iterable[Cells]) -> Table:
    """A table of nothing but counts."""
    return Table(name, of, columns, ("count",) * (len(columns) - 1), tuple(rows))


def times(name: str, span: Span, took: Iterable[tuple[int, float]]) -> Table:
    """How long it took, by day: how many, the median, what nine of ten do not exceed, the longest."""
    rows = span.sorted_in(took, lambda one: one[0])
    columns = ("day", "number", "median", "ninth_of_ten", "longest")
    cells = tuple((row, *_spread(sorted(seconds for _, seconds in rows.get(row, ())))) for row in span.rows)
    return Table(name, "day", columns, ("count", "seconds", "seconds", "seconds"), cells)


def _spread(seconds: Sequence[float]) -> tuple[int, float | None, float | None, float | None]:
    if not seconds:
        return 0, None, None, None
    return len(seconds), median(seconds), seconds[-(-len(seconds) * 9 // 10) - 1], seconds[-1]


def opinions(name: str, of: str, scores: Iterable[tuple[str, Sequence[int]]]) -> Table:
    """How many were content (score 1) and how many were not, and the share of the former."""
    rows = tuple((row, sum(found), len(found) - sum(found), _share(found)) for row, found in scores)
    return Table(name, of, (of, "content", "not_content", "share_content"), ("count", "count", "share"), rows)


def _share(scores: Sequence[int]) -> float | None:
    return sum(scores) / len(scores) if scores else None

"""Reports in the desk's language: what rows, columns and values are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.desk.reports import Table

MINUTE, HOUR, DAY = 60, 3_600, 86_400

Cell = str | float | None


class Telling:
    """`t`: the desk's texts."""

    def __init__(self, t: Mapping[str, Any]) -> None:
        self._t = t
        self._words: Mapping[str, Any] = t["reports"]

    def name(self, table: Table) -> str:
        """What the report is called."""
        return str(self._words["names"][table.name])

    def about(self, table: Table) -> str:
        """What it tells, in a sentence."""
        return str(self._words["abouts"][table.name])

    def column(self, key: str) -> str:
        """A column's heading."""
        kind, _, what = key.rpartition(".")
        return self.row(kind, what) if kind else str(self._words["columns"][key])

    def row(self, of: str, key: Cell) -> str:
        """A row's label; a key that a newer or older version knows is shown as it is."""
        text = str(key)
        if of == "about":
            return str(self._words["abouts_of"].get(text) or self.flow(text))
        return str(self._words["rows"].get(of, {}).get(text, text.replace("_", " ") if of != "day" else text))

    def flow(self, name: str) -> str:
        """A flow's name."""
        return str(self._t["flows"].get(name, name.replace("_", " ")))

    def state(self, name: str) -> str:
        """A state's name."""
        return str(self._t["states"].get(name, name.replace("_", " ")))

    def trigger(self, name: str) -> str:
        """What led from a state to the next."""
        return str(self._t["triggers"].get(name, name.replace("_", " ")))

    def entered(self, number: int) -> str:
        """How many conversations came into a flow."""
        return str(self._words["entered"]).format(number=_count(number))

    def stopped(self, number: int) -> str:
        """How many went no further."""
        return str(self._words["stopped"]).format(number=_count(number))

    def value(self, unit: str) -> Callable[[float], str]:
        """How a number of this unit is written."""
        return {"seconds": self._span, "share": _share}.get(unit, _count)

    def cell(self, unit: str, value: Cell) -> str:
        """A cell, "–" where there is nothing to tell."""
        return "–" if value is None else self.value(unit)(float(value))

    def _span(self, seconds: float) -> str:
        """In the two largest units: 40 s, 3 min 20 s, 2 h 5 min, 1 d 3 h."""
        whole = round(seconds)
        units = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second"))
        first = next((place for place, (size, _) in enumerate(units) if whole >= size), len(units) - 1)
        size, name = units[first]
        parts = [(whole // size, name)]
        if first + 1 < len(units) and (rest := whole % size // units[first + 1][0]):
            parts.append((rest, units[first + 1][1]))
        return " ".join(str(self._words["spans"][name]).format(n=number) for number, name in parts)


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _share(value: float) -> str:
    return f"{value:.0%}"

"""The days that a report tells of, as somebody chose them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from adapters.desk.rendering import CHINA

DAYS = (7, 30, 90)
"""Spans that end today and take one press."""
LONGEST = 366


@dataclass(frozen=True, slots=True)
class Period:
    """`days`: the span that was chosen, None for two dates of one's own."""

    first: date
    last: date
    days: int | None

    @property
    def query(self) -> str:
        """As it stands in an address."""
        if self.days is not None:
            return urlencode({"days": self.days})
        return urlencode({"first": self.first.isoformat(), "last": self.last.isoformat()})


def chosen(asked: Mapping[str, str], today: date | None = None) -> Period:
    """`days`, or `first` and `last`; what cannot be read means the last 30 days, what is too long is cut at its
    beginning."""
    today = today or datetime.now(CHINA).date()
    if (first := _day(asked.get("first"))) and (last := _day(asked.get("last"))):
        first, last = sorted((first, min(last, today)))
        return Period(max(first, last - timedelta(LONGEST - 1)), last, None)
    days = next((days for days in DAYS if str(days) == asked.get("days")), 30)
    return Period(today - timedelta(days - 1), today, days)


def _day(given: str | None) -> date | None:
    try:
        return date.fromisoformat(given or "")
    except ValueError:
        return None

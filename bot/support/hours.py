"""Opening hours: is somebody there at this moment, when the next time, and how the week is told to a customer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict

# China has kept one time without summer time since 1991, so no time-zone files are needed.
CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
_OFFSET, _DAY_SECONDS = 8 * 3600, 86_400
DAY = 24 * 60
_SPAN = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})")
_LOOK_AHEAD_DAYS = 400


@dataclass(frozen=True, slots=True)
class Span:
    """Open from `start` to `end`, in minutes after midnight of the day it begins on; `end` may lie in the next day."""

    start: int
    end: int

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read "08:30-22:00" or, past midnight, "20:00-02:00". Raises `ValueError`."""
        found = _SPAN.fullmatch(text) if isinstance(text, str) else None
        if not found:
            raise ValueError('write opening hours like "08:30-22:00"')
        start_hour, start_minute, end_hour, end_minute = map(int, found.groups())
        start, end = start_hour * 60 + start_minute, end_hour * 60 + end_minute
        if start >= DAY or end > DAY or max(start_minute, end_minute) > 59 or start == end:
            raise ValueError("these opening hours are not times of a day")
        return cls(start, end if end > start else end + DAY)

    def __str__(self) -> str:
        end = self.end if self.end <= DAY else self.end - DAY
        return f"{self.start // 60:02}:{self.start % 60:02}–{end // 60:02}:{end % 60:02}"


@dataclass(frozen=True, slots=True)
class Day:
    """A date of one year, or (without a year) the same date of every year."""

    year: int | None
    month: int
    day: int

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read "2027-02-06", a date, or "10-01" for every year. Raises `ValueError`."""
        if isinstance(value, date):
            return cls(value.year, value.month, value.day)
        if not isinstance(value, str) or not re.fullmatch(r"(\d{4}-)?\d{2}-\d{2}", value):
            raise ValueError('write dates like "2027-02-06", or "10-01" for every year')
        yearly = len(value) == 5
        found = date.fromisoformat(f"2024-{value}" if yearly else value)
        return cls(None if yearly else found.year, found.month, found.day)

    def covers(self, found: date) -> bool:
        """Whether `found` is this day."""
        return (self.month, self.day) == (found.month, found.day) and self.year in {None, found.year}


Spans = tuple[Annotated[Span, BeforeValidator(Span.parse)], ...]
Days = tuple[Annotated[Day, BeforeValidator(Day.parse)], ...]


class OpeningHours(BaseModel):
    """When staff are there, by kind of day, in China's time.

    No spans means closed. `holiday_dates` are public holidays; `working_dates` are weekend days on which
    the country works to make up for a holiday.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    weekdays: Spans = (Span(8 * 60, 22 * 60),)
    weekends: Spans = (Span(9 * 60, 21 * 60),)
    holidays: Spans = (Span(10 * 60, 18 * 60),)
    holiday_dates: Days = ()
    working_dates: Days = ()

    def is_open(self, at: float) -> bool:
        """Whether somebody is there at `at` (seconds since 1970)."""
        today = _local(at).date()
        return any(start <= at < end for start, end in self._times(today - timedelta(days=1), days=2))

    def next_opening(self, at: float) -> float | None:
        """When somebody is there next: `at` itself while open; None if not within a year."""
        if self.is_open(at):
            return at
        coming = self._times(_local(at).date(), days=_LOOK_AHEAD_DAYS)
        return next((start for start, _ in coming if start > at), None)

    def told(self, language: str) -> str:
        """The hours as words for a customer, in "zh" or "en"."""
        words = _WORDS[language]
        kinds = [_told(spans, words) for spans in (self.weekdays, self.weekends, self.holidays)]
        if len(set(kinds)) == 1:
            return f"{words['daily']} {kinds[0]}"
        names = (words["weekdays"], words["weekends"], words["holidays"])
        return words["between"].join(f"{name} {hours}" for name, hours in zip(names, kinds, strict=True))

    def _times(self, first: date, days: int) -> Iterator[tuple[float, float]]:
        for ahead in range(days):
            day = first + timedelta(days=ahead)
            midnight = datetime(day.year, day.month, day.day, tzinfo=CHINA).timestamp()
            for span in sorted(self._spans(day), key=lambda span: span.start):
                yield midnight + span.start * 60, midnight + span.end * 60

    def _spans(self, day: date) -> Spans:
        if any(holiday.covers(day) for holiday in self.holiday_dates):
            return self.holidays
        made_up = any(worked.covers(day) for worked in self.working_dates)
        return self.weekdays if made_up or day.weekday() < 5 else self.weekends


_WORDS = {
    "zh": {
        "daily": "每天",
        "weekdays": "工作日",
        "weekends": "周末",
        "holidays": "法定节假日",
        "closed": "休息",
        "and": "、",
        "between": "，",
    },
    "en": {
        "daily": "daily",
        "weekdays": "weekdays",
        "weekends": "weekends",
        "holidays": "public holidays",
        "closed": "closed",
        "and": " and ",
        "between": ", ",
    },
}


def _told(spans: Spans, words: dict[str, str]) -> str:
    return words["and"].join(map(str, spans)) or words["closed"]


def day_of(at: float) -> int:
    """On which of China's days it is, in days since 1970."""
    return int((at + _OFFSET) // _DAY_SECONDS)


def start_of(day: int) -> float:
    """When such a day begins, in seconds since 1970."""
    return float(day * _DAY_SECONDS - _OFFSET)


def _local(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC).astimezone(CHINA)

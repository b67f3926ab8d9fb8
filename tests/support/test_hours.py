"""Opening hours, above all around midnight, weekends and holidays."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.support.hours import CHINA, OpeningHours, Span


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).timestamp()


def hours(**parts) -> OpeningHours:
    return OpeningHours.model_validate(parts)


PLAIN = hours(weekdays=["08:00-22:00"], weekends=["09:00-21:00"], holidays=[], holiday_dates=["10-01", "2027-02-06"])
NIGHT = hours(weekdays=["20:00-02:00"], weekends=[], holidays=[])


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        ("2026-11-24 07:59:59", False),  # a Tuesday
        ("2026-11-24 08:00", True),
        ("2026-11-24 21:59:59", True),
        ("2026-11-24 22:00", False),
        ("2026-11-25 00:00", False),
        ("2026-11-28 08:30", False),  # a Saturday
        ("2026-11-28 09:00", True),
        ("2026-10-01 12:00", False),  # a Thursday, but a holiday of every year
        ("2031-10-01 12:00", False),
        ("2027-02-06 12:00", False),  # of that year only
        ("2028-02-07 12:00", True),
    ],
)
def test_open_by_kind_of_day(moment, open_):
    assert PLAIN.is_open(at(moment)) is open_


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        ("2026-11-24 19:59:59", False),
        ("2026-11-24 23:59:59", True),
        ("2026-11-25 00:00", True),
        ("2026-11-25 01:59:59", True),
        ("2026-11-25 02:00", False),
        ("2026-11-28 01:00", True),  # Friday's night ends on Saturday
        ("2026-11-30 01:00", False),  # Sunday has no night of its own
    ],
)
def test_a_night_belongs_to_the_day_it_began_on(moment, open_):
    assert NIGHT.is_open(at(moment)) is open_


def test_round_the_clock():
    always = hours(weekdays=["00:00-24:00"], weekends=["00:00-24:00"], holidays=["00:00-24:00"])
    assert all(always.is_open(at(f"2026-11-28 {time}")) for time in ("00:00", "23:59:59", "12:00"))


def test_a_weekend_worked_for_a_holiday_counts_as_a_weekday():
    assert hours(weekdays=["08:00-22:00"], working_dates=["2026-11-28"]).is_open(at("2026-11-28 08:30"))


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-11-24 07:00", "2026-11-24 08:00"),
        ("2026-11-24 22:00", "2026-11-25 08:00"),
        ("2026-11-27 23:00", "2026-11-28 09:00"),
        ("2026-09-30 22:30", "2026-10-02 08:00"),  # over the holiday
        ("2026-11-24 12:34", "2026-11-24 12:34"),  # open already
    ],
)
def test_the_next_opening(moment, opening):
    assert PLAIN.next_opening(at(moment)) == at(opening)


def test_a_lunch_break():
    split = hours(weekdays=["13:00-18:00", "09:00-12:00"])
    assert not split.is_open(at("2026-11-24 12:30"))
    assert split.next_opening(at("2026-11-24 08:00")) == at("2026-11-24 09:00")
    assert split.next_opening(at("2026-11-24 12:30")) == at("2026-11-24 13:00")


def test_never_open():
    assert hours(weekdays=[], weekends=[], holidays=[]).next_opening(at("2026-11-24 12:00")) is None


@pytest.mark.parametrize(
    "text", ["8-22", "08:00-08:00", "25:00-26:00", "08:60-09:00", "08:00-24:30", "24:00-08:00", ""]
)
def test_times_that_are_none(text):
    with pytest.raises(ValidationError):
        hours(weekdays=[text])


def test_told_in_both_languages():
    shown = hours(weekdays=["08:00-22:00"], weekends=["20:00-02:00"], holidays=[])
    assert shown.told("zh") == "工作日 08:00–22:00，周末 20:00–02:00，法定节假日 休息"
    assert shown.told("en") == "weekdays 08:00–22:00, weekends 20:00–02:00, public holidays closed"
    same = hours(weekdays=["09:00-18:00"], weekends=["09:00-18:00"], holidays=["09:00-18:00"])
    assert (same.told("zh"), same.told("en")) == ("每天 09:00–18:00", "daily 09:00–18:00")


minutes = st.integers(0, 24 * 60 - 1)
spans = st.lists(
    st.tuples(minutes, minutes)
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda pair: f"{pair[0] // 60:02}:{pair[0] % 60:02}-{pair[1] // 60:02}:{pair[1] % 60:02}"),
    max_size=3,
)


@given(spans, spans, spans, st.integers(at("2026-01-01").__int__(), at("2029-01-01").__int__()))
def test_the_next_opening_is_open_and_nothing_before_it_is(weekdays, weekends, holidays, moment):
    found = hours(weekdays=weekdays, weekends=weekends, holidays=holidays, holiday_dates=["10-01", "2027-02-06"])
    opening = found.next_opening(moment)
    if opening is None:
        assert not found.weekdays + found.weekends
        return
    assert opening >= moment
    assert found.is_open(opening)
    if opening > moment:
        assert not found.is_open(opening - 1)


def test_a_span_reads_back_what_it_shows():
    assert Span.parse(str(Span.parse("20:15-02:45")).replace("–", "-")) == Span(20 * 60 + 15, 26 * 60 + 45)

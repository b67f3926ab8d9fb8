"""Points in time as customers say them, in Shanghai's time: "今晚8点", "半小时后", "tomorrow 10am", "18:30"."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
FURTHEST = timedelta(days=60)
"""What lies further ahead is not believed."""

_DIGITS = {d: n for n, d in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_N = r"(?:\d{1,4}|[零〇一二两三四五六七八九十]{1,3})"
_WORDS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_WORDS |= {"nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40}
_EN = rf"(?:\d{{1,4}}|{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
_SECONDS = {"分": 60, "小": 3600, "钟": 3600, "天": 86400, "min": 60, "hou": 3600, "hr": 3600, "day": 86400}

_HALF_AN_HOUR = re.compile(
    r"半个?(?:小时|钟头)(?:之后|以后|后)|\b(?:in|after) half an hour\b|\bhalf an hour (?:later|from now)\b"
)
_HALF_MORE = re.compile(r"\b(?:in|after) (?:an|one) hour and a half\b|\bin one and a half hours\b")
_AHEAD_ZH = re.compile(rf"(?P<n>{_N})\s*个?(?P<half>半)?\s*(?P<unit>分钟?|小时|钟头|天)(?P<more>半)?(?:之后|以后|后)")
_UNIT_EN = r"(?P<unit>min)(?:ute)?s?|(?P<hour>hour|hr)s?|(?P<day>day)s?"
_AHEAD_EN = re.compile(
    rf"\b(?:in|after)\s+(?:about\s+)?(?P<n>{_EN})\s+(?:{_UNIT_EN})\b"
    rf"|\b(?P<n2>{_EN})\s+(?P<u2>min|hour|day)\w*\s+(?:later|from now)\b"
)

_DAYS = {
    "大后天": 3,
    "后天": 2,
    "明": 1,
    "今": 0,
    "day after tomorrow": 2,
    "tomorrow": 1,
    "tmr": 1,
    "today": 0,
    "tonight": 0,
}
_DAYS |= {"this evening": 0, "this afternoon": 0, "this morning": 0}
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH_EN = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = re.compile(
    r"(?P<day>大后天|后天|明(?=[天日早晚晨])|今(?=[天日早晚晨])|\bday after tomorrow\b|\btomorrow\b|\btmr\b"
    r"|\btoday\b|\btonight\b|\bthis (?:evening|afternoon|morning)\b)"
    r"|(?P<next>下(?:个)?)?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])"
    r"|(?P<next_en>\bnext )?\b(?P<weekday_en>mon|tues|wednes|thurs|fri|satur|sun)day\b"
    rf"|\b(?P<date_en>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month_en>{_MONTH_EN})\b"
    rf"|\b(?P<month_first>{_MONTH_EN}) (?P<date_last>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])"
    r"|(?:(?P<year>20\d\d)[-年/.])?(?P<month>\d{1,2})[-月/.](?P<date>\d{1,2})[日号]?(?!\d)"
)
_WEEKDAYS = {d: n for n, d in enumerate("一二三四五六日")} | {"天": 6}
_WEEKDAYS |= {d: n for n, d in enumerate(("mon", "tues", "wednes", "thurs", "fri", "satur", "sun"))}

_PART = re.compile(
    r"(?P<dawn>凌晨|半夜)|(?P<morning>早上|早晨|清晨|上午|[明今]早|[明今]晨|\bmorning\b|\bam\b|\ba\.m\b|(?<=\d)am\b)"
    r"|(?P<noon>中午|正午|\bnoon\b|\bmidday\b)"
    r"|(?P<late>下午|午后|傍晚|晚上|夜里|夜晚|今晚|明晚|\bafternoon\b|\bevening\b|\btonight\b|\bnight\b|\bpm\b|\bp\.m\b|(?<=\d)pm\b)"
)
_CLOCK = re.compile(
    rf"(?<![\d.:])(?P<h>\d{{1,2}})[:：](?P<m>[0-5]\d)(?![\d:])"
    rf"|(?P<hz>{_N})\s*[点时](?![间都也儿])(?:钟|整)?(?P<half>半)?(?:(?P<quarter>[一三])刻)?(?:(?P<mz>{_N})分?)?"
    r"|\b(?:at\s+)?(?P<he>\d{1,2})\s*(?:am|pm|a\.m|p\.m|o'?clock)\b|\bat\s+(?P<ha>\d{1,2})(?![\d:.])\b"
    r"|\bhalf past (?P<hp>\d{1,2})\b"
)

_A_LITTLE = re.compile(r"一点(?![钟整半一三零\d])")
"""As in "便宜一点": one o'clock only if a day or a part of the day says so."""


_BESIDE_TIME = re.compile(
    r"[天日早晚晨吧呢的啊左右前后再到来送取]|可以|派送|行吗|\b(?:at|am|pm|in|the|on|by|please|about|around|deliver(?:y|ed)?|it|then|o'?clock)\b"
)
"""What may stand beside a time that is all that is said."""


def read_time(text: str, now: float) -> float | None:
    """The future moment that a cleaned, case-folded text names, in seconds since 1970; None if it names none."""
    here = datetime.fromtimestamp(now, ZONE)
    for reader in (_ahead, _at_clock):
        moment = reader(text, here)
        if moment is not None and here < moment <= here + FURTHEST:
            return moment.timestamp()
    return None


def says_only_time(text: str) -> bool:
    """Whether nothing but a time is left of a cleaned, case-folded text: "明天上午十点", "tomorrow at 10 am please"."""
    rest = text
    for pattern in (_HALF_AN_HOUR, _HALF_MORE, _AHEAD_ZH, _AHEAD_EN, _CLOCK, _DAY, _PART, _BESIDE_TIME):
        rest = pattern.sub(" ", rest)
    return not any(map(str.isalnum, rest))


def _ahead(text: str, here: datetime) -> datetime | None:
    if _HALF_MORE.search(text):
        return here + timedelta(minutes=90)
    if found := _AHEAD_ZH.search(text):
        half = 0.5 if found["half"] or found["more"] else 0
        return here + timedelta(seconds=(_number(found["n"]) + half) * _SECONDS[found["unit"][0]])
    if found := _AHEAD_EN.search(text):
        unit = found["unit"] or found["hour"] or found["day"] or found["u2"]
        return here + timedelta(seconds=_number(found["n"] or found["n2"]) * _SECONDS[unit[:3]])
    return here + timedelta(minutes=30) if _HALF_AN_HOUR.search(text) else None


def _at_clock(text: str, here: datetime) -> datetime | None:
    named, part = _DAY.search(text), _PART.search(text)
    day = _day(named, here) if named else None
    if named and day is None:
        return None
    if day is None and part is None and _A_LITTLE.search(text):
        return None
    clock = _clock(text)
    if clock is None and part and part["noon"]:
        clock = (12, 0)
    if clock is None or clock[0] > 24 or clock[1] > 59:
        return None
    hours, minutes = clock
    hours = _by_part(hours, part)
    if day is None:
        return _next(here, hours, minutes, open_half=part is None and ":" not in text and hours <= 12)
    return _on(day, hours, minutes)


def _by_part(hours: int, part: re.Match[str] | None) -> int:
    """The hour of 24, where a part of the day is named."""
    if part is None:
        return hours
    if (part["late"] and hours < 12) or (part["noon"] and hours < 3):
        return hours + 12
    if part["late"] and hours == 12 and re.search("晚|夜|night", part["late"]):
        return 24
    return 0 if (part["morning"] or part["dawn"]) and hours == 12 else hours


def _next(here: datetime, hours: int, minutes: int, *, open_half: bool) -> datetime | None:
    """The next time the clock shows this; "8点" may be morning or evening, whichever comes first."""
    choices = [hours, hours + 12] if open_half and hours < 12 else [hours]
    moments = (_on(here + timedelta(days=days), hour, minutes) for days in (0, 1) for hour in choices)
    return next((moment for moment in moments if moment > here), None)


def _on(day: datetime, hours: int, minutes: int) -> datetime:
    midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(hours=hours, minutes=minutes)


def _day(found: re.Match[str], here: datetime) -> datetime | None:
    if found["day"]:
        return here + timedelta(days=_DAYS[found["day"]])
    if weekday := found["weekday"] or found["weekday_en"]:
        ahead = (_WEEKDAYS[weekday] - here.weekday()) % 7
        week_after = 7 - here.weekday() + _WEEKDAYS[weekday]
        return here + timedelta(days=week_after if found["next"] or found["next_en"] else ahead)
    return _date(found, here)


def _date(found: re.Match[str], here: datetime) -> datetime | None:
    named = found["month_en"] or found["month_first"]
    month = _MONTHS.index(named[:3]) + 1 if named else int(found["month"])
    date = int(found["date"] or found["date_en"] or found["date_last"])
    try:
        day = here.replace(year=int(found["year"] or here.year), month=month, day=date)
        past = found["year"] is None and day.date() < here.date()
        return day.replace(year=day.year + 1) if past else day
    except ValueError:
        return None


def _clock(text: str) -> tuple[int, int] | None:
    found = _CLOCK.search(text)
    if found is None:
        return None
    if found["h"]:
        return int(found["h"]), int(found["m"])
    if found["hz"]:
        quarter = {"一": 15, "三": 45}.get(found["quarter"] or "", 0)
        minutes = 30 if found["half"] else quarter or (_number(found["mz"]) if found["mz"] else 0)
        return _number(found["hz"]), minutes
    return int(found["he"] or found["ha"] or found["hp"]), 30 if found["hp"] else 0


def _number(said: str) -> int:
    """A number in digits, Chinese characters up to 99, or English words."""
    if said.isdigit() and said.isascii():
        return int(said)
    if said in _WORDS:
        return _WORDS[said]
    tens, ten, ones = said.partition("十")
    if not ten:
        return _DIGITS.get(said[-1:], 0)
    return _DIGITS.get(tens[-1:], 1) * 10 + _DIGITS.get(ones[:1], 0)

"""How a value is written in a text: `{fee:money}`, `{at:time}`, `{waited:duration}`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers

ZONE = ZoneInfo("Asia/Shanghai")
MAINLAND = 86
_MAINLAND_MOBILE = re.compile(r"\+86(1\d{2})(\d{4})(\d{4})")
_WEEKDAYS = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}

Format = Callable[[Any, str, float], str]


def money(fen: Any, language: str, now: float) -> str:
    """Fen as yuan: 200 → "2 元", "¥2.00"."""
    del now
    yuan = int(fen) / 100
    if language == "en":
        return f"¥{yuan:,.2f}"
    return f"{yuan:g} 元" if yuan < 10_000 else f"{yuan:,.2f} 元"


def time(at: Any, language: str, now: float) -> str:
    """A moment as the customer's clock shows it, with the day where it is not today."""
    moment, today = datetime.fromtimestamp(float(at), ZONE), datetime.fromtimestamp(now, ZONE).date()
    days = (moment.date() - today).days
    clock = f"{moment:%H:%M}"
    if days == 0:
        return clock
    near = {"zh": {1: "明天 ", -1: "昨天 "}, "en": {1: "tomorrow ", -1: "yesterday "}}[language]
    if days in near:
        return near[days] + clock
    return f"{moment.month}月{moment.day}日 {clock}" if language == "zh" else f"{moment:%-d %b} {clock}"


def duration(seconds: Any, language: str, now: float) -> str:
    """A length of time, in the two largest units that matter."""
    del now
    minutes = max(1, int(float(seconds) // 60))
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "天", "day"), (hours, "小时", "hour"), (minutes, "分钟", "minute")]
    told = [part for part in parts if part[0]][:2]
    if language == "zh":
        return "".join(f" {n} {zh} " for n, zh, _ in told).strip().replace("  ", " ")
    return " ".join(f"{n} {en}{'' if n == 1 else 's'}" for n, _, en in told)


def minutes(value: Any, language: str, now: float) -> str:
    """A length of time given in minutes."""
    return duration(float(value) * 60, language, now)


def number(value: Any, language: str, now: float) -> str:
    """A count: "1,200"."""
    del language, now
    return f"{int(value):,}"


def short(value: Any, language: str, now: float) -> str:
    """A customer's own words, cut so that they cannot flood an answer."""
    del language, now
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else text[:59] + "…"


@lru_cache(maxsize=256)
def _phone(number: str) -> str:
    if found := _MAINLAND_MOBILE.fullmatch(number):
        return " ".join(found.groups())
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    mainland = parsed.country_code == MAINLAND
    form = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, form.NATIONAL if mainland else form.INTERNATIONAL)


def phone(value: Any, language: str, now: float) -> str:
    """A phone number as people read it: "138 0000 0000" in mainland China, "+44 20 7946 0958" elsewhere; whatever is no
    number, as it is."""
    del language, now
    return _phone(str(value))


FORMATS: dict[str, Format] = {
    "money": money,
    "time": time,
    "duration": duration,
    "minutes": minutes,
    "number": number,
    "short": short,
    "phone": phone,
}

"""Is this an address, a phone number, a name that a courier can work with? Pure; never raises, whatever the text.

Each `…_problem` returns None or one of a few problem keys, for which the flows have texts; each `normal_…`
returns the text in the one form it is saved in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

import phonenumbers

from bot.orders.model import Field

ADDRESS_LIMIT = 200
RECIPIENT_LIMIT = 40
PHONE_LIMIT = 32
MOBILE_DIGITS = 11

_COUNT = r"(?:[A-Za-z]?\d+[A-Za-z]?|[一二三四五六七八九十百零〇]+)"
# A house, or a block with many doors.
_HOUSE = re.compile(
    rf"{_COUNT}\s*(?:号|號|弄)|\b\d+[A-Za-z]?,?\s+(?:\w+\s+){{0,4}}(?:road|rd|street|st|avenue|ave|lane|ln|hutong)\b",
    re.IGNORECASE,
)
_BLOCK = re.compile(
    rf"{_COUNT}\s*(?:号楼|號樓|栋|棟|幢|座|单元|期)|[A-Za-z]\s*[座栋幢]|大厦|广场|公寓|写字楼|中心|SOHO"
    r"|\b(?:building|bldg|block|tower|plaza|apartments?|mansion)\b",
    re.IGNORECASE,
)
_DOOR = re.compile(
    rf"{_COUNT}\s*(?:室|层|楼(?!号)|房|铺|户|单间|号门)|\b(?:room|rm|flat|unit|apt|apartment|suite|floor|fl|shop)\.?\s*\w?\d"
    r"|#\s*\d|\b\d+(?:st|nd|rd|th)\s+floor\b|(?:-|－|\s|[座栋幢楼元])\d{3,4}(?!\d|\s*[号號弄])|\b\d{3,4}$"
    r"|前台|大堂|门卫|物业|传达室|快递柜|驿站|\b(?:lobby|reception|front desk|gatehouse)\b",
    re.IGNORECASE,
)
_NOBODY = {"无", "没有", "未知", "收件人", "收货人", "none", "nobody", "n/a", "na", "null", "unknown", "recipient"}


def tidy(text: str) -> str:
    """Full-width forms made plain, invisible characters gone, runs of blanks made one."""
    plain = unicodedata.normalize("NFKC", text)
    visible = "".join(" " if c.isspace() else c for c in plain if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join(visible.split())


def address_problem(text: str) -> str | None:
    """None, "missing", "too_long", "unreadable", "no_building" or "no_door" (a block of many doors, but not which)."""
    address = tidy(text)
    if not address:
        return "missing"
    if len(address) > ADDRESS_LIMIT:
        return "too_long"
    if sum(c.isalpha() for c in address) < 2:
        return "unreadable"
    if not (names_house(address) or _DOOR.search(address)):
        return "no_building"
    if _BLOCK.search(address) and not _DOOR.search(address):
        return "no_door"
    return None


def names_house(text: str) -> bool:
    """Whether it names a house or a block, not only a door in it."""
    address = tidy(text)
    return bool(_HOUSE.search(address) or _BLOCK.search(address))


def names_door(text: str) -> bool:
    """Whether it says behind which door."""
    return bool(_DOOR.search(tidy(text)))


def normal_address(text: str) -> str:
    """The address as it is saved."""
    return tidy(text)


@lru_cache(maxsize=1024)  # an order's number is looked at again whenever the order is
def phone_problem(text: str, region: str = "CN") -> str | None:
    """None, "missing", "not_a_number", "too_short", "too_long" or "impossible" (no such number in its country)."""
    phone = tidy(text)
    if not phone:
        return "missing"
    number = _parsed(phone, region)
    if number is None:
        return "not_a_number"
    if phonenumbers.is_valid_number(number):
        return None
    return _length_problem(number) or "impossible"


def normal_phone(text: str, region: str = "CN") -> str:
    """The number as E.164 ("+8613800138000"); the tidied text where it is none."""
    phone = tidy(text)
    number = _parsed(phone, region)
    if number is None or not phonenumbers.is_valid_number(number):
        return phone
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def recipient_problem(text: str) -> str | None:
    """None, "missing", "too_long" or "not_a_name"."""
    name = tidy(text)
    if not name or name.casefold() in _NOBODY:
        return "missing"
    if len(name) > RECIPIENT_LIMIT:
        return "too_long"
    looks_like_something_else = sum(c.isdigit() for c in name) > 1  # an address, a phone number
    return None if any(c.isalpha() for c in name) and not looks_like_something_else else "not_a_name"


def normal_recipient(text: str) -> str:
    """The name as it is saved."""
    return tidy(text)


def problem(field: Field, value: str, region: str = "CN") -> str | None:
    """What is wrong with a value for this field of an order, or None."""
    if field is Field.PHONE:
        return phone_problem(value, region)
    return _PROBLEMS[field](value)


def normal(field: Field, value: str, region: str = "CN") -> str:
    """The value as it is saved in this field of an order."""
    return normal_phone(value, region) if field is Field.PHONE else tidy(value)


def _parsed(phone: str, region: str) -> phonenumbers.PhoneNumber | None:
    # Letters on a keypad ("1-800-FLOWERS") are no number that a customer here means.
    if len(phone) > PHONE_LIMIT or any(c.isalpha() for c in phone):
        return None
    try:
        return phonenumbers.parse(phone, region)
    except phonenumbers.NumberParseException:
        return None


def _length_problem(number: phonenumbers.PhoneNumber) -> str | None:
    digits = str(number.national_number)
    # Chinese numbers have many lengths, but who starts like a mobile number means one of 11 digits.
    if number.country_code == 86 and re.match("1[3-9]", digits) and len(digits) != MOBILE_DIGITS:
        return "too_short" if len(digits) < MOBILE_DIGITS else "too_long"
    return _LENGTHS.get(phonenumbers.is_possible_number_with_reason(number))


_LENGTHS = {
    phonenumbers.ValidationResult.TOO_SHORT: "too_short",
    phonenumbers.ValidationResult.TOO_LONG: "too_long",
}
_PROBLEMS: dict[Field, Callable[[str], str | None]] = {
    Field.ADDRESS: address_problem,
    Field.RECIPIENT: recipient_problem,
}

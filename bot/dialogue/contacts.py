"""Order numbers, phone numbers, e-mail addresses, codes and amounts, read out of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import phonenumbers

from bot.dialogue.lexicon import Lexicon
from bot.dialogue.normalise import ORDER_NUMBER, Units

REGION = "CN"
LARGEST_AMOUNT = 100_000_000
"""Fen; more is no amount that a customer means."""

_TP = re.compile(rf"{ORDER_NUMBER.pattern}|(?<![a-z0-9])tp[\s\-]?(\d{{4,12}})(?!\d)")
_BARE = re.compile(r"(?<![\d.\w])(\d{4}[\s\-]\d{4}|\d{4,12})(?![\d\w]|[.\-]\d|\s*[元块号室栋幢楼层座年月日点分件%])")
_CODE = re.compile(r"(?<![\d\w+.\-])\d{6}(?![\d\w]|[.\-]\d)", re.ASCII)
_EMAIL = re.compile(
    r"(?<![\w.+\-])[a-z0-9][a-z0-9._%+\-]{0,63}@(?:[a-z0-9\-]{1,63}\.){1,5}[a-z]{2,24}(?![\w@])", re.ASCII
)
_PHONE = re.compile(r"(?<![\d\w])(?:\+|00)?\s?\(?\d(?:[\s\-().]{0,2}\d){4,19}(?!\d)", re.ASCII)
_MEANT_AS_MOBILE = re.compile(r"1\d{9,12}")
_FIXED_LINE = re.compile(r"0\d{9,11}|[48]00\d{7}")
_CHINESE = "零〇一二三四五六七八九十两"
_AMOUNT = re.compile(
    rf"[¥￥]\s?(?P<sign>\d{{1,8}}(?:\.\d{{1,2}})?)(?![\d.]\d)"
    rf"|(?<![\d.])(?P<n>\d{{1,8}}(?:\.\d{{1,2}})?|[{_CHINESE}]{{1,3}})\s?(?:元|块钱?|人民币|rmb\b|yuan\b|cny\b|kuai\b)(?P<jiao>[1-9](?!\d))?"
)
_DIGITS = {digit: n for n, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}


def read_contacts(lexicon: Lexicon, folded: str, text: Units) -> Iterator[tuple[str, Any]]:
    """Every entity of this module that the cleaned, folded text holds, as (name, value)."""
    rest = folded
    if found := _TP.search(folded):
        yield "order_number", "TP" + re.sub(r"\D", "", found[1] or found[2])
        rest = _TP.sub(" ~ ", folded)
    if found := _EMAIL.search(rest):
        yield "email", found[0]
        rest = _EMAIL.sub(" ~ ", rest)
    if found := _AMOUNT.search(rest):
        amount = _fen(found)
        if 0 < amount <= LARGEST_AMOUNT:
            yield "amount", amount
    phones = list(_phones(lexicon, rest, text))
    yield from phones
    if rest == folded and not any(name == "phone" for name, _ in phones) and (found := _BARE.search(rest)):
        yield "order_number", re.sub(r"\D", "", found[1])
    if found := _CODE.search(rest):
        yield "code", found[0]


def warm_up() -> None:
    """Load the numbering plans now, so that the first customer does not wait for them."""
    phonenumbers.is_valid_number(phonenumbers.parse("13800138000", REGION))


def _phones(lexicon: Lexicon, folded: str, text: Units) -> Iterator[tuple[str, str]]:
    candidates = [found[0].strip() for found in _PHONE.finditer(folded)]
    for candidate in candidates:
        if valid := _valid(candidate):
            yield "phone", valid
            return
    for candidate in candidates:
        if _is_meant(candidate, labelled=_has_label(lexicon, text)):
            yield "bad_phone", candidate
            return


def _valid(candidate: str) -> str | None:
    digits = re.sub(r"\D", "", candidate)
    abroad = candidate.startswith(("+", "00"))
    if not (abroad or _MEANT_AS_MOBILE.fullmatch(digits) or _FIXED_LINE.fullmatch(digits) or _with_country(digits)):
        return None
    try:
        number = phonenumbers.parse(("+" if _with_country(digits) and not abroad else "") + candidate, REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _with_country(digits: str) -> bool:
    """A Chinese mobile number with its country code, but without the plus."""
    return re.fullmatch(r"861[3-9]\d{9}", digits) is not None


def _is_meant(candidate: str, *, labelled: bool) -> bool:
    digits = re.sub(r"\D", "", candidate)
    mobile = _MEANT_AS_MOBILE.fullmatch(digits) is not None
    return (
        labelled or candidate.startswith("+") or (mobile and digits[1] in "3456789") or (len(digits) == 11 and mobile)
    )


def _has_label(lexicon: Lexicon, text: Units) -> bool:
    said = " ".join(text)
    return any(f" {' '.join(label)} " in f" {said} " for label in lexicon.phrases("phone_labels"))


def _fen(found: re.Match[str]) -> int:
    number = found["sign"] or found["n"]
    if number[0] in _CHINESE:
        return _chinese(number) * 100
    return round(float(number) * 100) + int(found["jiao"] or 0) * 10


def _chinese(number: str) -> int:
    tens, ten, ones = number.partition("十")
    if not ten:
        return _DIGITS[number] if len(number) == 1 else 0
    return _DIGITS.get(tens, 1) * 10 + _DIGITS.get(ones, 0)

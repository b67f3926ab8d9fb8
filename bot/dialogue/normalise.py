"""Text as customers type it, brought into one form: bounded, visible characters only, plain widths, small units."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby

LIMIT = 500
"""Characters of a message that are read; what comes after is not looked at."""

Units = tuple[str, ...]
"""A text in pieces: a Latin word or number, one Chinese character, one emoji, or one of the two marks below."""

BREAK = ","
QUESTION = "?"

_SKIN_TONES = {chr(code) for code in range(0x1F3FB, 0x1F400)}
_HAN = "㐀-䶿一-鿿"
_UNIT = re.compile(
    rf"(?P<word>[a-z0-9à-öø-ɏ]+(?:['’`´][a-z]+)*)|(?P<han>[{_HAN}])|(?P<question>\?)"
    rf"|(?P<pause>(?<=[{_HAN}])\s+(?=[{_HAN}])|[,.;!…~。、\n—]+)|(?P<other>[^\s_])"
)
ORDER_NUMBER = re.compile(r"(?<![a-z0-9])t[\s\-]?p[\s\-_#:.]*(\d(?:[\s\-]?\d){7})(?!\d)")
"""An order number as customers write it: "TP12345678", "tp 1234-5678"."""

_APOSTROPHES = re.compile("['’`´]")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
_NOT_SAID = ("P", "S", "Z", "C")


def clean(text: str) -> str:
    """The readable beginning of a text: NFKC, no control, zero-width, direction or combining marks, single blanks,
    every script's digits as 0-9.
    Letters keep their case, lines their breaks. At most `LIMIT` characters.
    """
    plain = unicodedata.normalize("NFKC", text[:LIMIT])[:LIMIT]
    if not plain.isprintable() or not plain.isascii():
        plain = "".join(_visible(character) for character in plain)
    return re.sub(r"[^\S\n]+", " ", plain).strip()


def _visible(character: str) -> str:
    if character == "\n":
        return character
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return "" if category[0] == "C" or category in ("Mn", "Me") or character in _SKIN_TONES else character


def units(folded: str, spoken: frozenset[str] = frozenset()) -> Units:
    """A cleaned, case-folded text in pieces. Punctuation becomes `BREAK`; emoji count only if they are `spoken`."""
    found: list[str] = []
    for match in _UNIT.finditer(ORDER_NUMBER.sub(_in_one, folded)):
        unit = _unit(match, spoken)
        if unit and not (unit == BREAK and found[-1:] == [BREAK]):
            found.append(unit)
    return tuple(found)


def _in_one(number: re.Match[str]) -> str:
    return "tp" + re.sub(r"\D", "", number[1])


def _unit(match: re.Match[str], spoken: frozenset[str]) -> str:
    text = match.group()
    match match.lastgroup:
        case "word":
            return _DRAWN_OUT.sub(r"\1", _APOSTROPHES.sub("", text))
        case "pause":
            return BREAK
        case "other" if text not in spoken and unicodedata.category(text)[0] in _NOT_SAID:
            return ""
        case _:
            return text


def is_han(unit: str) -> bool:
    """Whether a unit is a Chinese character."""
    return "一" <= unit <= "鿿" or "㐀" <= unit <= "䶿"


def without_marks(pieces: Units) -> Units:
    """Only what is said: no breaks, no question marks."""
    return tuple(unit for unit in pieces if unit not in (BREAK, QUESTION))


def parts(pieces: Units) -> Iterator[Units]:
    """What is said between pauses, without question marks."""
    for pause, group in groupby(pieces, key=BREAK.__eq__):
        if not pause:
            yield without_marks(tuple(group))

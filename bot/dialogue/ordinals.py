"""Places in a list: "2", "第二个", "the second one", "最后一个"."""

from __future__ import annotations

from bot.dialogue.lexicon import Lexicon
from bot.dialogue.normalise import BREAK, Units, is_han

LARGEST = 99
LAST = -1
_MEASURES = frozenset("个单项条件款种位")
ORDINAL_ENDINGS = ("st", "nd", "rd", "th")
_NOUNS = frozenset({"one", "order", "option", "choice", "item"})


class Ordinals:
    """Reads places in a list out of texts in units."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._numbers = lexicon.numbers
        self._last = frozenset(lexicon.phrases("last"))
        self._aside = lexicon.aside
        self._longest_last = max(map(len, self._last))
        self._begins_last = frozenset(phrase[0] for phrase in self._last)

    def whole(self, text: Units) -> int | None:
        """The place, when the text says nothing else: 1-based, `LAST` for the last one."""
        if self._lexicon.is_unclear(text):
            return None
        found: set[int] = set()
        at = 0
        while at < len(text):
            number, length = self._at(text, at)
            if number is not None:
                found.add(number)
            elif aside := self._aside.at(text, at):
                length = len(aside.units)
            if not length or len(found) > 1:
                return None
            at += length
        return found.pop() if found else None

    def within(self, text: Units) -> int | None:
        """The one place that is named anywhere in the text; a bare number only if it is the whole text."""
        begins = [at for at, unit in enumerate(text) if self._may_begin(unit)]
        named = {number for at in begins if (number := self._named(text, at)) is not None}
        return named.pop() if len(named) == 1 else self.whole(text)

    def _may_begin(self, unit: str) -> bool:
        return unit == "第" or unit in self._begins_last or unit.endswith(ORDINAL_ENDINGS)

    def _named(self, text: Units, at: int) -> int | None:
        """The place, if words for a place, and not just any number, begin here."""
        number, length = self._at(text, at)
        after = text[at + length : at + length + 1]
        if text[at] == "第":
            ends = not after or after == (BREAK,) or text[at + length - 1] in _MEASURES
            return number if ends and text[at - 1 : at] != ("数",) else None
        if self._is_last(text, at) and length > 1:
            return LAST
        return number if text[at].endswith(ORDINAL_ENDINGS) and text[at + length - 1] in _NOUNS else None

    def _at(self, text: Units, at: int) -> tuple[int | None, int]:
        """The place that begins here, and how many units it takes; (None, 0) if none does."""
        if length := self._is_last(text, at):
            return LAST, length
        start = at + (text[at] == "第")
        number, length = self._number(text, start)
        if number is None or not 1 <= number <= LARGEST:
            return None, 0
        end = start + length
        ordinal = text[at] == "第" or text[at].endswith(ORDINAL_ENDINGS)
        if ordinal and text[end : end + 1] and (text[end] in _MEASURES or text[end] in _NOUNS):
            end += 1
        return number, end - at

    def _is_last(self, text: Units, at: int) -> int:
        if text[at] not in self._begins_last:
            return 0
        for length in range(self._longest_last, 0, -1):
            if text[at : at + length] in self._last:
                return length
        return 0

    def _number(self, text: Units, at: int) -> tuple[int | None, int]:
        if at >= len(text):
            return None, 0
        unit = text[at]
        if unit.isascii() and unit.isdigit():
            return (int(unit), 1) if len(unit) <= 2 else (None, 0)
        if is_han(unit):
            return self._chinese(text, at)
        return self._numbers.get((unit,)), 1

    def _chinese(self, text: Units, at: int) -> tuple[int | None, int]:
        """Chinese numbers up to 99: 三, 十, 十二, 二十, 二十三."""
        digits: list[int] = []
        while at + len(digits) < len(text) and len(digits) < 3:
            unit = text[at + len(digits)]
            digit = self._numbers.get((unit,))
            if digit is None or not is_han(unit):
                break
            digits.append(digit)
        match digits:
            case [one]:
                return one, 1
            case [10, ones] if ones < 10:
                return 10 + ones, 2
            case [tens, 10] if tens < 10:
                return tens * 10, 2
            case [tens, 10, ones] if tens < 10 and ones < 10:
                return tens * 10 + ones, 3
            case _:
                return None, 0

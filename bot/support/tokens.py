"""Words as full-text search sees them: how a line is taken apart, and what a query asks for. Pure.

Chinese, Japanese and Korean are not written with spaces, so every two neighbouring characters are a word: 订单号 is
"订单 单号", and its last character once more alone, so that any single one begins some word. Everything else is cut
where neither letter nor digit stands. A word with digits is kept backwards, too ("~100421"), because people know order
and phone numbers by their ending; groups of digits such as 138 1234 5678 are kept as one number as well.

A line's words stand in their order in one text. So 订单号 is found in it as "订单 单号", neighbours included, whatever
the database's own index can and cannot tell.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 40
"""Characters of a word that count; what is longer is a link or a key, and known by its beginning or ending."""
SHORTEST_ENDING = 3
MOST_TERMS = 16
"""More words than that nobody means."""
BACKWARDS = "~"

_CJK = (
    "\u3005\u3007\u3040-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
_LETTER = rf"[^\W_{_CJK}]"
_PIECE = re.compile(rf"[{_CJK}]+|{_LETTER}+")
_GROUPED = re.compile(rf"(?<!{_LETTER})\d{{2,4}}(?:[ -]\d{{2,4}})+(?!{_LETTER})")
_GROUPED_DIGITS = 7
_IS_CJK = re.compile(rf"[{_CJK}]")
_GAP = "[ -]?"


@dataclass(frozen=True, slots=True)
class Sought:
    """One way in which a term may stand in a line. `words`: those that must be there whole; `beginning`: what some
    word must begin with, "" for none; `text`: how all of it reads, behind a space, in a line's words."""

    words: tuple[str, ...]
    beginning: str
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: of each term any one way. `marks`: what to mark in a folded line, None for nothing."""

    terms: tuple[tuple[Sought, ...], ...]
    marks: re.Pattern[str] | None

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def has_beginnings(self) -> bool:
        """Whether of some term only a word's beginning is known."""
        return any(way.beginning for ways in self.terms for way in ways)


def words(text: str) -> str:
    """A line's words in their order, separated by spaces."""
    return " ".join(_words(_plain(text)))


def query(text: str) -> Query:
    """What somebody looks for who writes this; nothing where there is no letter or digit in it."""
    terms: dict[tuple[Sought, ...], str] = {}
    for piece, is_number in _pieces(_plain(text)):
        terms.setdefault(_ways(piece, is_number=is_number), _mark(piece, is_number=is_number))
    chosen = list(terms.items())[:MOST_TERMS]
    longest_first = sorted((mark for _, mark in chosen), key=len, reverse=True)
    return Query(tuple(ways for ways, _ in chosen), re.compile("|".join(longest_first)) if chosen else None)


def marked(text: str, sought: Query, most: int) -> tuple[str, ...]:
    """The line in pieces, every second one of which was looked for; about `most` characters from the first of them on,
    with "…" where something was left away."""
    text = unicodedata.normalize("NFC", text)
    folded, places = _folded(text)
    hits = [match.span() for match in sought.marks.finditer(folded)] if sought.marks else []
    spans = [(places[start], places[end - 1] + 1) for start, end in hits]
    first = max(0, spans[0][0] - most // 4) if spans and len(text) > most else 0
    last = min(len(text), first + most)
    pieces, at = ["…" if first else ""], first
    for start, end in spans:
        if at <= start and end <= last:
            pieces[-1] += text[at:start]
            pieces += [text[start:end], ""]
            at = end
    pieces[-1] += text[at:last] + ("…" if last < len(text) else "")
    return tuple(pieces)


def _words(folded: str) -> Iterator[str]:
    for piece in _PIECE.findall(folded):
        if _IS_CJK.match(piece):
            yield from _pairs(piece)
            yield piece[-1]
        else:
            yield from _whole_and_backwards(piece)
    for group in _grouped(folded):
        yield from _whole_and_backwards(_digits(group[0]))


def _whole_and_backwards(piece: str) -> Iterator[str]:
    yield piece[:LONGEST]
    if len(piece) >= SHORTEST_ENDING and any(map(str.isdigit, piece)):
        yield BACKWARDS + piece[::-1][:LONGEST]


def _pairs(piece: str) -> list[str]:
    return [piece[place : place + 2] for place in range(len(piece) - 1)]


def _pieces(folded: str) -> Iterator[tuple[str, bool]]:
    """What a query is made of, and whether it is a number written in groups."""
    at = 0
    for group in _grouped(folded):
        yield from ((piece, False) for piece in _PIECE.findall(folded[at : group.start()]))
        yield _digits(group[0]), True
        at = group.end()
    yield from ((piece, False) for piece in _PIECE.findall(folded[at:]))


def _grouped(folded: str) -> Iterator[re.Match[str]]:
    return (found for found in _GROUPED.finditer(folded) if len(_digits(found[0])) >= _GROUPED_DIGITS)


def _digits(group: str) -> str:
    return group.replace(" ", "").replace("-", "")


def _ways(piece: str, *, is_number: bool) -> tuple[Sought, ...]:
    if _IS_CJK.match(piece) and len(piece) > 1:
        pairs = _pairs(piece)
        return (Sought(tuple(dict.fromkeys(pairs)), "", " ".join(pairs)),)
    forwards = _begins(piece[:LONGEST])
    if is_number or (len(piece) >= SHORTEST_ENDING and any(map(str.isdigit, piece))):
        return forwards, _begins(BACKWARDS + piece[::-1][:LONGEST])
    return (forwards,)


def _begins(word: str) -> Sought:
    return Sought((), word, word)


def _mark(piece: str, *, is_number: bool) -> str:
    if _IS_CJK.match(piece):
        return re.escape(piece)
    inside = _GAP.join(piece) if is_number or (piece.isdigit() and len(piece) >= _GROUPED_DIGITS) else re.escape(piece)
    before = rf"(?<!{_LETTER})(?:{inside})"
    return f"{before}|(?:{inside})(?!{_LETTER})" if any(map(str.isdigit, piece)) else before


def _folded(text: str) -> tuple[str, list[int]]:
    """The text without differences of width, case and form, and for each of its characters the place in `text`."""
    folded = [_plain(character) for character in text]
    places = [place for place, plain in enumerate(folded) for _ in plain]
    return "".join(folded), places


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()

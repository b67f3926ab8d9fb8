"""Texts as Telegram takes them: escaped, and cut into pieces that it accepts."""

from __future__ import annotations

import re
from html import escape

MAX_TEXT = 4096
"""UTF-16 units of one message, after the markup is taken away."""
MAX_BUTTON = 64
"""Bytes of what a button carries."""

# The best places to cut, best first: paragraphs, lines, sentences, clauses, words.
_CUTS = tuple(map(re.compile, (r"\n\n+", r"\n", r"(?<=[。！？!?…])|(?<=[.])\s", r"(?<=[，；,;:：、])", r"\s")))


def length(text: str) -> int:
    """In UTF-16 units, as Telegram counts."""
    return len(text) + sum(character > "\uffff" for character in text)


def split(text: str, limit: int = MAX_TEXT) -> list[str]:
    """The text in pieces of at most `limit` units, cut at the best place in the later half of each piece.

    Nothing but white space at the cuts is lost. A text of nothing but white space has no pieces.
    """
    pieces = []
    rest = text.strip()
    while length(rest) > limit:
        cut = _cut(rest, _most(rest, limit))
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*pieces, rest] if rest else pieces


def html(text: str) -> str:
    """The text as it is, whatever it holds, for messages in Telegram's HTML."""
    return escape(text, quote=False)


def _most(text: str, limit: int) -> int:
    """How many characters fit."""
    units = 0
    for place, character in enumerate(text):
        units += 2 if character > "\uffff" else 1
        if units > limit:
            return place
    return len(text)


def _cut(text: str, most: int) -> int:
    for place in _CUTS:
        # The blank after the last word that fits is no part of the piece.
        ends = [found.end() for found in place.finditer(text, most // 2, most + 1) if found.start() <= most]
        if ends:
            return ends[-1]
    return most

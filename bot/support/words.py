"""What the desk says of a conversation in the desk's own language: the flows' texts, which are in both."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from bot.dialogue.book import FlowBook
from bot.dialogue.texts import Text, Texts, read_texts
from bot.errors import FlowError

LONGEST = 120
HERE = Path(__file__).parent


@cache
def own_texts(language: str) -> Mapping[str, Text]:
    """The desk's own, by key. Its `names` are what `{…:name}` looks up."""
    found = read_texts(HERE / f"texts.{language}.yaml", "staff")
    return {key.replace("staff.names.", "common."): text for key, text in found.items()}


class Words:
    """Texts of the dialogue and of the desk itself ("staff.…") for the desk."""

    def __init__(self, book: FlowBook, texts: Texts) -> None:
        self._book = book
        together = {language: {**said, **own_texts(language)} for language, said in texts.by_language.items()}
        self._texts = Texts(together, texts.constants)

    def wish(self, brief: Mapping[str, Any], language: str, now: float) -> str:
        """What the customer was about, in a line: the flow's name, and the order; "" when that is not known."""
        doing = brief.get("doing") or {}
        slots = doing.get("slots") or {}
        order = brief.get("order") or slots.get("order") or ""
        title = self._title(str(doing.get("flow") or ""), slots, language, now)
        return " · ".join(part for part in (title, str(order)) if part)[:LONGEST]

    def say(self, key: str, language: str, values: Mapping[str, Any], now: float) -> str:
        """A text; "" when there is none, or a value is missing that a newer version would have kept."""
        try:
            return self._texts.say(key, language, values, now)
        except FlowError:
            return ""

    def _title(self, flow: str, slots: Mapping[str, Any], language: str, now: float) -> str:
        if flow not in self._book:
            return ""
        try:
            key = self._book[flow].title(slots)
        except (KeyError, TypeError):  # slots of another version
            key = f"{flow}.title"
        return self.say(key, language, slots, now)

"""Understanding by rules: word lists, patterns and likeness to examples. No model, no network, about a millisecond."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from bot.dialogue.choosing import Chooser
from bot.dialogue.commanding import Commander
from bot.dialogue.entities import Entities
from bot.dialogue.examples import Example
from bot.dialogue.lexicon import LANGUAGES, Lexicon, PhraseBook
from bot.dialogue.matching import MOST, Matcher
from bot.dialogue.normalise import BREAK, LIMIT, QUESTION, Units, clean, is_han, parts, units, without_marks
from bot.dialogue.places import Places
from bot.dialogue.understanding import Command, Intent, Option

NEUTRAL = frozenset({"ok", "okay", "tp", "app", "id", "vip", "email", "wechat", "qq", "pm", "am", "no", "yes", "hi"})
"""Latin words that Chinese customers use as well."""
SHORTEST_PHONE = 7
"""Digits."""
LONGEST_PRICE = 24
"""Units; a longer text asks more than a price."""
LONGEST_NAME = 10
"""Units of a text that only asks after a thing."""
MANY_WORDS = 4
"""From so many Latin words on a text is English though no word is known."""


_NO_LANGUAGE = re.compile(r"\S+@\S+|https?://\S+|www\.\S+|^\s*/\w+", re.IGNORECASE)
"""Addresses and menu commands such as /start, which say nothing about the language of their sender."""


class Read(NamedTuple):
    """A text in its three forms: cleaned as typed, folded, and in units."""

    cleaned: str
    folded: str
    units: Units


class Rules:
    """The `Understanding` that needs nothing but word lists and examples."""

    def __init__(self, intents: Sequence[Example], lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._matchers = {
            language: Matcher([e for e in intents if e.language == language], lexicon, language)
            for language in LANGUAGES
        }
        self._english = lexicon.english | {w for w in self._matchers["en"].vocabulary if not is_han(w)}
        self._wordings = frozenset(w for matcher in self._matchers.values() for w in matcher.wordings)
        self._chooser = Chooser(lexicon)
        self._commander = Commander(lexicon)
        self._queue_commander = Commander(lexicon, in_queue=True)
        self._entities = Entities(lexicon, Places(lexicon, self._english, self._wordings))
        self._moods = {sign: Intent(e.flow, e.slots) for e in intents for sign in clean(e.emoji)}
        self._contact = PhraseBook(
            (phrase, True) for name in ("phone_labels", "fillers", "around_choices") for phrase in lexicon.phrases(name)
        )
        self._asking = PhraseBook((phrase, True) for phrase in (*lexicon.phrases("asking"), (QUESTION,)))
        self._asked_after = frozenset(lexicon.phrases("asking_after"))
        self._prices = PhraseBook((phrase, True) for phrase in lexicon.phrases("price_questions"))
        self._corrections = PhraseBook((phrase, True) for phrase in lexicon.phrases("corrections"))
        # One message is asked about several times in a row.
        self._read = lru_cache(maxsize=64)(self._read_anew)

    def language(self, text: str) -> str | None:
        """See `Understanding.language`."""
        said = without_marks(self._read(_NO_LANGUAGE.sub(" ", text[:LIMIT])).units)
        han = sum(map(is_han, said))
        words = [unit for unit in said if unit.isascii() and unit.isalpha() and len(unit) > 1 and unit not in NEUTRAL]
        if han >= len(words):
            return "zh" if han else None
        known = any(word in self._english for word in words)
        return "en" if not han and (known or len(words) >= MANY_WORDS) else None

    def choose(self, text: str, options: Sequence[Option]) -> int | None:
        """See `Understanding.choose`."""
        return self._chooser.choose(self._read(text[:LIMIT]).units, options)

    def command(self, text: str) -> Command | None:
        """See `Understanding.command`. A clause that asks for a human is enough: "太慢了,转人工!".

        What stands among the examples is a wish, not a command: "客服你好" is a greeting.
        """
        read = self._read(text[:LIMIT])
        if without_marks(read.units) in self._wordings:
            return None
        return self._commander.command(read.folded, read.units)

    def queue_command(self, text: str) -> Command | None:
        """See `Understanding.queue_command`."""
        read = self._read(text[:LIMIT])
        return self._queue_commander.command(read.folded, read.units)

    def entities(self, text: str, now: float) -> Mapping[str, Any]:
        """See `Understanding.entities`."""
        read = self._read(text[:LIMIT])
        return self._entities.read(read.cleaned, read.folded, read.units, now) if read.cleaned else {}

    def corrects(self, text: str) -> bool:
        """See `Understanding.corrects`."""
        return next(self._corrections.found(self._read(text[:LIMIT]).units), None) is not None

    def asks(self, text: str) -> bool:
        """See `Understanding.asks`."""
        return next(self._asking.found(self._read(text[:LIMIT]).units), None) is not None

    def asks_price(self, text: str) -> bool:
        """See `Understanding.asks_price`."""
        said = self._read(text[:LIMIT]).units
        return len(said) <= LONGEST_PRICE and next(self._prices.found(said), None) is not None

    def asks_after(self, text: str) -> bool:
        """See `Understanding.asks_after`."""
        said = without_marks(self._read(text[:LIMIT]).units)
        if not 1 < len(said) <= LONGEST_NAME:
            return False
        return any(said[: len(phrase)] == phrase or said[-len(phrase) :] == phrase for phrase in self._asked_after)

    def intents(self, text: str) -> Sequence[Intent]:
        """See `Understanding.intents`."""
        read = self._read(text[:LIMIT])
        if not without_marks(read.units):
            return self._mood(read.cleaned)
        said = self._without_contact(read.units)
        han = any(map(is_han, said))
        latin = any(unit.isascii() and unit.isalpha() for unit in said)
        found: list[Intent] = []
        for language, asked in (("zh", han or not latin), ("en", latin or not han)):
            found += self._matchers[language].intents(said) if asked else ()
        return _best(found)

    def _without_contact(self, text: Units) -> Units:
        """A text that wants something and leaves a number beside it: without the number's clause."""
        if sum(len(unit) for unit in text if unit.isdigit()) < SHORTEST_PHONE:
            return text
        kept = [clause for clause in parts(text) if not self._is_contact(clause)]
        return tuple(unit for clause in kept for unit in (*clause, BREAK)) or text

    def _is_contact(self, clause: Units) -> bool:
        return all(piece.kind or piece.units[0].isdigit() for piece in self._contact.pieces(clause))

    def _mood(self, signs: str) -> Sequence[Intent]:
        """What emoji alone say: what most of them stand for."""
        meant = [self._moods[sign] for sign in signs if sign in self._moods]
        return [max(meant, key=meant.count)] if meant else []

    def _read_anew(self, text: str) -> Read:
        cleaned = clean(text)
        folded = self._lexicon.fold(cleaned)
        return Read(cleaned, folded, units(folded, self._lexicon.spoken))


def _best(intents: Sequence[Intent]) -> list[Intent]:
    """The best of each wish, best first."""
    best: list[Intent] = []
    for intent in sorted(intents, key=lambda found: -found.score):
        if not any((known.flow, known.slots) == (intent.flow, intent.slots) for known in best):
            best.append(intent)
    return best[:MOST]

"""The words the rules know, read from lexicon.zh.yaml and lexicon.en.yaml, and phrases found in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from bot.dialogue.datafiles import read
from bot.dialogue.normalise import BREAK, QUESTION, Units, clean, is_han, units
from bot.dialogue.understanding import Command

HERE = Path(__file__).parent
LANGUAGES = ("zh", "en")

Kind = TypeVar("Kind")
_NUMBER = re.compile(r"(?:tp)?\d+")


class Words(BaseModel):
    """One language's word list, as in its YAML file; the file says what each list is for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    yes: list[str]
    yes_alone: list[str]
    no: list[str]
    negators: list[str]
    giving_up: list[str]
    unclear: list[str]
    acknowledging: list[str]
    asking: list[str]
    price_questions: list[str]
    asking_after: list[str]
    everything: list[str]
    fillers: list[str]
    needs_more: list[str]
    ambiguous: list[str]
    commands: dict[Command, list[str]]
    queue_commands: dict[Command, list[str]]
    around_commands: list[str]
    around_choices: list[str]
    corrections: list[str]
    numbers: dict[str, int]
    last: list[str]
    concepts: dict[str, list[str]]
    questions: list[str]
    courtesies: list[str]
    phone_labels: list[str]
    name_labels: list[str]
    address_labels: list[str]
    surnames: list[str] = []
    not_names: list[str] = []
    traditional: str = ""


class Role(StrEnum):
    """What a phrase does in an answer to a question."""

    YES = "yes"
    NO = "no"
    NEGATOR = "negator"
    NO_OR_NEGATOR = "no_or_negator"
    GIVING_UP = "giving_up"
    UNCLEAR = "unclear"
    FILLER = "filler"
    NEEDS_MORE = "needs_more"
    BREAK = "break"


@dataclass(frozen=True, slots=True)
class Piece(Generic[Kind]):
    """Some units of a text, and what they are; None: nothing known."""

    kind: Kind | None
    units: Units


_NOTHING: Piece[bool] = Piece(None, ())
_THAT_ONE = frozenset({tuple("那单"), tuple("那个"), tuple("那一单")})


class PhraseBook(Generic[Kind]):
    """Phrases by what they mean; the longest fitting phrase wins, and of equal ones the later given."""

    def __init__(self, phrases: Iterable[tuple[Units, Kind]]) -> None:
        self._kinds = {phrase: kind for phrase, kind in phrases if phrase}
        self._lengths: dict[str, list[int]] = {}
        for phrase in self._kinds:
            lengths = self._lengths.setdefault(phrase[0], [])
            if len(phrase) not in lengths:
                lengths.append(len(phrase))
                lengths.sort(reverse=True)

    @property
    def phrases(self) -> Iterable[Units]:
        """Every phrase."""
        return self._kinds.keys()

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every unit of every phrase."""
        return frozenset(unit for phrase in self._kinds for unit in phrase)

    def at(self, text: Units, start: int) -> Piece[Kind] | None:
        """The longest phrase that begins here."""
        for length in self._lengths.get(text[start], ()):
            phrase = text[start : start + length]
            if phrase in self._kinds:
                return Piece(self._kinds[phrase], phrase)
        return None

    def pieces(self, text: Units) -> Iterator[Piece[Kind]]:
        """The whole text: known phrases, and unknown units one by one."""
        place = 0
        while place < len(text):
            piece = self.at(text, place) or Piece(None, text[place : place + 1])
            yield piece
            place += len(piece.units)

    def found(self, text: Units) -> Iterator[Piece[Kind]]:
        """Every phrase that begins anywhere; phrases may overlap."""
        for place in range(len(text)):
            if piece := self.at(text, place):
                yield piece


class Lexicon:
    """All word lists of all languages together, ready for use."""

    def __init__(self, words: Mapping[str, Words]) -> None:
        self.words = dict(words)
        pairs = "".join(listed.traditional for listed in words.values()).split()
        self._simplified = str.maketrans({pair[0]: pair[1] for pair in pairs})
        spoken = (phrase for listed in words.values() for phrase in (*listed.yes, *listed.no) if not phrase.isalnum())
        self.spoken = frozenset(character for phrase in spoken for character in clean(phrase))

    def fold(self, cleaned: str) -> str:
        """A cleaned text in small letters and simplified characters."""
        return cleaned.casefold().translate(self._simplified)

    def units(self, text: str) -> Units:
        """Any text in pieces."""
        return units(self.fold(clean(text)), self.spoken)

    def phrases(self, name: str) -> list[Units]:
        """One list of all languages, each phrase in pieces."""
        return [self.units(phrase) for listed in self.words.values() for phrase in getattr(listed, name)]

    @cached_property
    def answers(self) -> PhraseBook[Role]:
        """What may be said to a question besides its choices."""
        no, negators = set(self.phrases("no")), set(self.phrases("negators"))
        roles = [
            (Role.FILLER, self.phrases("fillers")),
            (Role.NEEDS_MORE, self.phrases("needs_more")),
            (Role.YES, self.phrases("yes")),
            (Role.NO, no - negators),
            (Role.NEGATOR, negators - no),
            (Role.NO_OR_NEGATOR, no & negators),
            (Role.GIVING_UP, self.phrases("giving_up")),
            (Role.UNCLEAR, [*self.phrases("unclear"), *self.phrases("asking"), (QUESTION,)]),
            (Role.BREAK, [(BREAK,)]),
        ]
        return PhraseBook((phrase, role) for role, phrases in roles for phrase in phrases)

    @cached_property
    def aside(self) -> PhraseBook[bool]:
        """What may stand around a choice without changing it."""
        around = (*self.phrases("fillers"), *self.phrases("around_choices"), (BREAK,))
        return PhraseBook((phrase, True) for phrase in around)

    def is_unclear(self, text: Units) -> bool:
        """Whether something in the text says that it is no answer ("just a second", "不知道")."""
        return any(piece.kind is Role.UNCLEAR for piece in self.answers.pieces(text))

    @cached_property
    def yes_alone(self) -> frozenset[Units]:
        """What means yes only as the whole message."""
        return frozenset(self.phrases("yes_alone"))

    @cached_property
    def acknowledging(self) -> frozenset[Units]:
        """What only says that something was heard."""
        return frozenset(self.phrases("acknowledging"))

    @cached_property
    def _every_one(self) -> PhraseBook[bool]:
        """Phrases for all there is (True), and what may stand around them."""
        around = (*self.phrases("fillers"), *self.phrases("around_choices"), *self.phrases("ambiguous"), (BREAK,))
        return PhraseBook([*((each, False) for each in around), *((each, True) for each in self.phrases("everything"))])

    def says_everything(self, text: Units) -> bool:
        """Whether a text says "all of them", and nothing else."""
        kinds = {piece.kind for piece in self._every_one.pieces(text)}
        return True in kinds and None not in kinds

    @cached_property
    def ambiguous(self) -> frozenset[Units]:
        """Words that alone may mean the order as well as the conversation ("取消")."""
        return frozenset(self.phrases("ambiguous"))

    @cached_property
    def concepts(self) -> dict[str, PhraseBook[str]]:
        """For each language, which words stand for the same thing."""
        return {
            language: PhraseBook(
                (self.units(phrase), name) for name, phrases in listed.concepts.items() for phrase in phrases
            )
            for language, listed in self.words.items()
        }

    @cached_property
    def _everyday(self) -> PhraseBook[bool]:
        lists = ("corrections", "around_choices", "around_commands", "courtesies")
        said = [phrase for name in lists for phrase in self.phrases(name)]
        meant = [phrase for book in self.concepts.values() for phrase in book.phrases]
        return PhraseBook((phrase, True) for phrase in (*said, *meant, *self.answers.phrases))

    def telling(self, text: Units) -> str | None:
        """What is left of a text without everyday words and numbers; None when nothing is. Single characters stay where
        something is left, for they may be a part of it ("快餐"), and so does what "那单" points at ("手机那单")."""
        every = list(self._everyday.pieces(text))
        pointed = (replace(p, kind=None) if q.units in _THAT_ONE else p for p, q in pairwise([*every, _NOTHING]))
        pieces = [p for p in pointed if not p.kind or (len(p.units) == 1 and is_han(p.units[0]))]
        unknown = {unit for piece in pieces if not piece.kind for unit in piece.units if not _NUMBER.fullmatch(unit)}
        if not any(len(unit) > 1 or is_han(unit) for unit in unknown):
            return None
        return "".join(unit if is_han(unit) else f" {unit} " for piece in pieces for unit in piece.units).strip()

    @cached_property
    def numbers(self) -> dict[Units, int]:
        """Number words, cardinal and ordinal."""
        return {self.units(word): n for listed in self.words.values() for word, n in listed.numbers.items()}

    @cached_property
    def english(self) -> frozenset[str]:
        """Every English word that stands in any list: enough to tell English from names and other languages."""
        listed = self.words["en"]
        lists = [phrases for phrases in listed.model_dump().values() if isinstance(phrases, list)]
        grouped = [
            phrase
            for phrases in (*listed.commands.values(), *listed.queue_commands.values(), *listed.concepts.values())
            for phrase in phrases
        ]
        texts = [*grouped, *(phrase for phrases in lists for phrase in phrases)]
        return frozenset(unit for text in texts for unit in self.units(text) if len(unit) > 1 and not is_han(unit))


def load_lexicon(folder: Path = HERE) -> Lexicon:
    """Read lexicon.zh.yaml and lexicon.en.yaml. Raises `FlowError` naming the file and the key that is wrong."""
    return Lexicon(
        {language: read(folder / f"lexicon.{language}.yaml", Words, only_words=True) for language in LANGUAGES}
    )

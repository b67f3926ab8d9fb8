"""Universal commands: what a customer can say anywhere."""

from __future__ import annotations

import re

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.dialogue.lexicon import Lexicon, PhraseBook
from bot.dialogue.normalise import BREAK, QUESTION, Units, is_han, parts
from bot.dialogue.understanding import Command

LONGEST = 40
"""Units; a longer text is looked at clause by clause only."""
MISSPELT_FROM = 5
"""Letters a word must have before one wrong letter is forgiven."""

_SLASH = re.compile(r"/([a-z_]+)(?:@\w+)?(?:\s.*)?", re.DOTALL)
_MENU = {
    "start": Command.START_OVER,
    "restart": Command.START_OVER,
    "human": Command.HUMAN,
    "agent": Command.HUMAN,
    "help": Command.HELP,
    "back": Command.BACK,
    "exit": Command.CANCEL_THIS,
    "stop": Command.CANCEL_THIS,
    "zh": Command.CHINESE,
    "en": Command.ENGLISH,
    "language": Command.OTHER_LANGUAGE,
}


class Commander:
    """Recognises commands: those anywhere, or, `in_queue`, those of somebody who waits for a person."""

    def __init__(self, lexicon: Lexicon, *, in_queue: bool = False) -> None:
        around = [(phrase, None) for phrase in (*lexicon.phrases("around_commands"), (BREAK,), (QUESTION,))]
        said = [
            (lexicon.units(phrase), command)
            for words in lexicon.words.values()
            for command, phrases in (words.queue_commands if in_queue else words.commands).items()
            for phrase in phrases
        ]
        self._book: PhraseBook[Command | None] = PhraseBook([*around, *said])
        self._words = [word for word in self._book.vocabulary if len(word) >= MISSPELT_FROM and not is_han(word)]
        self._around = frozenset(phrase for phrase, _ in around)

    def command(self, folded: str, text: Units) -> Command | None:
        """The command that the whole text is, or that one clause of it is where it asks for a human."""
        if menu := _SLASH.fullmatch(folded):
            return _MENU.get(menu[1])
        if not text:
            return None
        if len(text) <= LONGEST and (command := self._whole(text)):
            return command
        clauses = (clause for clause in parts(text) if len(clause) <= LONGEST)
        return Command.HUMAN if any(self._whole(clause) is Command.HUMAN for clause in clauses) else None

    def _whole(self, text: Units) -> Command | None:
        found: set[Command] = set()
        for piece in self._book.pieces(tuple(self._spelt(unit) for unit in text)):
            if piece.kind is None and piece.units not in self._around:
                return None
            if piece.kind is not None:
                found.add(piece.kind)
        if Command.HUMAN in found:
            return Command.HUMAN
        return found.pop() if len(found) == 1 else None

    def _spelt(self, unit: str) -> str:
        """The word that was meant, where one letter is wrong."""
        if len(unit) < MISSPELT_FROM or unit in self._book.vocabulary or not unit.isalpha():
            return unit
        near = process.extractOne(unit, self._words, scorer=OSA.distance, score_cutoff=1)
        return near[0] if near else unit

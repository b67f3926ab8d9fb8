"""Which of an open question's choices a text means: by its wording, its number, or yes and no."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from bot.dialogue.lexicon import Lexicon, Role
from bot.dialogue.normalise import BREAK, QUESTION, Units, is_han, parts, without_marks
from bot.dialogue.ordinals import ORDINAL_ENDINGS, Ordinals
from bot.dialogue.polarity import Wording, label_words, polarity
from bot.dialogue.understanding import Option

LONGEST = 60
"""Units; a longer text says more than a choice."""
NEAR = 82.0
NEAR_HAN = {3: 66.0, 4: 74.0}
LEAD = 8.0
"""A misspelt wording must be this near, from 0 to 100, and so much nearer than the next; one wrong character of a few
Chinese ones weighs more."""

AFFIRM, DENY = "affirm", "deny"
_NEGATIONS = (Role.NO, Role.NEGATOR, Role.NO_OR_NEGATOR)
_PLACE_WORDS = frozenset({*"第选复项个", "option", "choice", "choose", "reply"})
_CURRENCY = frozenset({"¥", "元", "块", "yuan", "rmb"})


@dataclass(frozen=True, slots=True)
class Choosable:
    """One option, prepared: its wordings as said, the same without fillers, and the parts between their pauses;
    the concepts that a whole wording stands for, and each wording in letters with its number of negations."""

    key: str
    wordings: tuple[Units, ...]
    bare: tuple[Units, ...]
    clauses: frozenset[Units]
    things: frozenset[str | None]
    spelt: tuple[tuple[str, int], ...]


class Chooser:
    """Finds the option that is meant."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._ordinals = Ordinals(lexicon)
        self._prepared = lru_cache(maxsize=512)(self._prepare)
        self._wording = lru_cache(maxsize=256)(self._label_words)

    def choose(self, text: Units, options: Sequence[Option]) -> int | None:
        """The place of the option that is meant, or None."""
        said = without_marks(text)
        if not said or len(text) > LONGEST:
            return None
        choices = [self._prepared(option) for option in options]
        guarded = any(choice.key == AFFIRM for choice in choices)
        if QUESTION in text and guarded:
            return None
        exact = _only(place for place, choice in enumerate(choices) if said in choice.wordings)
        if exact is not None:
            return exact
        if self._lexicon.is_unclear(text):
            return None
        number = self._ordinals.whole(said)
        if number is not None:
            # "第一单" beside a yes and a no means another order, not the first choice.
            names_place = any(unit in _PLACE_WORDS or unit.endswith(ORDINAL_ENDINGS) for unit in said)
            return None if guarded and self._names_order(text) else self._numbered(number, choices, names_place)
        return self._worded(text, said, choices)

    def _names_order(self, text: Units) -> bool:
        return any(piece.kind is Role.NEEDS_MORE for piece in self._lexicon.answers.pieces(text))

    def _prepare(self, option: Option) -> Choosable:
        spoken = [self._lexicon.units(wording) for wording in (option.label, *option.also)]
        wordings = tuple(map(without_marks, spoken))
        clauses = frozenset(clause for wording in spoken for clause in parts(wording) if self._is_plain(clause))
        bare = tuple(map(self._bare, wordings))
        things = frozenset[str | None]().union(*map(self._things, bare))
        spelt = tuple((_joined(wording), self._negations(wording)) for wording in bare if wording)
        return Choosable(option.key, wordings, bare, clauses, things, spelt)

    def _is_plain(self, clause: Units) -> bool:
        """Whether a part of a label means its choice even without the rest: "cancel it" does not."""
        return bool(clause) and not any(_contains(clause, word) for word in self._lexicon.ambiguous)

    def _bare(self, text: Units) -> Units:
        """Without fillers and what stands around a choice."""
        pieces = self._lexicon.aside.pieces(text)
        return tuple(unit for piece in pieces if not piece.kind for unit in piece.units)

    def _numbered(self, number: int, choices: Sequence[Choosable], names_place: bool) -> int | None:
        place = len(choices) - 1 if number == -1 else number - 1
        if not 0 <= place < len(choices):
            return self._amount(number, choices)
        # "2" where the third choice is "2 元" may mean either; "第二个" may not.
        return place if names_place or self._amount(number, choices) in (None, place) else None

    @staticmethod
    def _amount(number: int, choices: Sequence[Choosable]) -> int | None:
        def says(choice: Choosable) -> bool:
            return any({str(number)} == set(wording) - _CURRENCY for wording in choice.wordings)

        return _only(place for place, choice in enumerate(choices) if says(choice))

    def _worded(self, text: Units, said: Units, choices: Sequence[Choosable]) -> int | None:
        copied = self._copied(said, choices)
        if copied is not None:
            return copied
        keys = [choice.key for choice in choices]
        plain = self._bare(said)
        whole = _only(place for place, c in enumerate(choices) if c.key not in (AFFIRM, DENY) and plain in c.bare)
        if plain and whole is not None and not (len(plain) == 1 and self._only_denies(plain)):
            return whole
        if AFFIRM in keys or DENY in keys:
            answer = polarity(self._lexicon, text, self._wording(tuple(choices)))
            if answer is not None:
                key = AFFIRM if answer else DENY
                return keys.index(key) if key in keys else None
        clause = _only(place for place, c in enumerate(choices) if c.key != AFFIRM and said in c.clauses)
        if clause is not None:
            return clause
        # Nothing short of a yes affirms, and nothing that merely resembles a no denies.
        others = {place: choice for place, choice in enumerate(choices) if choice.key not in (AFFIRM, DENY)}
        return self._part(plain, others)

    def _copied(self, said: Units, choices: Sequence[Choosable]) -> int | None:
        """The number and the label, as in a numbered menu: "1. 取消订单"."""
        number = self._ordinals.whole(said[:1])
        if number is None or not 0 < number <= len(choices):
            return None
        return number - 1 if said[1:] in choices[number - 1].wordings else None

    def _label_words(self, choices: tuple[Choosable, ...]) -> Wording:
        return Wording(
            affirm=label_words(self._lexicon, (w for c in choices if c.key == AFFIRM for w in c.wordings)),
            deny=label_words(self._lexicon, (w for c in choices if c.key == DENY for w in c.wordings)),
        )

    def _part(self, bare: Units, choices: dict[int, Choosable]) -> int | None:
        if not _says_enough(bare) or self._only_denies(bare):
            return None
        full = _only(place for place, choice in choices.items() if bare in choice.bare)
        if full is not None:
            return full
        part = [place for place, c in choices.items() if any(_contains(wording, bare) for wording in c.bare)]
        if part:
            return part[0] if len(part) == 1 and self._fits(bare, choices[part[0]]) else None
        # Other words for the same: "手机号" where the choice is "电话".
        meant = self._things(bare)
        same = _only(place for place, c in choices.items() if meant & c.things)
        return self._near(bare, choices) if same is None else same

    def _things(self, bare: Units) -> set[str | None]:
        """The concepts that the whole text stands for."""
        found = (book.at(bare, 0) for book in self._lexicon.concepts.values() if bare)
        return {piece.kind for piece in found if piece and piece.units == bare}

    def _fits(self, bare: Units, choice: Choosable) -> bool:
        """A part of a label may not lose the label's negation."""
        return any(_contains(w, bare) and self._negations(w) == self._negations(bare) for w in choice.bare)

    def _near(self, bare: Units, choices: dict[int, Choosable]) -> int | None:
        """A misspelt wording; the negations must be the same, for "不收到" is near "收到". A number is never
        misspelt: "300" is not "¥3.00"."""
        if all(map(str.isdigit, bare)):
            return None
        said, negations = _joined(bare), self._negations(bare)
        scores: Counter[int] = Counter()
        for place, choice in choices.items():
            same = (wording for wording, own in choice.spelt if own == negations)
            scores[place] = round(max((fuzz.ratio(said, wording) for wording in same), default=0))
        ranked = scores.most_common(2)
        enough = NEAR_HAN.get(min(len(bare), 4), NEAR) if all(map(is_han, bare)) else NEAR
        if not ranked or ranked[0][1] < enough:
            return None
        return ranked[0][0] if len(ranked) == 1 or ranked[0][1] - ranked[1][1] >= LEAD else None

    def _only_denies(self, bare: Units) -> bool:
        """ "Not this one" is no half of "not needed"."""
        return all(piece.kind in _NEGATIONS for piece in self._lexicon.answers.pieces(bare))

    def _negations(self, text: Units) -> int:
        return sum(piece.kind in _NEGATIONS for piece in self._lexicon.answers.pieces(text))


def _only(places: Iterable[int]) -> int | None:
    found = list(places)
    return found[0] if len(found) == 1 else None


def _says_enough(bare: Units) -> bool:
    letters = sum(2 if is_han(unit) else len(unit) for unit in bare if unit != BREAK)
    return letters >= 3


def _contains(whole: Units, part: Units) -> bool:
    if part and part[0] not in whole:
        return False
    return any(whole[start : start + len(part)] == part for start in range(len(whole) - len(part) + 1))


def _joined(text: Units) -> str:
    return "".join(unit if is_han(unit) else f" {unit}" for unit in text).strip()

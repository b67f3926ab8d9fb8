"""Yes or no: what an answer means, seen against the words of the two choices it answers.

Every word of the answer must be known, as an answer word, as a filler, or from the choices' own labels. Whatever says
more ("yes, but how much?") or contradicts itself is neither yes nor no, so that it is asked again. A yes must be said:
"取消" alone never confirms a cancellation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from bot.dialogue.lexicon import Lexicon, Piece, Role
from bot.dialogue.normalise import QUESTION, Units, is_han, without_marks

LONGEST = 40
"""Units; a longer text says more than yes or no."""

_PLAIN = (Role.FILLER, Role.BREAK, Role.NEEDS_MORE)


class Side(Enum):
    """To which choice a word of the labels belongs."""

    AFFIRM = "affirm"
    DENY = "deny"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Wording:
    """The labels' own words, without the answer words in them: "Yes, cancel it" leaves "cancel"."""

    affirm: frozenset[Units] = frozenset()
    deny: frozenset[Units] = frozenset()

    def side(self, phrase: Units) -> Side | None:
        """Whose word this is."""
        if phrase in self.affirm:
            return Side.BOTH if phrase in self.deny else Side.AFFIRM
        return Side.DENY if phrase in self.deny else None

    def longest_at(self, text: Units, start: int) -> Units:
        """The longest run of label words that begins here; empty if there is none."""
        longest = max(map(len, (*self.affirm, *self.deny)), default=0)
        runs = (text[start : start + length] for length in range(min(longest, len(text) - start), 0, -1))
        return next((run for run in runs if self.side(run)), ())


NO_WORDING = Wording()


@dataclass(slots=True)
class Evidence:
    """What was heard so far."""

    yes: int = 0
    no: int = 0
    plain: set[Side] = field(default_factory=set)
    negated: set[Side] = field(default_factory=set)
    ambiguous: bool = False
    needs_more: bool = False
    gave_up: bool = False
    pending: Piece[Role] | None = None


def label_words(lexicon: Lexicon, wordings: Iterable[Units]) -> frozenset[Units]:
    """Every run of words in these labels that is worth recognising: words, or two and more Chinese characters."""
    runs: set[Units] = set()
    for wording in wordings:
        for chunk in _chunks(lexicon, wording):
            for start in range(len(chunk)):
                ends = range(start + 1, len(chunk) + 1)
                runs.update(chunk[start:end] for end in ends if end - start > 1 or not is_han(chunk[start]))
    return frozenset(runs)


def _chunks(lexicon: Lexicon, wording: Units) -> Iterator[Units]:
    chunk: Units = ()
    for piece in lexicon.answers.pieces(wording):
        if piece.kind is None:
            chunk += piece.units
        else:
            yield chunk
            chunk = ()
    yield chunk


def polarity(lexicon: Lexicon, text: Units, wording: Wording = NO_WORDING) -> bool | None:
    """True for yes, False for no, None for anything else."""
    if not text or len(text) > LONGEST:
        return None
    if without_marks(text) in lexicon.yes_alone:
        return None if QUESTION in text or wording.affirm & lexicon.ambiguous else True
    evidence = Evidence()
    for piece in _pieces(lexicon, text, wording):
        if not _hear(evidence, piece, lexicon, wording):
            return None
    verdict = _verdict(evidence)
    guarded = bool(wording.affirm & lexicon.ambiguous)
    if verdict and guarded and lexicon.spoken.issuperset(without_marks(text)):
        return None  # money is at stake: a thumb alone is no word (docs/decisions/0003-thumbs-up.md)
    return None if verdict and guarded and not _is_consent(evidence) else verdict


def _pieces(lexicon: Lexicon, text: Units, wording: Wording) -> Iterator[Piece[Role]]:
    place = 0
    while place < len(text):
        piece = lexicon.answers.at(text, place) or Piece(None, text[place : place + 1])
        own = wording.longest_at(text, place)
        if (piece.kind is None and own) or len(own) > len(piece.units):
            piece = Piece(None, own)
        yield piece
        place += len(piece.units)


def _hear(evidence: Evidence, piece: Piece[Role], lexicon: Lexicon, wording: Wording) -> bool:
    """Take one piece into account. False: it says more than yes or no."""
    match piece.kind:
        case None:
            return _hear_content(evidence, piece.units, wording.side(piece.units), lexicon)
        case Role.UNCLEAR:
            return False
        case Role.YES:
            evidence.yes += 1
            return evidence.pending is None
        case Role.GIVING_UP:
            evidence.gave_up = True
        case Role.NEEDS_MORE:
            evidence.needs_more = True
        case Role.BREAK:
            _close(evidence)
        case Role.NO | Role.NEGATOR | Role.NO_OR_NEGATOR:
            return _hear_negation(evidence, piece)
        case _:
            pass
    return True


def _hear_negation(evidence: Evidence, piece: Piece[Role]) -> bool:
    before, evidence.pending = evidence.pending, None
    evidence.no += 1
    if piece.kind is not Role.NO:
        evidence.pending = piece
    # "不是不取消" takes itself back; "不不不" only insists.
    return before is None or before.units == piece.units


def _hear_content(evidence: Evidence, units: Units, side: Side | None, lexicon: Lexicon) -> bool:
    if side is None:
        return False
    if evidence.pending:
        evidence.negated.add(side)
        evidence.pending = None
    else:
        evidence.plain.add(side)
        evidence.ambiguous |= any(word in lexicon.ambiguous for word in _runs(units))
    return True


def _runs(units: Units) -> Iterator[Units]:
    for start in range(len(units)):
        for end in range(start + 1, len(units) + 1):
            yield units[start:end]


def _close(evidence: Evidence) -> None:
    """A pause ends a negation that can stand alone: "不,取消" does not say "不取消"."""
    if evidence.pending and evidence.pending.kind is Role.NO_OR_NEGATOR:
        evidence.pending = None


def _verdict(evidence: Evidence) -> bool | None:
    other = evidence.plain - {Side.DENY}
    if evidence.needs_more and not (evidence.plain or evidence.negated):
        return None
    if evidence.negated:
        return None if Side.DENY in evidence.negated or other else False
    if evidence.no:
        return None if evidence.yes or other else False
    if evidence.gave_up:
        return False if evidence.plain == {Side.DENY} else None
    if evidence.yes:
        return None if Side.DENY in evidence.plain else True
    return _of_wording(evidence)


def _is_consent(evidence: Evidence) -> bool:
    """A yes, alone or with the very thing it consents to: "确认费用" is not "确认取消"."""
    return evidence.yes > 0 and (evidence.ambiguous or not evidence.plain)


def _of_wording(evidence: Evidence) -> bool | None:
    """Only words of one label: "keep it"."""
    if evidence.ambiguous or len(evidence.plain) != 1:
        return None
    return {Side.AFFIRM: True, Side.DENY: False}.get(next(iter(evidence.plain)))

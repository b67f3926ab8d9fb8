"""What a customer may want, by likeness to the examples.

A text and each example become bags of features: words, pairs of neighbours, and concepts (words that stand for the
same thing). Features weigh more the fewer wishes share them, and likeness is the cosine of the two bags, with a little
of the plain likeness of the letters, which forgives typos. A keyword that points to a wish by itself lifts it.
"""

from __future__ import annotations

import json
import math
import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from bot.dialogue.examples import Example
from bot.dialogue.lexicon import Lexicon, PhraseBook
from bot.dialogue.normalise import Units, is_han, without_marks
from bot.dialogue.understanding import Intent

FLOOR = 0.35
"""Below this likeness nothing is near."""
MOST = 5
KEYWORD = 0.62
"""What a keyword alone is worth."""
CONCEPT_WEIGHT = 1.6
PAIR_WEIGHT = 0.7
STRANGE_WEIGHT = 0.5
"""How much words that no example has speak against every example."""
LETTERS_SHARE = 0.3
LEAD_SHARE = 0.35
"""How much of its lead over the next the best wish gains."""
ANOTHER_QUESTION = 0.7
"""What is left of a likeness when the text asks something (how, why, how much) that the example does not."""
TOO_SHORT = 0.5
"""The most that one Chinese character alone can count."""
ENOUGH_LEFT = 4
"""Units beside which courtesies do not count."""
TELLING_SHARE = 0.7
"""How much of what is said must speak for an example to be looked at: the heaviest features that make up this share."""
LOOKED_AT = 12
"""How many of the nearest examples are compared by their letters."""
MISSPELT_FROM = 4

_REPEATED_END = re.compile(r"(.)\1+$")
_NUMBERED = re.compile(r"(?:tp)?\d+")

Features = frozenset[str]
Postings = tuple["array[int]", "array[float]"]
"""The samples that have a feature, and its weight in each."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing to want: a flow and its slots, as the examples name them."""

    flow: str
    slots: str

    @property
    def known(self) -> dict[str, Any]:
        """The slots as values."""
        found: dict[str, Any] = json.loads(self.slots)
        return found


@dataclass(frozen=True, slots=True)
class _Sample:
    """One example text, prepared."""

    wish: Wish
    joined: str
    asks: frozenset[str]


class Matcher:
    """Ranks wishes by a text, for one language."""

    def __init__(self, examples: Iterable[Example], lexicon: Lexicon, language: str) -> None:
        self._lexicon = lexicon
        self._concepts = lexicon.concepts[language]
        wishes = [(Wish(e.flow, json.dumps(dict(e.slots), sort_keys=True)), e) for e in examples]
        self._known = {wish: MappingProxyType(wish.known) for wish, _ in wishes}
        said = [(wish, lexicon.units(text)) for wish, example in wishes for text in example.texts]
        self._questions = frozenset(f"={name}" for name in lexicon.words[language].questions)
        self._courtesies = PhraseBook((phrase, True) for phrase in lexicon.phrases("courtesies"))
        bags = [self._features(units) for _, units in said]
        self._samples = [
            _Sample(wish, _joined(units), bag & self._questions) for (wish, units), bag in zip(said, bags, strict=True)
        ]
        self._asked: defaultdict[Wish, set[str]] = defaultdict(set)
        for sample in self._samples:
            self._asked[sample.wish] |= sample.asks
        self._exact = {without_marks(units): wish for wish, units in reversed(said)}
        self._keywords: PhraseBook[Wish] = PhraseBook(
            (lexicon.units(keyword), wish) for wish, example in wishes for keyword in example.keywords
        )
        self._vocabulary = frozenset(u for _, units in said for u in units) | self._concepts.vocabulary
        self._long_words: defaultdict[str, list[str]] = defaultdict(list)
        for word in sorted(self._vocabulary):
            if len(word) >= MISSPELT_FROM:
                self._long_words[word[0]].append(word)
        rarity = _rarity((wish, bag) for (wish, _), bag in zip(said, bags, strict=True))
        self._weights = {feature: rare * _kind(feature) for feature, rare in rarity.items()}
        self._strange = STRANGE_WEIGHT * max(rarity.values(), default=1.0)
        self._vectors = [_normed(self._weighed(bag)) for bag in bags]
        self._postings = self._index(self._vectors)

    @property
    def vocabulary(self) -> frozenset[str]:
        """Every word of the examples and concepts."""
        return self._vocabulary

    @property
    def wordings(self) -> frozenset[Units]:
        """Every example as it is said."""
        return frozenset(self._exact)

    def intents(self, text: Units) -> Sequence[Intent]:
        """Wishes near the text, best first."""
        whole = without_marks(text)
        said = tuple(self._spelt(unit) for unit in whole if not _NUMBERED.fullmatch(unit))
        scores = {self._exact[exact]: 1.0 for exact in (said, whole) if exact in self._exact}
        said = self._without_courtesies(said)
        features = self._features(said)
        asks = features & self._questions
        for wish, score in (*self._likeness(said, features, asks), *self._by_keyword(said, asks)):
            scores[wish] = max(scores.get(wish, 0.0), score)
        best = sorted(scores.items(), key=lambda pair: -pair[1])[:MOST]
        return [Intent(w.flow, self._known[w], round(score, 3)) for w, score in _told_apart(best) if score >= FLOOR]

    def _likeness(self, said: Units, features: Features, asks: Features) -> list[tuple[Wish, float]]:
        bag = self._weighed(features)
        norm = math.sqrt(sum(weight * weight for weight in bag.values()))
        if not norm:
            return []
        nearest = self._nearest(bag)
        joined = _joined(said)
        most = TOO_SHORT if len(said) == 1 and is_han(said[0]) else 0.99
        samples = [(self._samples[place], total / norm) for place, total in nearest]
        return [(sample.wish, min(most, _blend(sample, cosine, joined, asks))) for sample, cosine in samples]

    def _by_keyword(self, said: Units, asks: Features) -> list[tuple[Wish, float]]:
        found = ((piece.kind, len(piece.units) / len(said)) for piece in self._keywords.found(said))
        return [
            (wish, min(0.95, KEYWORD + 0.3 * share) * _same_question(asks, self._asked[wish]))
            for wish, share in found
            if wish
        ]

    def _without_courtesies(self, said: Units) -> Units:
        left = tuple(unit for piece in self._courtesies.pieces(said) if not piece.kind for unit in piece.units)
        return left if len(left) >= ENOUGH_LEFT else said

    def _features(self, units: Units) -> Features:
        said = without_marks(units)
        pairs = (f"{left}_{right}" for left, right in pairwise(said))
        concepts = (f"={piece.kind}" for piece in self._concepts.found(said))
        return frozenset((*said, *pairs, *concepts))

    def _weighed(self, bag: Features) -> dict[str, float]:
        return {feature: self._weight(feature) for feature in bag}

    def _weight(self, feature: str) -> float:
        known = self._weights.get(feature)
        return self._strange * ("_" not in feature) if known is None else known

    def _nearest(self, bag: Mapping[str, float]) -> list[tuple[int, float]]:
        """The places of the samples that share most with a bag, best first, with how much that is.

        The samples are chosen by the bag's heaviest features alone: single characters weigh little, and nearly every
        sample has one of them.
        """
        sums: dict[int, float] = {}
        for feature, weight in _heaviest(bag):
            if found := self._postings.get(feature):
                for place, other in zip(*found, strict=True):
                    sums[place] = sums.get(place, 0.0) + weight * other
        chosen = sorted(sums, key=sums.__getitem__, reverse=True)[:LOOKED_AT]
        exact = [(place, self._shared(bag, place)) for place in chosen]
        return sorted(exact, key=lambda pair: -pair[1])

    def _shared(self, bag: Mapping[str, float], place: int) -> float:
        vector = self._vectors[place]
        return sum([weight * vector[feature] for feature, weight in bag.items() if feature in vector])

    @staticmethod
    def _index(vectors: Sequence[Mapping[str, float]]) -> dict[str, Postings]:
        # Arrays, not pairs: read about twice as fast while other work keeps pushing them out of the caches.
        postings: defaultdict[str, Postings] = defaultdict(lambda: (array("i"), array("d")))
        for place, vector in enumerate(vectors):
            for feature, weight in vector.items():
                places, weights = postings[feature]
                places.append(place)
                weights.append(weight)
        return dict(postings)

    def _spelt(self, unit: str) -> str:
        """The word that was meant, where a letter or two, but not the first, are wrong."""
        if unit in self._vocabulary or len(unit) < MISSPELT_FROM:
            return unit
        once = _REPEATED_END.sub(r"\1", unit)
        if once in self._vocabulary:
            return once
        allowed = 1 if len(unit) < 7 else 2
        near = process.extractOne(unit, self._long_words.get(unit[0], ()), scorer=OSA.distance, score_cutoff=allowed)
        return near[0] if near and not _is_another_word(unit, near[0]) else unit


def _is_another_word(said: str, near: str) -> bool:
    """Of four letters one that is another makes another word ("came" is no "care"); one too few or swapped does not."""
    return len(said) == len(near) == MISSPELT_FROM and sorted(said) != sorted(near)


def _heaviest(bag: Mapping[str, float]) -> list[tuple[str, float]]:
    """The features that make up most of a bag."""
    ranked = sorted(bag.items(), key=lambda pair: -pair[1])
    left = sum(bag.values()) * TELLING_SHARE
    for count, (_, weight) in enumerate(ranked, 1):
        left -= weight
        if left <= 0:
            return ranked[:count]
    return ranked


def _normed(bag: Mapping[str, float]) -> dict[str, float]:
    norm = math.sqrt(sum(weight * weight for weight in bag.values())) or 1.0
    return {feature: weight / norm for feature, weight in bag.items()}


def _blend(sample: _Sample, cosine: float, joined: str, asks: Features) -> float:
    letters = fuzz.ratio(joined, sample.joined) / 100
    likeness = max(cosine, (1 - LETTERS_SHARE) * cosine + LETTERS_SHARE * letters)
    return likeness * _same_question(asks, sample.asks)


def _same_question(asks: Features, others: Set[str]) -> float:
    return ANOTHER_QUESTION if asks and not asks & others else 1.0


def _told_apart(ranked: list[tuple[Wish, float]]) -> list[tuple[Wish, float]]:
    """The best is the surer, the farther the next is behind."""
    if not ranked or ranked[0][1] < FLOOR:
        return ranked
    (wish, score), behind = ranked[0], max(FLOOR, ranked[1][1] if len(ranked) > 1 else 0.0)
    return [(wish, min(score + LEAD_SHARE * (score - behind), max(score, 0.99))), *ranked[1:]]


def _rarity(bags: Iterable[tuple[Wish, Features]]) -> dict[str, float]:
    """How telling each feature is: the logarithm of how few wishes share it."""
    wishes: defaultdict[str, set[Wish]] = defaultdict(set)
    for wish, bag in bags:
        for feature in bag:
            wishes[feature].add(wish)
    total = len(set().union(*wishes.values())) if wishes else 0
    return {feature: math.log(1 + total / len(having)) for feature, having in wishes.items()}


def _kind(feature: str) -> float:
    """What a feature counts by its kind. One Chinese character says less than a word."""
    if feature[0] == "=":
        return CONCEPT_WEIGHT
    if "_" in feature:
        return PAIR_WEIGHT
    return 0.4 if is_han(feature) else 1.0


def _joined(units: Units) -> str:
    return "".join(unit if is_han(unit) else f" {unit}" for unit in without_marks(units)).strip()

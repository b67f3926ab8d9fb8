"""Addresses and names, in Chinese and English. Both are read with restraint: what is not clearly one is none."""

from __future__ import annotations

import re

from bot.dialogue.lexicon import Lexicon
from bot.dialogue.normalise import Units, is_han

LONGEST_ADDRESS = 200
LONGEST_DENIAL = 20
NAME_LETTERS = (2, 40)

_HAN = "一-鿿"
_COUNT = r"(?:[a-z]?\d{1,5}[a-z]?|[零一二三四五六七八九十百]{1,4}|[a-z])"
_REGION = re.compile(rf"[{_HAN}]{{2,7}}?(?:省|自治区|特别行政区|市|区|县|镇|乡|街道|村)")
_STREET = re.compile(rf"[{_HAN}\d]{{1,10}}?(?:路|街|大道|巷|胡同|道(?=\d)|里(?=\d))")
_BUILDING = re.compile(
    rf"[{_HAN}a-z]{{2,10}}?(?:小区|大厦|广场|花园|公寓|中心|大学|学院|医院|中学|小学|园区|产业园|科技园|家园|新村|宿舍|写字楼|商场|酒店|soho)"
)
_DOOR = re.compile(rf"{_COUNT}\s?(?:号楼|号院|号|弄|栋|幢|座|楼|层|单元|室|房|户|门|期)")
_WHOLE_DOOR = re.compile(
    rf"(?:{_COUNT}\s?(?:号楼|号院|弄|栋|幢|座|楼|层|单元|室|房|户)[\s,\-]*)+(?:[a-z]?\d{{2,5}}(?:室|号)?)?"
)
_STREET_EN = re.compile(
    r"\b(?:no\.?\s?)?\d{1,5}[a-z]?,?\s+(?:[a-z.']+\s+){1,4}(?:street|st|road|rd|avenue|ave|lane|ln|drive|boulevard|blvd|way|square|court|place|hutong|alley)\b"
    r"|\b(?:[a-z.']+\s+){1,3}(?:street|road|avenue|lane|boulevard|hutong|rd|ave)\b,?\s*(?:no\.?\s?)?\d{1,5}\b"
)
_UNIT_EN = re.compile(
    r"\b(?:room|rm|flat|unit|apt|apartment|suite|floor|fl|building|bldg|block|tower|door|gate)\.?\s?(?:no\.?\s?)?#?(?:\d{1,5}[a-z]?|[a-z]\d{0,4})\b"
    r"|\b\d{1,3}(?:st|nd|rd|th)?\s?(?:floor|fl)\b"
)
_ASKS = re.compile(r"[?？]|吗$|吗[,。]|多少|怎么|为什么|\b(?:how|why|what|when|where)\b")

_HAN_NAME = re.compile(rf"[{_HAN}]{{2,4}}")
_DOTTED_NAME = re.compile(rf"[{_HAN}]{{1,10}}(?:[·•・][{_HAN}]{{1,10}}){{1,3}}")
_TITLE = re.compile(r"(?:先生|女士|小姐|太太|老师|师傅|阿姨|经理|总)$")
_LATIN_NAME = re.compile(
    r"[^\W\d_][^\W\d_.'’-]*(?:[.'’-][^\W\d_]+)*\.?(?:\s[^\W\d_][^\W\d_.'’-]*(?:[.'’-][^\W\d_]+)*\.?){0,3}"
)


class Places:
    """Reads addresses and names; `known` are English words that are no names."""

    def __init__(self, lexicon: Lexicon, known: frozenset[str], wordings: frozenset[Units]) -> None:
        self._lexicon = lexicon
        self._known = known
        self._wordings = wordings
        self._surnames = tuple(name for words in lexicon.words.values() for name in words.surnames)
        self._not_names = tuple(name for words in lexicon.words.values() for name in words.not_names)
        self._address_label = _label(lexicon, "address_labels")
        self._name_label = _label(lexicon, "name_labels")

    def address(self, text: str) -> str | None:
        """The part of a cleaned text that reads like an address, as typed."""
        folded = self._lexicon.fold(text)
        if len(folded) != len(text) or _ASKS.search(folded):
            return None
        start = _after(self._address_label, folded) or self._after_denial(folded)
        address = text[start:].strip(" ,.;:!。、\n")
        return (
            address
            if len(address) <= LONGEST_ADDRESS and _reads_like_one(folded[start:].strip(" ,.;:!。、\n"))
            else None
        )

    def _after_denial(self, folded: str) -> int:
        """Where the text goes on after a first clause such as "不对,"; 0 if it has none."""
        clause, *rest = re.split(r"[,\s]", folded, maxsplit=1)
        said = self._lexicon.units(clause) if rest and len(clause) <= LONGEST_DENIAL else ()
        return len(clause) + 1 if said and all(p.kind for p in self._lexicon.answers.pieces(said)) else 0

    def name(self, text: str) -> str | None:
        """What may be a person's name: after words such as "我叫", or the whole text."""
        folded = self._lexicon.fold(text)
        if len(folded) != len(text):
            return None
        start = _after(self._name_label, folded)
        labelled = start > 0
        start = start or _after(self._address_label, folded) or self._after_denial(folded)
        name = text[start:].strip(" ,.;:!。、吧啊\n")
        letters = sum(map(str.isalpha, name))
        if not NAME_LETTERS[0] <= letters <= NAME_LETTERS[1] or len(name) > NAME_LETTERS[1] + 10:
            return None
        return name if self._may_be_name(name, labelled=labelled) else None

    def _may_be_name(self, name: str, *, labelled: bool) -> bool:
        if _DOTTED_NAME.fullmatch(name):
            return True
        units = self._lexicon.units(name)
        if units in self._wordings or self._lexicon.answers.at(units, 0) if units else True:
            return False
        if all(map(is_han, units)):
            return self._may_be_chinese(
                _TITLE.sub("", "".join(units)), titled=bool(_TITLE.search(name)), labelled=labelled
            )
        return _LATIN_NAME.fullmatch(name) is not None and not any(unit in self._known for unit in units)

    def _may_be_chinese(self, name: str, *, titled: bool, labelled: bool) -> bool:
        if not (_HAN_NAME.fullmatch(name) or (titled and len(name) == 1)) or name.startswith(self._not_names):
            return False
        book = self._lexicon.concepts["zh"]
        meant = any(len(piece.units) > 1 for piece in book.found(tuple(name)))
        longest = 4 if name[:2] in self._surnames else 3
        return not meant and (labelled or (name.startswith(self._surnames) and len(name) <= longest))


def _reads_like_one(folded: str) -> bool:
    if _WHOLE_DOOR.fullmatch(folded):
        return True
    places = [pattern.search(folded) is not None for pattern in (_REGION, _STREET, _BUILDING)]
    doors = len(_DOOR.findall(folded))
    if (sum(places) >= 1 and doors) or sum(places) >= 2:
        return True
    units = len(_UNIT_EN.findall(folded))
    if _STREET_EN.search(folded) or units >= 2:
        return True
    return _UNIT_EN.fullmatch(folded) is not None


def _label(lexicon: Lexicon, name: str) -> re.Pattern[str]:
    labels = {lexicon.fold(label) for words in lexicon.words.values() for label in getattr(words, name)}
    written = "|".join(re.escape(label) for label in sorted(labels, key=len, reverse=True))
    return re.compile(rf"(?:^|[\s,。;:!])(?:{written})(?:[:：,\s]|(?<=[一-鿿:]))\s*")


def _after(label: re.Pattern[str], folded: str) -> int:
    """Where the text goes on after its last label; 0 if there is none."""
    return max((found.end() for found in label.finditer(folded)), default=0)

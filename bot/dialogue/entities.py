"""What can be read out of a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bot.dialogue.contacts import read_contacts, warm_up
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.normalise import Units, without_marks
from bot.dialogue.ordinals import Ordinals
from bot.dialogue.places import Places
from bot.dialogue.polarity import polarity
from bot.dialogue.times import read_time, says_only_time

_DOOR = re.compile(
    r"\d{2,4}[a-z]?\s*(?:室|房|号门)?|\d{1,2}\s*[楼层]\s*(?:\d{2,4}\s*室?)?|(?:room|rm|apt|unit)\.?\s*\w{1,5}"
)
"""A door and nothing else."""


class Entities:
    """Reads everything of `Understanding.entities`."""

    def __init__(self, lexicon: Lexicon, places: Places) -> None:
        self._lexicon = lexicon
        self._places = places
        self._ordinals = Ordinals(lexicon)
        warm_up()

    def read(self, cleaned: str, folded: str, text: Units, now: float) -> Mapping[str, Any]:
        """The entities of one text: as typed, folded, and in units."""
        found = dict(read_contacts(self._lexicon, folded, text))
        readings = {"time": read_time(folded, now), "address": self._places.address(cleaned)}
        found.update((name, value) for name, value in readings.items() if value is not None)
        later: dict[str, Callable[[], Any]] = {
            "ordinal": lambda: self._ordinals.within(text),
            "door": lambda: folded if _DOOR.fullmatch(folded) else None,
            "acknowledged": lambda: without_marks(text) in self._lexicon.acknowledging or None,
            "everything": lambda: self._lexicon.says_everything(without_marks(text)) or None,
            "yes_no": lambda: polarity(self._lexicon, text),
            "name": lambda: self._places.name(cleaned),
            "appointment": lambda: found.get("time") if says_only_time(folded) else None,
            "description": lambda: self._lexicon.telling(text),
        }
        if "address" in found:
            _leave_to_address(found)
            del later["name"]
        return Readings(found, later)


class Readings(Mapping[str, Any]):
    """What was found, and what is looked for only when somebody asks for it: most messages are wishes, and a wish
    takes no name along."""

    def __init__(self, found: dict[str, Any], later: dict[str, Callable[[], Any]]) -> None:
        self._found = found
        self._later = later

    def __getitem__(self, name: str) -> Any:
        """Raises `KeyError` for what the text does not hold."""
        if name in self._later and (value := self._later.pop(name)()) is not None:
            self._found[name] = value
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        for name in list(self._later):
            self.get(name)
        return iter(self._found)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return repr(dict(self))


def _leave_to_address(found: dict[str, Any]) -> None:
    """Digits of an address ("1203室") are neither an order number nor a code; a number with "TP" is one anywhere."""
    if not str(found.get("order_number", "TP")).startswith("TP"):
        del found["order_number"]
    found.pop("code", None)

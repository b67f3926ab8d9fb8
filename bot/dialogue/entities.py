"""What can be read out of a text."""

from __future__ import annotations

from typing import Any

from bot.dialogue.contacts import read_contacts, warm_up
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.normalise import Units
from bot.dialogue.ordinals import Ordinals
from bot.dialogue.places import Places
from bot.dialogue.polarity import polarity
from bot.dialogue.times import read_time


class Entities:
    """Reads everything of `Understanding.entities`."""

    def __init__(self, lexicon: Lexicon, places: Places) -> None:
        self._lexicon = lexicon
        self._places = places
        self._ordinals = Ordinals(lexicon)
        warm_up()

    def read(self, cleaned: str, folded: str, text: Units, now: float) -> dict[str, Any]:
        """The entities of one text: as typed, folded, and in units."""
        found = dict(read_contacts(self._lexicon, folded, text))
        readings = {
            "ordinal": self._ordinals.within(text),
            "yes_no": polarity(self._lexicon, text),
            "time": read_time(folded, now),
            "address": self._places.address(cleaned),
            "name": self._places.name(cleaned),
        }
        found.update((name, value) for name, value in readings.items() if value is not None)
        if "address" in found:
            _leave_to_address(found)
        return found


def _leave_to_address(found: dict[str, Any]) -> None:
    """Digits of an address ("1203室") are neither an order number nor a code; a number with "TP" is one anywhere."""
    if not str(found.get("order_number", "TP")).startswith("TP"):
        del found["order_number"]
    found.pop("code", None)
    found.pop("name", None)

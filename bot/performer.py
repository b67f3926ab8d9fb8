"""Who does what a flow wished for. The runtime looks the performer up by the effect's type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.dialogue.effects import Effect, Outcome


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom an effect is performed. `key`: the act's idempotency key ("" for reads)."""

    conversation: str
    customer: str | None
    language: str
    now: float
    key: str = ""


class Performer(Protocol):
    """Performs one kind of effect.

    May raise `errors.OrderServiceDown` (an act is then tried again later with the same key). Called again with
    the same `scope.key`, it must not act twice and must answer as the first time.
    """

    async def __call__(self, effect: Any, scope: Scope) -> Outcome:
        """Do it and say what came of it."""


Performers = Mapping[type[Effect], Performer]

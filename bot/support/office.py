"""When somebody is there for who waits in the queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.store.callbacks import Wait
from bot.support.hours import OpeningHours
from bot.support.tickets import numbers


@dataclass(frozen=True, slots=True)
class Office:
    """`claim_within`: seconds after which somebody should have taken who waits, counted while somebody is there.
    `here`: somebody is, whatever the hours say."""

    hours: OpeningHours
    claim_within: float
    here: bool = False

    def is_open(self, now: float) -> bool:
        """Whether somebody may answer soon."""
        return self.here or self.hours.is_open(now)

    def times(self, now: float) -> dict[str, Any]:
        """As outcomes tell it: open, opens_at."""
        return {"open": self.is_open(now), "opens_at": self.hours.next_opening(now)}

    def opens_at(self, now: float) -> float | None:
        """When somebody is there again; None while they are, or if not within a year."""
        return None if self.is_open(now) else self.hours.next_opening(now)

    def wait(self, now: float) -> Wait:
        """For who gets into the queue now."""
        opens_at = self.opens_at(now)
        return Wait((opens_at or now) + self.claim_within, opens_at, numbers)

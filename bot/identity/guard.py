"""How often a code may be guessed or asked for, and how long the pause is then. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

LAPSE = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Guard:
    """What one chat, or one contact, has used up. `locks` counts the pauses; `locked_until` ends the last one."""

    sends: int = 0
    tries: int = 0
    locks: int = 0
    locked_until: float | None = None

    def seconds_locked(self, now: float) -> int:
        """Whole seconds until the pause is over; 0 when there is none."""
        return max(0, math.ceil((self.locked_until or now) - now))


@dataclass(frozen=True, slots=True)
class Limits:
    """`code_seconds`: how long a code is valid. `tries`: wrong codes until a pause, and codes sent until one.
    `pauses`: seconds of the first, second, … pause; the last one repeats."""

    code_seconds: float
    tries: int
    pauses: tuple[float, ...]

    def after_send(self, guard: Guard, now: float) -> Guard:
        """One more code was asked for: counted, or a pause when all are used up."""
        return replace(guard, sends=guard.sends + 1) if guard.sends < self.tries else self._paused(guard, now)

    def after_wrong(self, guard: Guard, now: float) -> Guard:
        """One more wrong code: counted, and a pause when it was the last try."""
        return replace(guard, tries=guard.tries + 1) if guard.tries + 1 < self.tries else self._paused(guard, now)

    def left(self, *guards: Guard) -> int:
        """How many tries all of these still allow."""
        return min(self.tries - guard.tries for guard in guards)

    def _paused(self, guard: Guard, now: float) -> Guard:
        # A day of quiet after a pause makes the next one short again, so nobody is locked out for old mistakes.
        forgiven = guard.locked_until is not None and now - guard.locked_until > LAPSE
        locks = 0 if forgiven else guard.locks
        pause = self.pauses[min(locks, len(self.pauses) - 1)]
        return Guard(locks=locks + 1, locked_until=now + pause)

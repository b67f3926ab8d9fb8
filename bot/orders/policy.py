"""The trade's rules as numbers: when an order counts as late, when peak hours are, what cancelling costs.

Time in seconds, money in fen.
"""

from __future__ import annotations

from dataclasses import dataclass

HOUR = 3600.0
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Policy:
    """`peak_hours` are local whole hours, from and until; `utc_offset` makes them local.

    `sync_stale_after`: not hearing from the courier side for so long means that the platform is late.
    `stale_limit`: for so long, and a colleague has to look. `free_window`: cancelling is free for so long after
    a courier accepted. `fee_window`: after it, cancelling costs `cancel_fee` until so long after the acceptance.
    """

    sync_stale_after: float = 600.0
    stale_limit: float = 1800.0
    peak_hours: tuple[tuple[int, int], ...] = ((11, 13), (17, 20))
    utc_offset: float = 8 * HOUR
    region: str = "CN"
    free_window: float = 60.0
    fee_window: float = 900.0
    cancel_fee: int = 200
    refund_days: int = 3
    tip_limits: tuple[int, int] = (100, 5000)
    reschedule_limits: tuple[float, float] = (HOUR / 2, 7 * DAY)

    def peak_ends(self, now: float) -> str | None:
        """The local time at which the running peak ends ("13:00"), or None off-peak."""
        hour = (now + self.utc_offset) % DAY / HOUR
        return next((f"{end:02d}:00" for start, end in self.peak_hours if start <= hour < end), None)

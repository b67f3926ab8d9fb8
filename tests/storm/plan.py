"""How heavy a storm is. All of it follows from the seed, but for what the machine does in between."""

from __future__ import annotations

from dataclasses import dataclass, field


def _patience() -> dict[str, float]:
    return {
        "read": 1.0,
        "act": 1.0,
        "send": 1.0,
        "lease": 5.0,
        "sweep": 0.2,
        "first_pause": 0.05,
        "longest_pause": 0.5,
        # Nothing here is poison, so nothing may be given up.
        "most_tries": 1000,
    }


@dataclass(frozen=True, slots=True)
class Plan:
    """`bursts` a chat, of up to `most_in_burst` messages; every message is sent up to `most_copies` times, to any
    node. A share of `acting` messages wants an order cancelled. Kills, database outages and claims by staff are
    spread evenly over the storm; so many chats talk `at_once`. What has not come to rest after `settle_seconds` is
    broken. `patience`: the runtime's settings."""

    seed: int
    chats: int = 120
    bursts: int = 6
    most_in_burst: int = 3
    most_copies: int = 3
    acting: float = 0.3
    nodes: int = 3
    kills: int = 3
    outages: int = 1
    claims: int = 40
    at_once: int = 40
    settle_seconds: float = 120.0
    patience: dict[str, float] = field(default_factory=_patience)

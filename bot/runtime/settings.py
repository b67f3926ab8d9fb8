"""How long the runtime waits, and how much it takes on."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RuntimeSettings:
    """Times in seconds. `language`: of a conversation that has not shown another. `lease` must outlast `send` and
    `act`, or a second worker would begin what the first has not ended; the shorter,
    the sooner a killed worker's lanes go on. `sweep`: the longest a lane or timer waits
    when nobody was told of it. `keep_trying`: how long a message that is refused for now is tried."""

    language: str = "zh"
    read: float = 5.0
    act: float = 8.0
    send: float = 8.0
    lease: float = 12.0
    sweep: float = 1.0
    takeover_look: float = 0.02
    order_poll: float = 2.0
    keep_trying: float = 86_400.0
    shutdown: float = 5.0
    first_pause: float = 1.0
    longest_pause: float = 300.0
    most_tries: int = 8
    lanes_at_once: int = 64
    max_attachment: int = 5 * 1024 * 1024

    def __post_init__(self) -> None:
        if self.lease <= max(self.send, self.act):
            raise ValueError("a lease must outlast what is done under it")

    def pause(self, tries: int) -> float:
        """How long to wait after so many failures: doubling, with jitter so that many do not return together."""
        doubled = self.first_pause * 2.0 ** (min(tries, 30) - 1)
        return min(self.longest_pause, doubled) * random.uniform(0.75, 1.25)  # noqa: S311 -- no secret

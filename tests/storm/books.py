"""What really happened, as everybody but Tepai wrote it down. Times are the storm's own: `time.monotonic`."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

COUNTED = "counted"
"""The key of the lines that the counting dialogue says."""


def line_of(key: str, text: str) -> dict[str, Any]:
    """What a line tells: the counting dialogue's are JSON."""
    told: dict[str, Any] = json.loads(text) if key == COUNTED else {"kind": "said", "key": key, "text": text}
    return told


@dataclass(slots=True)
class Message:
    """One message of a customer. `burst`: those of one burst are sent at once, a later one only when all of an
    earlier one were acknowledged. `order` and `amount`: of the order it wants cancelled, if any. `words`: what it
    says to the real dialogue; the counting one wants its id."""

    chat: str
    id: str
    burst: int
    order: str | None = None
    amount: int = 0
    sent_at: float = 0.0
    acknowledged_at: float | None = None
    words: str = ""

    @property
    def text(self) -> str:
        if self.words:
            return self.words
        return f"{self.id} cancel {self.order} {self.amount}" if self.order else f"{self.id} hello"


@dataclass(slots=True)
class Sending:
    """One request to the channel. `told`: the channel said that it took it. `heard_at`: when the process that asked,
    `node`, heard that; `left_at`: when it gave up waiting for any answer; None for never."""

    request: str
    at: float
    node: str
    chat: str
    seq: int
    line: dict[str, Any]
    taken: bool
    after_claim: bool
    told: bool = False
    heard_at: float | None = None
    left_at: float | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """One cancellation that the order service carried out: nothing in it makes it happen only once but the key."""

    number: int
    key: str
    order: str
    amount: int


@dataclass(slots=True)
class Claim:
    """A member of staff had the chat: surely from `held_at` to `returning_at`, perhaps from `called_at` to
    `returned_at`."""

    chat: str
    called_at: float
    held_at: float = float("inf")
    returning_at: float = float("inf")
    returned_at: float = float("inf")


@dataclass(frozen=True, slots=True)
class Kill:
    """A process was killed."""

    at: float
    node: str


@dataclass(frozen=True, slots=True)
class Outage:
    """The database was away."""

    begun_at: float
    ended_at: float


@dataclass(frozen=True, slots=True)
class Withheld:
    """A line that Tepai's own log says was never sent, and its fate there."""

    chat: str
    seq: int
    line: dict[str, Any]
    fate: str


@dataclass(slots=True)
class Books:
    """Everything that was written down. `webhooks` counts requests with a message by their answer's status; 0 for
    none."""

    messages: list[Message] = field(default_factory=list)
    sendings: list[Sending] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    kills: list[Kill] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    webhooks: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    duplicates_told: int = 0
    unsettled: list[str] = field(default_factory=list)

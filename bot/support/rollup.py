"""What is counted of a conversation's log, by China's days. Pure.

| kind | subject | detail |
|---|---|---|
| way | flow | state/trigger/state: how a flow moved on |
| told | text key | "" : a text that a flow said as it moved on; a question asked again is not counted again |
| said | channel | "customer", "bot" or "staff": lines |
| contact | channel | "" : conversations in which the customer wrote on that day |
| cancel | reason | what came of it: "cancelled", "refused", "fee_rose", … |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.messages import Address
from bot.store.conversations import Source
from bot.store.indexing import Came, Went
from bot.support.hours import day_of

OWN_WORDS = "own_words"
"""The reason of a customer who wrote their own, which are counted but not repeated."""

Key = tuple[int, str, str, str]


class Rollup:
    """Counts lines as they are read in order. `reasons`: those one may choose for cancelling."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.counts: Counter[Key] = Counter()
        self._reasons = frozenset(reasons)

    def add(self, lines: Sequence[Came | Went], day: int | None, acts: Mapping[int, Mapping[str, Any]]) -> int | None:
        """Count a conversation's next lines. `day`: the newest on which its customer wrote before; the newest now is
        returned. `acts`: by the seq of an outcome, the act it is of."""
        moved: set[str] = set()
        for line in lines:
            today = day_of(line.at)
            if isinstance(line, Came):
                ways = [way.split("/") for way in line.payload.get("ways", ())]
                moved = {flow for flow, *_ in ways}
                self._came(line, today, ways, acts.get(line.seq))
                if line.source == Source.CUSTOMER and (day is None or today > day):
                    self._count(today, "contact", Address.of(line.conversation).channel)
                    day = today
            elif line.kind == "message":
                self._went(line, today, moved)
        return day

    def _came(self, line: Came, today: int, ways: Sequence[Sequence[str]], act: Mapping[str, Any] | None) -> None:
        if line.source == Source.CUSTOMER:
            self._count(today, "said", Address.of(line.conversation).channel, "customer")
        for flow, *path in ways:
            for source, trigger, dest in zip(path[::2], path[1::2], path[2::2], strict=False):
                self._count(today, "way", flow, f"{source}/{trigger}/{dest}")
        if act is not None and act["effect"] == "CancelOrder":
            reason = act["fields"]["reason"]
            known = reason if reason in self._reasons else OWN_WORDS
            for flow, _, outcome, *_ in ways[:1]:
                if flow == "cancel_order":
                    self._count(today, "cancel", known, outcome)

    def _went(self, line: Went, today: int, moved: set[str]) -> None:
        self._count(today, "said", Address.of(line.conversation).channel, line.payload.get("sender", "bot"))
        key = line.payload.get("key", "")
        if key and key.partition(".")[0] in moved:
            self._count(today, "told", key)

    def _count(self, day: int, kind: str, subject: str, detail: str = "") -> None:
        self.counts[day, kind, subject, detail] += 1

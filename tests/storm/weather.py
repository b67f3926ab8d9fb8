"""What goes wrong between Tepai and the services it talks to: drawn by lot for each request."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from aiohttp import web

LONGEST_STALL = 60.0
"""Seconds that a stalled request is left alone; whoever waits for it gives up long before."""


class Fault(StrEnum):
    """`DONE_...`: the service did what it was asked, but did not say so."""

    NONE = "none"
    BUSY_CHAT = "429 for the chat"
    BUSY_CHANNEL = "429 for the channel"
    REFUSED = "503"
    CUT = "cut"
    STALLED = "stalled"
    DONE_BUT_502 = "done, but 502"
    DONE_BUT_CUT = "done, but cut"
    DONE_BUT_STALLED = "done, but stalled"

    @property
    def is_done(self) -> bool:
        return self is Fault.NONE or self.name.startswith("DONE_")


Odds = Mapping[Fault, float]
CHANNEL_ODDS: Odds = {
    Fault.BUSY_CHAT: 0.03,
    Fault.BUSY_CHANNEL: 0.001,
    Fault.REFUSED: 0.03,
    Fault.CUT: 0.01,
    Fault.STALLED: 0.002,
    Fault.DONE_BUT_502: 0.02,
    Fault.DONE_BUT_CUT: 0.01,
    Fault.DONE_BUT_STALLED: 0.002,
}
ORDER_ODDS: Odds = {
    Fault.REFUSED: 0.06,
    Fault.CUT: 0.03,
    Fault.STALLED: 0.005,
    Fault.DONE_BUT_502: 0.06,
    Fault.DONE_BUT_CUT: 0.03,
    Fault.DONE_BUT_STALLED: 0.005,
}


@dataclass
class Weather:
    """One service's faults, from a seed of its own. After `clear_up` there are none."""

    odds: Odds
    lots: random.Random
    seen: Counter[Fault] = field(default_factory=Counter)

    def draw(self, _: object) -> Fault:
        """What happens to a request, whatever it is."""
        fault = self._draw()
        self.seen[fault] += 1
        return fault

    def clear_up(self) -> None:
        self.odds = {}

    def _draw(self) -> Fault:
        lot = self.lots.random()
        for fault, share in self.odds.items():
            lot -= share
            if lot < 0:
                return fault
        return Fault.NONE


async def answer(request: web.Request, fault: Fault, body: Mapping[str, object]) -> web.Response:
    """Answer as this fault has it; `body` is what a good answer says."""
    match fault:
        case Fault.NONE:
            return web.json_response(dict(body))
        case Fault.BUSY_CHAT | Fault.BUSY_CHANNEL:
            wide = fault is Fault.BUSY_CHANNEL
            return web.json_response({"retry_after": 0.2, "channel_wide": wide}, status=429)
        case Fault.REFUSED:
            return web.Response(status=503)
        case Fault.DONE_BUT_502:
            return web.Response(status=502)
        case Fault.STALLED | Fault.DONE_BUT_STALLED:
            await asyncio.sleep(LONGEST_STALL)
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)

"""The access token: one for all processes, fetched by one of them at a time, and never written to a log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

from adapters.wechat.problems import ApiRefused
from adapters.wechat.records import TokenShelf

AHEAD = 240.0
"""Seconds before its end. WeChat gives out a new one in the last 300, and both then hold side by side."""
LONGEST = 8.0
"""Seconds to wait for a token, whoever fetches it."""
LOOK_AGAIN = 0.05
FORCE_PAUSE = 60.0
"""WeChat takes one forced fetch in 30 seconds and 20 a day."""
COOL_DOWN = 30.0

Fetch = Callable[[bool], Awaitable[tuple[str, float]]]
"""Asks WeChat, perhaps by force; the token and how many seconds it holds."""


class Tokens:
    """Hands out the token. `clock`: seconds since 1970."""

    def __init__(self, shelf: TokenShelf, fetch: Fetch, clock: Callable[[], float]) -> None:
        self._shelf = shelf
        self._fetch = fetch
        self._clock = clock
        self._kept: Mapping[str, Any] = {}
        self._lock = asyncio.Lock()
        self._cool_until = 0.0

    async def get(self) -> str:
        """A token that holds. Raises `ApiRefused`."""
        if self._left() <= AHEAD:
            async with self._lock:
                if self._left() <= AHEAD:
                    await self._renew(None)
        return str(self._kept["token"])

    async def instead_of(self, rejected: str) -> str:
        """Another token than the one that WeChat just refused. Raises `ApiRefused`."""
        async with self._lock:
            if self._kept.get("token") == rejected:
                await self._renew(rejected)
        return str(self._kept["token"])

    def cool_down(self) -> None:
        """The new token was refused as well: asking on would only use up the day's allowance."""
        self._cool_until = self._clock() + COOL_DOWN

    def _left(self) -> float:
        return float(self._kept.get("until", 0.0)) - self._clock() if self._kept else 0.0

    async def _renew(self, rejected: str | None) -> None:
        """Take what another process has fetched, or fetch; wait for whoever is fetching."""
        if self._clock() < self._cool_until:
            raise ApiRefused(None, "the access token was refused a moment ago")
        try:
            async with asyncio.timeout(LONGEST):
                await self._obtain(uuid4().hex, rejected)
        except TimeoutError:
            raise ApiRefused(None, "no access token in time") from None

    async def _obtain(self, holder: str, rejected: str | None) -> None:
        while not self._take(await self._shelf.token(), rejected):
            mine, kept = await self._shelf.take_token(holder, LONGEST)
            if mine:
                await self._fetch_into_shelf(holder, kept or {}, rejected)
                return
            if self._left() > 0 and rejected is None:
                return  # still good while somebody else fetches the next
            await asyncio.sleep(LOOK_AGAIN)

    def _take(self, kept: Any, rejected: str | None) -> bool:
        if not kept or not kept.get("token"):
            return False
        if kept["token"] == rejected or kept["until"] - self._clock() <= AHEAD:
            return False
        self._kept = kept
        return True

    async def _fetch_into_shelf(self, holder: str, kept: Mapping[str, Any], rejected: str | None) -> None:
        left: Mapping[str, Any] = kept
        try:
            if not self._take(kept, rejected):
                left = self._kept = await self._fetched(kept, rejected)
        except ApiRefused:
            # A token in its last minutes is better than none.
            if rejected is not None or self._left() <= 0:
                raise
        finally:
            await self._shelf.leave_token(holder, dict(left) or None)

    async def _fetched(self, kept: Mapping[str, Any], rejected: str | None) -> Mapping[str, Any]:
        now, forced_at = self._clock(), float(kept.get("forced_at", 0.0))
        token, seconds = await self._fetch(False)
        if token == rejected and now - forced_at >= FORCE_PAUSE:
            forced_at = now
            token, seconds = await self._fetch(True)
        return {"token": token, "until": now + seconds, "forced_at": forced_at}

"""Keeps the database from growing without end: rounds of small steps, one process at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import structlog

from bot.errors import StoreUnavailable
from bot.runtime.ages import Ages
from bot.store import housekeeping as store
from bot.store import leases
from bot.store.database import Database

log = structlog.get_logger(__name__)

HOUSEKEEPING = "housekeeping"
LEASE = 60.0
BREATH = 0.5
"""Seconds between two steps of a round, so that it takes a small part of the database's time."""

REST = 60.0
"""Seconds between two looks at whether the next round is due."""


class Housekeeper:
    """Any number may share a database. How far a round has come is kept with the lease, so any of them goes on with it.

    `every`: seconds from the end of a round to the next.
    """

    def __init__(self, database: Database, ages: Ages, every: float) -> None:
        self._database = database
        self._ages = ages
        self._every = every

    async def run(self) -> None:
        """Tidy until cancelled."""
        while True:
            try:
                busy = await self.tidy()
            except StoreUnavailable as error:
                log.warning("housekeeping_waits", why=str(error))
                busy = False
            except Exception as error:  # the next round may fare better
                log.error("housekeeping_failed", error=type(error).__name__)  # noqa: TRY400
                busy = False
            await asyncio.sleep(BREATH if busy else REST)

    async def tidy(self) -> bool:
        """One step of a round. False: no round is due, or somebody else is at it.

        Looks before it takes the lease, so that an idle process writes nothing.
        """
        if not await self._is_due(await self._database.run(leases.value, HOUSEKEEPING)):
            return False
        token = uuid4().hex
        mine, progress = await self._database.run(leases.take, HOUSEKEEPING, token, LEASE)
        if not mine:
            return False
        left = progress
        try:
            if await self._is_due(progress):
                left = await self._step((progress or {}).get("after", ""))
        finally:
            await self._database.run(leases.leave, HOUSEKEEPING, token, left)
        return True

    async def _is_due(self, progress: Mapping[str, Any] | None) -> bool:
        due_at: float = (progress or {}).get("due_at", 0.0)
        return await self._database.run(store.now) >= due_at

    async def _step(self, after: str) -> dict[str, Any]:
        """Visit the conversations behind `after`; returns where to go on, or when."""
        visited = await self._database.run(store.visit_conversations, self._ages, after)
        rest = await self._database.run(store.remove_rest, self._ages)
        if removed := Counter(visited.removed) + rest:
            log.info("tidied", removed=dict(removed))
        if visited.last is not None:
            return {"after": visited.last}
        if rest:
            return {"after": ""}
        return {"due_at": await self._database.run(store.now) + self._every}

"""Sees to it that no conversation stays with somebody who does not answer, is away, or has gone home."""

from __future__ import annotations

import asyncio
from functools import partial
from uuid import uuid4

import structlog

from bot.dialogue.events import How
from bot.errors import HeldByOther, StoreUnavailable
from bot.runtime.attending import Deed
from bot.store import leases, ownership
from bot.store.conversations import Loaded
from bot.store.database import Database
from bot.store.ownership import Neglected, Patience, Why
from bot.support.office import Office
from bot.support.work import Attends, waits_again

log = structlog.get_logger(__name__)

LEASE, LEASE_SECONDS = "ownership", 30.0


class Ownership:
    """Any number may share a database: one of them looks at a time, and each return is one deed, so that whoever dies
    in the middle has returned a conversation wholly or not at all. `sweep`: seconds between two looks."""

    def __init__(
        self, database: Database, runtime: Attends, patience: Patience, office: Office, sweep: float = 5.0
    ) -> None:
        self._database = database
        self._runtime = runtime
        self._patience = patience
        self._office = office
        self._sweep = sweep

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except StoreUnavailable as error:
                log.warning("ownership_waits", why=str(error))
            except Exception as error:  # one bad row must not stop it
                log.error("ownership_failed", error=type(error).__name__)  # noqa: TRY400
            await asyncio.sleep(self._sweep)

    async def look(self) -> int:
        """Bring back what is neglected now; how many that were. An idle process writes nothing."""
        if not await self._database.run(ownership.anything, self._patience):
            return 0
        token = uuid4().hex
        mine, _ = await self._database.run(leases.take, LEASE, token, LEASE_SECONDS)
        if not mine:
            return 0
        try:
            await self._database.run(ownership.note, self._patience)
            found = await self._database.run(ownership.neglected, self._patience)
            return sum([await self._bring_back(one) for one in found])
        finally:
            await self._database.run(leases.leave, LEASE, token, None)

    async def _bring_back(self, found: Neglected) -> bool:
        def plan(loaded: Loaded) -> Deed:
            if loaded.owner != found.owner:
                raise HeldByOther(loaded.owner or "")
            how = How.LEFT if found.why is Why.IDLE else How.RETURNED
            also = partial(ownership.bring_back, found, self._patience, self._office.wait(loaded.now))
            return Deed(None, found.owner, waits_again(how, self._office, loaded.now), also=also)

        try:
            await self._runtime.attend(found.conversation, f"returned:{uuid4().hex}", plan)
        except HeldByOther:  # meanwhile somebody has answered, or passed it on
            return False
        log.info("conversation_returned", conversation=found.conversation, why=found.why)
        return True

"""What happens without a message: reminders, delayed acts, and orders that move."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol
from uuid import uuid4

import structlog

from bot.dialogue.events import Woke
from bot.errors import OrderServiceError, StoreUnavailable
from bot.orders.model import Change
from bot.performer import Scope
from bot.runtime.acts import Acts, Happen
from bot.runtime.settings import RuntimeSettings
from bot.store import leases, timers, watches
from bot.store.conversations import whose
from bot.store.database import Database

log = structlog.get_logger(__name__)

ORDER_CHANGES = "order-changes"
BATCH = 100
NEWER_SECONDS = 60.0
"""How often it is told that timers of a newer version wait, and how long a reminder of a flow that is not known here is
left to who knows it."""

Work = Callable[[], Awaitable[bool]]


class OrderChanges(Protocol):
    """The part of the order gateway that tells what moved."""

    async def changes(self, after: int, limit: int) -> Sequence[Change]:
        """See `bot.orders.gateway.Gateway.changes`."""


class Clockwork:
    """Any number may share a database: timers are held while they are done, order changes are read by one."""

    def __init__(
        self,
        database: Database,
        acts: Acts,
        happen: Happen,
        knows: Callable[[str], bool],
        gateway: OrderChanges,
        settings: RuntimeSettings,
    ) -> None:
        """`knows`: whether there is a flow of that name."""
        self._database = database
        self._acts = acts
        self._happen = happen
        self._knows = knows
        self._gateway = gateway
        self._settings = settings

    async def run(self) -> None:
        """Watch the clock and the orders until cancelled."""
        loops = (
            (self.run_timers, self._settings.sweep),
            (self.run_changes, self._settings.order_poll),
            (self.tell_unknown, NEWER_SECONDS),
        )
        async with asyncio.TaskGroup() as group:
            for work, pause in loops:
                group.create_task(self._repeat(work, pause))

    async def run_timers(self) -> bool:
        """Do the timers that are due; False when there was none."""
        found = await self._database.run_each(timers.hold_due, BATCH, self._settings.lease)
        for due in found:
            match due.kind:
                case timers.Kind.REMIND:
                    await self._remind(due)
                case timers.Kind.ACT:
                    await self._retry(due)
        return bool(found)

    async def tell_unknown(self) -> bool:
        """Log what waits for a newer version, as after going back to an older one."""
        for kind, count in (await self._database.run_each(timers.unknown)).items():
            log.error("timers_of_a_newer_version", kind=kind, count=count)
        return False

    async def run_changes(self) -> bool:
        """Tell who watches the orders that moved; False when none did, or somebody else is at it.

        Looks before it takes the lease, so that an idle process writes nothing.
        """
        seen = await self._database.run_each(leases.value, ORDER_CHANGES)
        if not await self._changes((seen or {}).get("cursor", 0)):
            return False
        token = uuid4().hex
        mine, value = await self._database.run(leases.take, ORDER_CHANGES, token, self._settings.lease)
        if not mine:
            return False
        start = cursor = (value or {}).get("cursor", 0)
        try:
            for change in await self._changes(cursor):
                await self._tell(change)
                cursor = change.cursor
        finally:
            await self._database.run(leases.leave, ORDER_CHANGES, token, {"cursor": cursor})
        return bool(cursor != start)

    async def _changes(self, after: int) -> list[Change]:
        try:
            async with asyncio.timeout(self._settings.read):
                return list(await self._gateway.changes(after, BATCH))
        except (OrderServiceError, TimeoutError) as error:
            log.warning("order_changes_wait", error=type(error).__name__)
            return []

    async def _tell(self, change: Change) -> None:
        moved = {
            "order": change.number,
            "moved": True,
            "before": change.before.value,
            "after": change.after.value,
        }
        for conversation in await self._database.run(watches.watchers, change.number, change.customer):
            await self._happen(conversation, Woke("track_order", moved), f"order:{change.id}")
        if change.after.is_over:
            await self._database.run(watches.end, change.number)

    async def _remind(self, due: timers.Due) -> None:
        flow = due.payload["flow"]
        if not self._knows(flow):
            log.error("reminder_of_an_unknown_flow", conversation=due.conversation, flow=flow)
            await self._database.run(timers.again, due, NEWER_SECONDS, due.payload)
            return
        woke = Woke(flow, due.payload["slots"])
        await self._happen(due.conversation, woke, f"remind:{due.payload['id']}")
        await self._database.run(timers.drop, due)

    async def _retry(self, due: timers.Due) -> None:
        person = await self._database.run(whose, due.conversation)
        language = person.state.get("language", self._settings.language)
        await self._acts.once_more(due, Scope(due.conversation, person.customer, language, person.now))

    async def _repeat(self, work: Work, pause: float) -> None:
        while True:
            try:
                busy = await work()
            except StoreUnavailable as error:
                log.warning("clockwork_waits", why=str(error))
                busy = False
            except Exception as error:  # one bad row must not stop the clock
                log.error("clockwork_failed", error=type(error).__name__)  # noqa: TRY400
                busy = False
            await asyncio.sleep(0 if busy else pause)

"""Tells the leads, once, when a ticket was not dealt with in time, or a customer waits too long for a person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from uuid import uuid4

import structlog

from bot.dialogue.texts import Texts
from bot.errors import StoreUnavailable
from bot.store import leases, overdue
from bot.store.database import Database
from bot.support.late_mail import letter
from bot.support.mail import Mail

log = structlog.get_logger(__name__)

OVERDUE = "overdue"
LEASE = 30.0
LOOK = 5.0
"""Seconds between two looks."""


class Watchman:
    """Any number may share a database; one at a time looks, and each breach is marked together with its mails.

    `more`: addresses that are told beside the leads among staff, each with its language; `on_mail`: called after mails
    were written, None where no mail server is set and mails stay in the outbox.
    """

    def __init__(
        self,
        database: Database,
        texts: Texts,
        more: Sequence[tuple[str, str]],
        on_mail: Callable[[], None] | None,
    ) -> None:
        self._database = database
        self._texts = texts
        self._more = more
        self._on_mail = on_mail

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                busy = await self.look()
            except StoreUnavailable as error:
                log.warning("overdue_waits", why=str(error))
                busy = False
            except Exception as error:  # the next look may fare better
                log.error("overdue_failed", error=type(error).__name__)  # noqa: TRY400
                busy = False
            await asyncio.sleep(0 if busy else LOOK)

    async def look(self) -> bool:
        """Tell of the breaches there are now. False: there are none, or somebody else is at it.

        Looks before it takes the lease, so that an idle process writes nothing.
        """
        if not await self._database.run(overdue.is_any):
            return False
        token = uuid4().hex
        mine, value = await self._database.run(leases.take, OVERDUE, token, LEASE)
        if not mine:
            return False
        try:
            late = await self._database.run(overdue.tell, self._more, self._written, posted=self._on_mail is not None)
        finally:
            await self._database.run(leases.leave, OVERDUE, token, value)
        tickets = [one.ticket for one in late if one.ticket]
        log.warning("overdue", tickets=tickets, waiting=len(late) - len(tickets))
        if late and self._on_mail is not None:
            self._on_mail()
        return bool(late)

    def _written(self, late: Sequence[overdue.Late], to: str, language: str, at: float) -> Mail:
        return letter(late, self._texts, to, language, at)

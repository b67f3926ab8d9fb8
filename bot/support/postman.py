"""Brings written mails to the mail server, however long that takes.

Mails are written in the same transaction as their ticket. Without a mail server (demo mode) nobody delivers
them: they stay in the table, which is the outbox that the demo shows.
"""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from bot.errors import Later, StoreUnavailable, Undeliverable
from bot.store import support as store
from bot.store.database import Database
from bot.support.mail import Mailer

log = structlog.get_logger()


class Postman:
    """Delivers what `bot.store.support` keeps. Several may work on one database; each mail is held by one.

    `sweep`: seconds between two looks when nobody wakes it.
    """

    def __init__(self, database: Database, mailer: Mailer, sweep: float = 5) -> None:
        self._database = database
        self._mailer = mailer
        self._sweep = sweep
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There is new mail."""
        self._woken.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        while not _cancelled():
            self._woken.clear()
            try:
                busy = await self.deliver_next()
            except StoreUnavailable:
                busy = False
            if not busy and not _cancelled():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._sweep):
                        await self._woken.wait()

    async def deliver_next(self) -> bool:
        """Try the mail that has been due for longest, once. False when none is due."""
        held = await self._database.run(store.hold_due_mail)
        if held is None:
            return False
        await self._deliver(held)
        return True

    async def _deliver(self, held: store.HeldMail) -> None:
        try:
            await self._mailer.send(held.mail)
        except Later as error:
            log.warning("mail_waits", mail=held.mail.reference, why=str(error), tries=held.tries)
            await self._database.run(store.retry_mail, held, str(error))
        except Undeliverable as error:
            log.error("mail_refused", mail=held.mail.reference, why=str(error))  # noqa: TRY400 -- no customer's words
            await self._database.run(store.give_up_mail, held, str(error))
        else:
            await self._database.run(store.mail_sent, held)


def _cancelled() -> bool:
    """Whether this task was asked to stop. Before Python 3.12 `asyncio.wait_for`, which the mail library uses, can
    swallow the exception that says so."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0

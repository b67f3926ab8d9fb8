"""The audit trail for the desk. Implements `bot.desk.reports.Trail`."""

from __future__ import annotations

from collections.abc import Sequence

from bot.content import clean
from bot.desk.people import Agent, Role
from bot.desk.reports import AuditLine
from bot.errors import NoSuchThing
from bot.store import trail as store
from bot.store.database import Database

NEWEST = 2**62


class AuditTrail:
    """Only read: whoever acts adds to it in the same transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def audit(
        self, agent: Agent, *, before: int | None = None, conversation: str = "", actor: str = ""
    ) -> Sequence[AuditLine]:
        """See `Trail.audit`."""
        if not agent.role.covers(Role.ADMIN):
            raise NoSuchThing
        until = None if before is None else min(before, NEWEST)
        return await self._database.run(store.lines, until, clean(conversation), clean(actor))

"""Whom a customer talks to, as their page shows it. Each function runs inside one transaction."""

from __future__ import annotations

from sqlalchemy import Connection, and_, func, select

from bot.channel import WRITING_LASTS, Counterpart
from bot.store import queueing
from bot.store.clock import dbnow
from bot.store.staff_tables import staff
from bot.store.support_tables import writing
from bot.store.tables import conversation

_WRITES = and_(
    writing.c.conversation == conversation.c.id,
    writing.c.who == conversation.c.owner,
    writing.c.at > dbnow() - WRITING_LASTS,
)
_PERSON = (
    select(conversation.c.owner, func.coalesce(staff.c.name, "").label("name"), writing.c.at)
    .outerjoin(staff, staff.c.id == conversation.c.owner)
    .outerjoin(writing, _WRITES)
)


def read(connection: Connection, key: str) -> Counterpart:
    """A conversation that is not known is the bot's."""
    row = connection.execute(_PERSON.where(conversation.c.id == key)).one_or_none()
    if row is not None and row.owner is not None:
        return Counterpart(row.name, row.at)
    return Counterpart(place=queueing.position(connection, key))

"""Who is writing at this moment, and nothing of what. Each function runs inside one transaction."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.clock import dbnow
from bot.store.support_tables import writing
from bot.store.tables import conversation

CUSTOMER = ""
"""Who writes, where it is no member of staff."""


def writes(connection: Connection, key: str, who: str) -> None:
    """They do, now."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    fresh = dialect.insert(writing).values(conversation=key, who=who, at=dbnow())
    connection.execute(fresh.on_conflict_do_update(index_elements=["conversation", "who"], set_={"at": dbnow()}))


def customer_writes(connection: Connection, key: str) -> bool:
    """The customer does; False, and nothing kept, while no person has the conversation: nobody would look."""
    if connection.scalar(select(conversation.c.owner).where(conversation.c.id == key)) is None:
        return False
    writes(connection, key, CUSTOMER)
    return True


def stops(connection: Connection, key: str, who: str) -> None:
    """They write no more."""
    connection.execute(delete(writing).where(writing.c.conversation == key, writing.c.who == who))

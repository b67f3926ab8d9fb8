"""Which topic of the staff's group on Telegram shows which conversation, and how far."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.database import Database
from bot.store.telegram_tables import staff_topic


class StoredTopics:
    """Implements `adapters.telegram.staff_group.Topics`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, conversation: str, chat: int) -> tuple[int, int] | None:
        """See `Topics.find`."""
        return await self._database.run(_find, conversation, chat)

    async def put(self, conversation: str, chat: int, thread: int) -> None:
        """See `Topics.put`."""
        await self._database.run(_put, conversation, chat, thread)

    async def conversation(self, chat: int, thread: int) -> str | None:
        """See `Topics.conversation`."""
        return await self._database.run(_conversation, chat, thread)

    async def shown(self, conversation: str, seq: int) -> None:
        """See `Topics.shown`."""
        await self._database.run(_shown, conversation, seq)


def _find(connection: Connection, conversation: str, chat: int) -> tuple[int, int] | None:
    mine = staff_topic.c.conversation == conversation, staff_topic.c.chat == chat
    row = connection.execute(select(staff_topic.c.thread, staff_topic.c.seq).where(*mine)).one_or_none()
    return (row.thread, row.seq) if row else None


def _put(connection: Connection, conversation: str, chat: int, thread: int) -> None:
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    fresh = dialect.insert(staff_topic).values(conversation=conversation, chat=chat, thread=thread)
    there = {"chat": fresh.excluded.chat, "thread": fresh.excluded.thread}
    connection.execute(fresh.on_conflict_do_update(index_elements=["conversation"], set_=there))


def _conversation(connection: Connection, chat: int, thread: int) -> str | None:
    where = staff_topic.c.chat == chat, staff_topic.c.thread == thread
    found: str | None = connection.scalar(select(staff_topic.c.conversation).where(*where))
    return found


def _shown(connection: Connection, conversation: str, seq: int) -> None:
    connection.execute(
        update(staff_topic).where(staff_topic.c.conversation == conversation, staff_topic.c.seq < seq).values(seq=seq)
    )

"""Which topic of the staff's group on Telegram shows which conversation, and how far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.desk.topics import State, Topic
from bot.store.database import Database
from bot.store.tables import lane
from bot.store.telegram_tables import UNFINISHED, staff_topic

_NEWEST = func.coalesce(lane.c.last_seq, 0).label("newest")
_TOPICS = select(staff_topic, _NEWEST).outerjoin(lane, lane.c.conversation == staff_topic.c.conversation)


class StoredTopics:
    """Implements `bot.desk.topics.Topics`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, conversation: str, chat: int) -> Topic | None:
        """See `Topics.find`."""
        row = await self._database.run(_find, conversation, chat)
        return _topic(row) if row else None

    async def unfinished(self, chat: int) -> Sequence[Topic]:
        """See `Topics.unfinished`."""
        return [_topic(row) for row in await self._database.run(_unfinished, chat)]

    async def put(self, conversation: str, chat: int, thread: int) -> None:
        """See `Topics.put`."""
        await self._database.run(_put, conversation, chat, thread)

    async def conversation(self, chat: int, thread: int) -> str | None:
        """See `Topics.conversation`."""
        return await self._database.run(_conversation, chat, thread)

    async def shown(self, conversation: str, seq: int) -> None:
        """See `Topics.shown`."""
        await self._database.run(_shown, conversation, seq)

    async def turn(self, conversation: str, state: State) -> None:
        """See `Topics.turn`."""
        await self._database.run(_turn, conversation, state)


def _find(connection: Connection, conversation: str, chat: int) -> Row[Any] | None:
    mine = staff_topic.c.conversation == conversation, staff_topic.c.chat == chat
    return connection.execute(_TOPICS.where(*mine)).one_or_none()


def _unfinished(connection: Connection, chat: int) -> Sequence[Row[Any]]:
    return connection.execute(_TOPICS.where(staff_topic.c.chat == chat, UNFINISHED)).all()


def _put(connection: Connection, conversation: str, chat: int, thread: int) -> None:
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    fresh = dialect.insert(staff_topic).values(conversation=conversation, chat=chat, thread=thread, state=State.NEW)
    there = {name: fresh.excluded[name] for name in ("chat", "thread", "state")}
    connection.execute(fresh.on_conflict_do_update(index_elements=["conversation"], set_=there))


def _conversation(connection: Connection, chat: int, thread: int) -> str | None:
    where = staff_topic.c.chat == chat, staff_topic.c.thread == thread
    found: str | None = connection.scalar(select(staff_topic.c.conversation).where(*where))
    return found


def _shown(connection: Connection, conversation: str, seq: int) -> None:
    greatest = func.greatest if connection.dialect.name == "postgresql" else func.max
    going = staff_topic.c.conversation == conversation, staff_topic.c.state.in_((State.NEW, State.OPEN))
    values = {"seq": greatest(staff_topic.c.seq, seq), "state": State.OPEN}
    connection.execute(update(staff_topic).where(*going).values(**values))


def _turn(connection: Connection, conversation: str, state: State) -> None:
    connection.execute(update(staff_topic).where(staff_topic.c.conversation == conversation).values(state=state))


def _topic(row: Row[Any]) -> Topic:
    return Topic(row.conversation, row.thread, row.seq, State(row.state), row.newest)

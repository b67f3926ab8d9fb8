"""What channels remember of their conversations, who has the turn, and whether a customer can be reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.messages import Address
from bot.store import leases
from bot.store.clock import dbnow
from bot.store.database import Database
from bot.store.prepared import Prepared
from bot.store.tables import channel_note, conversation, lease


class StoredNotes:
    """Implements `bot.channel.Notes`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, conversation: str) -> Mapping[str, Any]:
        """See `Notes.read`."""
        return await self._database.run_each(_read, conversation)

    async def write(self, conversation: str, note: Mapping[str, Any]) -> None:
        """See `Notes.write`."""
        await self._database.run_each(_write, conversation, dict(note))


class StoredTurns:
    """Implements `bot.channel.Turns` by leases."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, name: str, seconds: float) -> str | None:
        """See `Turns.take`."""
        token = uuid4().hex
        mine, _ = await self._database.run(leases.take, name, token, seconds)
        return token if mine else None

    async def keep(self, name: str, token: str, seconds: float) -> bool:
        """See `Turns.keep`."""
        return await self._database.run_each(_prolong, name, token, seconds)

    async def leave(self, name: str, token: str) -> None:
        """See `Turns.leave`."""
        await self._database.run(leases.leave, name, token, None)


class Reachability:
    """Marks whose channel told that the customer left, or came back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, address: Address, reachable: bool) -> None:
        """Nothing is sent to a customer who is not reachable; what was due meanwhile is among the dead letters."""
        await self._database.run(_mark, address.conversation, not reachable)


_READ = Prepared(select(channel_note.c.value).where(channel_note.c.conversation == bindparam("key")))


def _put(dialect: Any) -> Prepared:
    fresh = dialect.insert(channel_note).values(conversation=bindparam("key"), value=bindparam("note"))
    return Prepared(fresh.on_conflict_do_update(index_elements=["conversation"], set_={"value": fresh.excluded.value}))


_PUT = {"sqlite": _put(sqlite), "postgresql": _put(postgresql)}


def _read(connection: Connection, key: str) -> dict[str, Any]:
    found = _READ.row(connection, {"key": key})
    return found.value if found else {}


def _write(connection: Connection, key: str, note: dict[str, Any]) -> None:
    _PUT[connection.dialect.name].count(connection, {"key": key, "note": note})


def _prolong(connection: Connection, name: str, token: str, seconds: float) -> bool:
    mine = (lease.c.name == name, lease.c.holder == token)
    return connection.execute(update(lease).where(*mine).values(until=dbnow() + seconds)).rowcount == 1


def _mark(connection: Connection, key: str, unreachable: bool) -> None:
    connection.execute(update(conversation).where(conversation.c.id == key).values(unreachable=unreachable))

"""Pictures of one album, kept one by one until they are taken as one message."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, null, select, update

from bot.messages import Incoming, incoming_from_json, incoming_to_json
from bot.store.clock import dbnow
from bot.store.database import Database
from bot.store.inserting import insert_new
from bot.store.telegram_tables import album_part

MOST_DUE = 100


class StoredAlbums:
    """Implements `adapters.telegram.albums.Parts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, message: Incoming, album: str, number: int) -> None:
        """See `Parts.add`."""
        await self._database.run(_add, message, album, number)

    async def due(self, quiet: float) -> Sequence[tuple[str, str]]:
        """See `Parts.due`."""
        return await self._database.run(_due, quiet)

    async def waiting(self, conversation: str, album: str) -> Sequence[tuple[int, Incoming]]:
        """See `Parts.waiting`."""
        return await self._database.run(_waiting, conversation, album)

    async def taken(self, conversation: str, album: str, numbers: Sequence[int]) -> None:
        """See `Parts.taken`."""
        await self._database.run(_taken, conversation, album, numbers)


def _add(connection: Connection, message: Incoming, album: str, number: int) -> None:
    insert_new(
        connection,
        album_part,
        conversation=message.address.conversation,
        album=album,
        number=number,
        message=incoming_to_json(message),
        at=dbnow(),
    )


def _due(connection: Connection, quiet: float) -> list[tuple[str, str]]:
    untaken = (
        select(album_part.c.conversation, album_part.c.album)
        .where(album_part.c.message.isnot(None))
        .group_by(album_part.c.conversation, album_part.c.album)
        .having(func.max(album_part.c.at) <= dbnow() - quiet)
        .limit(MOST_DUE)
    )
    return [(row.conversation, row.album) for row in connection.execute(untaken)]


def _waiting(connection: Connection, conversation: str, album: str) -> list[tuple[int, Incoming]]:
    mine = album_part.c.conversation == conversation, album_part.c.album == album, album_part.c.message.isnot(None)
    query = select(album_part.c.number, album_part.c.message).where(*mine).order_by(album_part.c.number)
    return [(row.number, incoming_from_json(row.message)) for row in connection.execute(query)]


def _taken(connection: Connection, conversation: str, album: str, numbers: Sequence[int]) -> None:
    mine = album_part.c.conversation == conversation, album_part.c.album == album, album_part.c.number.in_(numbers)
    connection.execute(update(album_part).where(*mine).values(message=null()))

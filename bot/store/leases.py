"""Work that one process at a time may do, with what it wants to remember for the next."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, update

from bot.store.clock import dbnow
from bot.store.inserting import insert_new
from bot.store.tables import lease


def value(connection: Connection, name: str) -> Any:
    """What the last holder left, without taking the lease; None at first."""
    return connection.scalar(select(lease.c.value).where(lease.c.name == name))


def take(connection: Connection, name: str, token: str, seconds: float) -> tuple[bool, Any]:
    """Whether the lease is ours now, and the value its last holder left (None at first)."""
    insert_new(connection, lease, name=name, until=0.0)
    taken = connection.execute(
        update(lease)
        .where(lease.c.name == name, lease.c.until <= dbnow())
        .values(holder=token, until=dbnow() + seconds)
    )
    return taken.rowcount == 1, value(connection, name)


def leave(connection: Connection, name: str, token: str, left: Any) -> bool:
    """Give the lease back with a value; False when it ran out and is somebody else's."""
    given_back = connection.execute(
        update(lease).where(lease.c.name == name, lease.c.holder == token).values(value=left, until=0.0, holder=None)
    )
    return given_back.rowcount == 1

"""Work that one process at a time may do, with what it wants to remember for the next."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, update

from bot.store.clock import dbnow
from bot.store.inserting import insert_new
from bot.store.tables import lease


def take(connection: Connection, name: str, token: str, seconds: float) -> tuple[bool, Any]:
    """Whether the lease is ours now, and the value its last holder left (None at first)."""
    insert_new(connection, lease, name=name, until=0.0)
    taken = connection.execute(
        update(lease)
        .where(lease.c.name == name, lease.c.until <= dbnow())
        .values(holder=token, until=dbnow() + seconds)
    )
    value = connection.scalar(select(lease.c.value).where(lease.c.name == name))
    return taken.rowcount == 1, value


def leave(connection: Connection, name: str, token: str, value: Any) -> bool:
    """Give the lease back with a value; False when it ran out and is somebody else's."""
    left = connection.execute(
        update(lease).where(lease.c.name == name, lease.c.holder == token).values(value=value, until=0.0, holder=None)
    )
    return left.rowcount == 1

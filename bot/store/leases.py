"""Work that one process at a time may do, with what it wants to remember for the next."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, null, select, update

from bot.store.clock import dbnow
from bot.store.inserting import insert_new
from bot.store.prepared import Prepared
from bot.store.tables import lease

_NAMED = lease.c.name == bindparam("the_name")
_VALUE = Prepared(select(lease.c.value).where(_NAMED))
_TAKE = Prepared(
    update(lease)
    .where(_NAMED, lease.c.until <= dbnow())
    .values(holder=bindparam("token"), until=dbnow() + bindparam("seconds"))
)
_LEAVE = Prepared(
    update(lease)
    .where(_NAMED, lease.c.holder == bindparam("token"))
    .values(value=bindparam("left"), until=0.0, holder=null())
)


def value(connection: Connection, name: str) -> Any:
    """What the last holder left, without taking the lease; None at first."""
    row = _VALUE.row(connection, {"the_name": name})
    return None if row is None else row.value


def take(connection: Connection, name: str, token: str, seconds: float) -> tuple[bool, Any]:
    """Whether the lease is ours now, and the value its last holder left (None at first)."""
    insert_new(connection, lease, name=name, until=0.0)
    taken = _TAKE.count(connection, {"the_name": name, "token": token, "seconds": seconds})
    return taken == 1, value(connection, name)


def leave(connection: Connection, name: str, token: str, left: Any) -> bool:
    """Give the lease back with a value; False when it ran out and is somebody else's."""
    return _LEAVE.count(connection, {"the_name": name, "token": token, "left": left}) == 1

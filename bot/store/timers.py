"""What a conversation wants to do later: reminders, and acts that are tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.clock import dbnow
from bot.store.prepared import Prepared
from bot.store.tables import timer


@dataclass(frozen=True, slots=True)
class Due:
    """A timer that came due and is held until `due_at`. `kind`: "remind" or "act"."""

    conversation: str
    name: str
    kind: str
    payload: Mapping[str, Any]
    due_at: float


_DUE = (
    select(timer.c.conversation, timer.c.name)
    .where(timer.c.due_at <= dbnow())
    .order_by(timer.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_HOLD = Prepared(
    update(timer)
    .where(tuple_(timer.c.conversation, timer.c.name).in_(_DUE))
    .values(due_at=dbnow() + bindparam("lease"))
    .returning(timer.c.conversation, timer.c.name, timer.c.kind, timer.c.payload, timer.c.due_at)
)


def put(
    connection: Connection, conversation: str, name: str, seconds: float, kind: str, payload: Mapping[str, Any]
) -> None:
    """Set a timer; an earlier one of the same name is replaced."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    fresh = dialect.insert(timer).values(
        conversation=conversation, name=name, due_at=dbnow() + seconds, kind=kind, payload=payload
    )
    new = {column: fresh.excluded[column] for column in ("due_at", "kind", "payload")}
    connection.execute(fresh.on_conflict_do_update(index_elements=["conversation", "name"], set_=new))


def hold_due(connection: Connection, most: int, lease: float) -> list[Due]:
    """Take timers that are due, for `lease` seconds; a holder that dies lets them come due again."""
    rows = _HOLD.rows(connection, {"most": most, "lease": lease})
    return [Due(row.conversation, row.name, row.kind, row.payload, row.due_at) for row in rows]


def drop(connection: Connection, due: Due) -> None:
    """It is done; a timer that was set anew meanwhile stays."""
    connection.execute(delete(timer).where(_same(due)))


def again(connection: Connection, due: Due, seconds: float, payload: Mapping[str, Any]) -> None:
    """Let it come due once more."""
    connection.execute(update(timer).where(_same(due)).values(due_at=dbnow() + seconds, payload=payload))


def _same(due: Due) -> Any:
    return and_(timer.c.conversation == due.conversation, timer.c.name == due.name, timer.c.due_at == due.due_at)

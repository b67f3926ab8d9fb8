"""What a conversation wants to do later: reminders, and acts that are tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, literal_column, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.clock import dbnow
from bot.store.prepared import Prepared
from bot.store.tables import timer


class Kind(StrEnum):
    """What this version can do when a timer comes due. `ACT`: an act that is tried again."""

    REMIND = "remind"
    ACT = "act"


@dataclass(frozen=True, slots=True)
class Due:
    """A timer that came due and is held until `due_at`."""

    conversation: str
    name: str
    kind: Kind
    payload: Mapping[str, Any]
    due_at: float


_KNOWN = timer.c.kind.in_([literal_column(f"'{kind}'") for kind in Kind])
_DUE = (
    select(timer.c.conversation, timer.c.name)
    .where(timer.c.due_at <= dbnow(), _KNOWN)
    .order_by(timer.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
# Once and for all: a plan that asked for them again for each timer would take more than `most`.
_CHOSEN = _DUE.cte("chosen").prefix_with("MATERIALIZED")
_HOLD = Prepared(
    update(timer)
    .where(tuple_(timer.c.conversation, timer.c.name).in_(select(*_CHOSEN.c)))
    .values(due_at=dbnow() + bindparam("lease"))
    .returning(timer.c.conversation, timer.c.name, timer.c.kind, timer.c.payload, timer.c.due_at)
)


def put(
    connection: Connection, conversation: str, name: str, seconds: float, kind: Kind, payload: Mapping[str, Any]
) -> None:
    """Set a timer; an earlier one of the same name is replaced."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    fresh = dialect.insert(timer).values(
        conversation=conversation, name=name, due_at=dbnow() + seconds, kind=kind, payload=payload
    )
    new = {column: fresh.excluded[column] for column in ("due_at", "kind", "payload")}
    connection.execute(fresh.on_conflict_do_update(index_elements=["conversation", "name"], set_=new))


def hold_due(connection: Connection, most: int, lease: float) -> list[Due]:
    """Take timers that are due, for `lease` seconds; a holder that dies lets them come due again. Those of a newer
    version, of a kind that is not known here, are left to processes of that version."""
    rows = _HOLD.rows(connection, {"most": most, "lease": lease})
    return [Due(row.conversation, row.name, Kind(row.kind), row.payload, row.due_at) for row in rows]


def unknown(connection: Connection) -> dict[str, int]:
    """How many timers are overdue that only a newer version can do, by kind."""
    overdue = (
        select(timer.c.kind, func.count().label("many"))
        .where(timer.c.due_at <= dbnow(), ~_KNOWN)
        .group_by(timer.c.kind)
    )
    return {row.kind: row.many for row in connection.execute(overdue)}


def drop(connection: Connection, due: Due) -> None:
    """It is done; a timer that was set anew meanwhile stays."""
    connection.execute(delete(timer).where(_same(due)))


def again(connection: Connection, due: Due, seconds: float, payload: Mapping[str, Any]) -> None:
    """Let it come due once more."""
    connection.execute(update(timer).where(_same(due)).values(due_at=dbnow() + seconds, payload=payload))


def _same(due: Due) -> Any:
    return and_(timer.c.conversation == due.conversation, timer.c.name == due.name, timer.c.due_at == due.due_at)

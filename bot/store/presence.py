"""Which members of staff are there: they chose to be, and a page of theirs has shown signs of life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from bot.store.clock import dbnow
from bot.store.staff_tables import staff

SEEN_SECONDS = 100.0
"""A page says every half minute that it is open, one in the background every minute: browsers allow it no more. One
that was lost makes nobody absent."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """An active member of staff, as far as taking conversations goes."""

    id: str
    name: str
    role: str
    teams: tuple[str, ...]
    languages: tuple[str, ...]
    here: bool


def is_here() -> ColumnElement[bool]:
    """Of a row of `staff`."""
    seen = func.coalesce(staff.c.seen_at, 0.0) > dbnow() - SEEN_SECONDS
    return and_(staff.c.active, staff.c.availability == "online", seen)


_COLLEAGUES = select(staff, is_here().label("here")).where(staff.c.active)


def colleague(connection: Connection, id: str) -> Colleague | None:
    """The active member of staff with this id."""
    found = _read(connection, _COLLEAGUES.where(staff.c.id == id))
    return found[0] if found else None


def seen(connection: Connection, id: str) -> None:
    """They have just done something, on whatever page or telephone."""
    connection.execute(update(staff).where(staff.c.id == id).values(seen_at=dbnow()))


def everybody_here(connection: Connection) -> Sequence[Colleague]:
    """Who is there now."""
    return _read(connection, _COLLEAGUES.where(is_here()))


def who_can_take(connection: Connection, team: str) -> Sequence[Colleague]:
    """Who is there now for this team's conversations, "" for anybody's."""
    return [one for one in everybody_here(connection) if not team or not one.teams or team in one.teams]


def _read(connection: Connection, query: object) -> list[Colleague]:
    rows = connection.execute(query).all()  # type: ignore[call-overload]
    return [
        Colleague(row.id, row.name, row.role, tuple(row.teams), tuple(row.languages), bool(row.here)) for row in rows
    ]

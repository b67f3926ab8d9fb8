"""Which members of staff are there: they chose to be, and a page of theirs has shown signs of life."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, update

from bot.desk.people import Agent, Availability, Role
from bot.store.clock import dbnow
from bot.store.staff_tables import staff

SEEN_SECONDS = 100.0
"""A page says every half minute that it is open, one in the background every minute: browsers allow it no more. One
that was lost makes nobody absent."""


def is_here() -> ColumnElement[bool]:
    """Of a row of `staff`."""
    seen = func.coalesce(staff.c.seen_at, 0.0) > dbnow() - SEEN_SECONDS
    return and_(staff.c.active, staff.c.availability == Availability.ONLINE.value, seen)


PEOPLE = select(staff, is_here().label("here"))
"""Rows that `agent_of` reads."""


def agent_of(row: Row[Any]) -> Agent:
    """From a row of `PEOPLE`."""
    return Agent(
        row.id,
        row.name,
        Role(row.role),
        row.language,
        tuple(row.languages),
        tuple(row.teams),
        Availability(row.availability),
        bool(row.here),
        row.email or "",
        bool(row.active),
    )


def colleague(connection: Connection, id: str) -> Agent | None:
    """The active member of staff with this id."""
    row = connection.execute(PEOPLE.where(staff.c.id == id, staff.c.active)).one_or_none()
    return agent_of(row) if row else None


def seen(connection: Connection, id: str) -> None:
    """They have just done something, on whatever page or telephone."""
    connection.execute(update(staff).where(staff.c.id == id).values(seen_at=dbnow()))


def who_can_take(connection: Connection, team: str) -> Sequence[Agent]:
    """Who is there now for this team's conversations, "" for anybody's."""
    here = map(agent_of, connection.execute(PEOPLE.where(is_here())))
    return [one for one in here if not team or not one.teams or team in one.teams]

"""What should have been done by now: tickets, and customers who wait for a person. Each is told of once a breach.

Each function runs inside one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, update

from bot.desk.people import Role
from bot.store.clock import dbnow
from bot.store.staff_tables import staff
from bot.store.support import insert_mail
from bot.store.support_tables import handover, ticket
from bot.support.mail import Mail

MOST = 200
"""Breaches a transaction."""


@dataclass(frozen=True, slots=True)
class Late:
    """One breach. `ticket`: its number, "" for a customer who waits; `about`: the ticket's, or why a person is asked
    for."""

    ticket: str
    about: str
    due_at: float


_NEW_TICKETS = and_(ticket.c.closed_at.is_(None), ticket.c.breached_at.is_(None), ticket.c.due_at < dbnow())
_NEW_HANDOVERS = and_(
    handover.c.closed_at.is_(None),
    handover.c.status == "waiting",
    handover.c.breached_at.is_(None),
    handover.c.due_at < dbnow(),
)


def is_any(connection: Connection) -> bool:
    """Whether there is a breach of which nobody was told."""
    return bool(connection.scalar(select(or_(exists().where(_NEW_TICKETS), exists().where(_NEW_HANDOVERS)))))


def tell(
    connection: Connection,
    more: Sequence[tuple[str, str]],
    written: Callable[[Sequence[Late], str, str, float], Mail],
    *,
    posted: bool,
) -> list[Late]:
    """Mark the breaches of which nobody was told, with a mail about them to each lead and to `more`: addresses, each
    with its language. `written` gives the mail for breaches, an address, a language and a time."""
    late = mark(connection)
    if late:
        now = float(connection.execute(select(dbnow())).scalar_one())
        for address, language in {**dict(more), **dict(leads(connection))}.items():
            insert_mail(connection, written(late, address, language, now), posted=posted)
    return late


def mark(connection: Connection) -> list[Late]:
    """The breaches of which nobody was told, the longest overdue first, marked as told."""
    tickets = _marked(connection, ticket, ticket.c.number, _NEW_TICKETS, (ticket.c.number, ticket.c.about))
    waiting = _marked(connection, handover, handover.c.id, _NEW_HANDOVERS, (handover.c.id, handover.c.reason))
    late = [Late(number, about, due_at) for number, about, due_at in tickets]
    late += [Late("", reason, due_at) for _, reason, due_at in waiting]
    return sorted(late, key=lambda one: one.due_at)


def _marked(
    connection: Connection, table: Any, key: Any, which: ColumnElement[bool], told: tuple[Any, Any]
) -> Sequence[Any]:
    first = select(key).where(which).order_by(table.c.due_at).limit(MOST).with_for_update(skip_locked=True)
    # Once and for all: a plan that asked for the first ones again for each row would mark more.
    chosen = first.cte("first").prefix_with("MATERIALIZED")
    marking = update(table).where(key.in_(select(*chosen.c)), which).values(breached_at=dbnow())
    return connection.execute(marking.returning(*told, table.c.due_at)).all()


def leads(connection: Connection) -> list[tuple[str, str]]:
    """Address and desk language of each lead who can be written to."""
    theirs = and_(staff.c.role == Role.LEAD.value, staff.c.active, staff.c.email.isnot(None), staff.c.email != "")
    rows = connection.execute(select(staff.c.email, staff.c.language).where(theirs).order_by(staff.c.id))
    return [(row.email, row.language) for row in rows]

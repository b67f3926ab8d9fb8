"""The lists of tickets as staff see them, and how many there are of what.

Each function runs inside one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from bot.desk.tickets import A_PAGE, MOST_COUNTED, TicketCounts, TicketLine, TicketState
from bot.store.clock import dbnow
from bot.store.support_tables import ticket
from bot.store.teams import is_among

_NOT_CLOSED = ticket.c.closed_at.is_(None)
IS_LATE = func.coalesce(ticket.c.due_at < dbnow(), False).label("overdue")
_IS_DUE = ticket.c.due_at.isnot(None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tickets to list. `states` (): all that are not closed, CLOSED alone: those that are; `teams` None: of every
    team."""

    states: Sequence[TicketState] = ()
    owner: str = ""
    overdue: bool = False
    about: str = ""
    teams: Sequence[str] | None = None
    page: int = 1


def listed(connection: Connection, wanted: Wanted) -> tuple[list[TicketLine], int]:
    """One page of tickets, and how many there are, at most `MOST_COUNTED`. What is due comes first, the longest overdue
    at the top; what waits for the customer after it, the oldest first. Closed ones: the newest first."""
    # Each part by itself is in the order of an index, so that a page costs no more than what is on it.
    lines: list[TicketLine] = []
    total, skip = 0, (wanted.page - 1) * A_PAGE
    for conditions, order in _parts(wanted):
        count = _count(connection, conditions)
        if len(lines) < A_PAGE and skip < min(total + count, MOST_COUNTED):
            lines += _page(connection, conditions, order, A_PAGE - len(lines), max(0, skip - total))
        total += count
    return lines, min(total, MOST_COUNTED)


def counts(connection: Connection, owner: str, teams: Sequence[str] | None) -> TicketCounts:
    """Of those that are not closed."""
    mine = func.count().filter(ticket.c.owner == owner).label("mine")
    late = func.count().filter(ticket.c.due_at < dbnow()).label("late")
    query = select(ticket.c.state, func.count().label("in_all"), mine, late)
    seen = query.where(_NOT_CLOSED, is_among(ticket.c.team, teams)).group_by(ticket.c.state)
    rows = connection.execute(seen).all()
    states = {TicketState(row.state): row.in_all for row in rows}
    return TicketCounts(states, sum(row.mine for row in rows), sum(row.late for row in rows))


def line(row: Row[Any]) -> TicketLine:
    """Of a row of `ticket`, with `IS_LATE`."""
    return TicketLine(
        row.number,
        row.about,
        TicketState(row.state),
        row.conversation,
        row.customer,
        row.order_number,
        row.owner,
        row.opened_at,
        row.due_at,
        bool(row.overdue),
    )


def _parts(wanted: Wanted) -> list[tuple[list[ColumnElement[bool]], tuple[Any, ...]]]:
    """What follows on what, each with its order."""
    which = _conditions(wanted)
    if _only_closed(wanted):
        return [(which, (ticket.c.closed_at.desc(), ticket.c.number))]
    due = ([*which, _IS_DUE], (ticket.c.due_at, ticket.c.opened_at, ticket.c.number))
    return [due] if wanted.overdue else [due, ([*which, ~_IS_DUE], (ticket.c.opened_at, ticket.c.number))]


def _page(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], order: Sequence[Any], limit: int, offset: int
) -> list[TicketLine]:
    """Found in the index alone, and only then read."""
    page = select(ticket.c.number).where(*conditions).order_by(*order).limit(limit).offset(offset).subquery()
    whole = select(ticket, IS_LATE).join(page, page.c.number == ticket.c.number).order_by(*order)
    return [line(row) for row in connection.execute(whole)]


def _count(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> int:
    some = select(ticket.c.number).where(*conditions).limit(MOST_COUNTED).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    """With the one that an index is of, beside the states."""
    found: list[ColumnElement[bool]] = [ticket.c.closed_at.isnot(None) if _only_closed(wanted) else _NOT_CLOSED]
    if wanted.states:
        found.append(ticket.c.state.in_(wanted.states))
    if wanted.owner:
        found.append(ticket.c.owner == wanted.owner)
    if wanted.overdue:
        found.append(ticket.c.due_at < dbnow())
    if wanted.about:
        found.append(ticket.c.about == wanted.about)
    return [*found, is_among(ticket.c.team, wanted.teams)]


def _only_closed(wanted: Wanted) -> bool:
    return TicketState.CLOSED in wanted.states

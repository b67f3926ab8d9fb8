"""What reports are made of: the daily counts, and what stands in the tables of staff's work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select

from bot.store.lookup_tables import daily
from bot.store.support_tables import feedback, handover
from bot.store.tables import audit


@dataclass(frozen=True, slots=True)
class Count:
    """See `bot.support.rollup`."""

    day: int
    subject: str
    detail: str
    number: int


@dataclass(frozen=True, slots=True)
class Handled:
    """A conversation in the staff queue, with its times."""

    reason: str
    agent: str | None
    outcome: str | None
    opened_at: float
    claimed_at: float | None
    answered_at: float | None
    closed_at: float | None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a customer thought. `score`: 1 for content, 0 for not."""

    at: float
    about: str
    score: int


def counts(connection: Connection, kind: str, first: int, last: int, beginning: str = "") -> list[Count]:
    """Of the days from the first to the last, those whose subject begins like this."""
    query = select(daily.c.day, daily.c.subject, daily.c.detail, daily.c.number).where(
        daily.c.kind == kind, daily.c.day.between(first, last), daily.c.subject.startswith(beginning, autoescape=True)
    )
    return [Count(*row) for row in connection.execute(query)]


def ways(connection: Connection, first: int, last: int) -> list[tuple[str, str, int]]:
    """Flow, way and how often, of these days together."""
    total = func.sum(daily.c.number)
    query = select(daily.c.subject, daily.c.detail, total).where(
        daily.c.kind == "way", daily.c.day.between(first, last)
    )
    rows = connection.execute(query.group_by(daily.c.subject, daily.c.detail))
    return [(flow, way, int(number)) for flow, way, number in rows]


def opened(connection: Connection, since: float, until: float) -> list[Handled]:
    """Those that came into the queue then."""
    return _handled(connection, _HANDLED.where(handover.c.opened_at >= since, handover.c.opened_at < until))


def closed(connection: Connection, since: float, until: float) -> list[Handled]:
    """Those that were closed then."""
    return _handled(connection, _HANDLED.where(handover.c.closed_at >= since, handover.c.closed_at < until))


_HANDLED = select(
    handover.c.reason,
    handover.c.agent,
    handover.c.outcome,
    handover.c.opened_at,
    handover.c.claimed_at,
    handover.c.answered_at,
    handover.c.closed_at,
)


def _handled(connection: Connection, query: Select[Any]) -> list[Handled]:
    return [Handled(*row) for row in connection.execute(query)]


def opinions(connection: Connection, since: float, until: float) -> list[Opinion]:
    """Those that were given then."""
    query = select(feedback.c.at, feedback.c.about, feedback.c.score)
    return [Opinion(*row) for row in connection.execute(query.where(feedback.c.at >= since, feedback.c.at < until))]


def cancelled_by_staff(connection: Connection, since: float, until: float) -> list[str]:
    """What came of each order that a member of staff set about cancelling then."""
    query = select(audit.c.detail).where(audit.c.action == "order_cancel_done", audit.c.at >= since, audit.c.at < until)
    return [(detail or {}).get("outcome", "") for detail in connection.scalars(query)]

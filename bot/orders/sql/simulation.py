"""Lets time pass in the embedded order service.

Nothing runs in the background: whoever reads first lets every move that has come due happen, in order and at its own
time, so the same plan and the same clock always lead to the same orders.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from bot.orders.sql import rows
from bot.orders.sql.plan import Plan
from bot.store.database import Database


def advance(connection: Connection, limit: int = 100) -> None:
    """Let up to `limit` orders make every move that is due."""
    _catch_all_up(connection, rows.due(connection, limit))


def advance_those_of(connection: Connection, customer: str) -> None:
    """Let this customer's orders make every move that is due."""
    _catch_all_up(connection, rows.due_of(connection, customer))


def _catch_all_up(connection: Connection, due: Sequence[Plan]) -> None:
    if due:
        now = rows.now(connection)
        for plan in due:
            catch_up(connection, plan, now)


def catch_up(connection: Connection, plan: Plan, now: float) -> Plan:
    """Let one order, whose row is locked, make every move that is due."""
    after, steps = plan.unfolded(now)
    if after != plan:
        rows.save(connection, after)
        rows.record(connection, steps)
    return after


async def at_rest(database: Database, customer: str, number: str) -> tuple[Plan, float] | None:
    """This customer's order and the time, when looking changes nothing; by one statement and without a lock."""
    found = await rows.standing(database, customer, number)
    return found if found is not None and found[0].is_at_rest(found[1]) else None


async def all_at_rest(database: Database, customer: str) -> Sequence[tuple[Plan, float]] | None:
    """The same for this customer's newest orders; None when one of them is not."""
    found = await rows.all_standing(database, customer)
    return found if all(plan.is_at_rest(now) for plan, now in found) else None


def look_at(connection: Connection, customer: str, number: str) -> tuple[Plan, float]:
    """This customer's order, locked, awake and up to date, and the time. Raises `OrderNotFound`."""
    stored = rows.locked(connection, customer, number)
    now = rows.now(connection)
    plan = stored.woken(now)
    if plan != stored:
        rows.save(connection, plan)
    return catch_up(connection, plan, now), now

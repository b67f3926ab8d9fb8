"""Between the tables of the embedded order service and its orders.

Locks are always taken in the same order (a request's key, orders by number, the feed), so that no two transactions
can wait for each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, Select, insert, select, update

from bot.errors import OrderNotFound
from bot.orders.checks import tidy
from bot.orders.model import Change, Order
from bot.orders.sql.plan import Move, Plan, Step
from bot.orders.sql.tables import changes, feed, orders
from bot.store.clock import dbnow

MOST_ORDERS = 20

_ORDER = TypeAdapter(Order)
_MOVES = TypeAdapter(tuple[Move, ...])
_PLAN = TypeAdapter(Plan)
_CHANGE = TypeAdapter(Change)


def now(connection: Connection) -> float:
    """The database's time. Ask for it after taking locks: waiting for them takes time too."""
    return connection.execute(select(dbnow())).scalar_one()


def locked(connection: Connection, customer: str, number: str) -> Plan:
    """This customer's order, locked until the commit. Raises `OrderNotFound`."""
    mine = select(orders).where(orders.c.number == tidy(number), orders.c.customer == customer)
    row = connection.execute(mine.with_for_update()).one_or_none()
    if row is None:
        raise OrderNotFound("this customer has no such order")
    return _plan(row)


def due(connection: Connection, at: float, limit: int) -> Sequence[Plan]:
    """Orders with a move that is due, locked; those that somebody else is moving are left to them."""
    ripe = select(orders).where(orders.c.due_at <= at).order_by(orders.c.number).limit(limit)
    return _plans(connection, ripe.with_for_update(skip_locked=True))


def due_of(connection: Connection, customer: str, at: float) -> Sequence[Plan]:
    """This customer's orders with a move that is due, locked."""
    ripe = select(orders).where(orders.c.customer == customer, orders.c.due_at <= at).order_by(orders.c.number)
    return _plans(connection, ripe.with_for_update())


def newest_of(connection: Connection, customer: str) -> Sequence[Plan]:
    """This customer's newest orders, as they stand."""
    mine = select(orders).where(orders.c.customer == customer).order_by(orders.c.placed_at.desc())
    return _plans(connection, mine.limit(MOST_ORDERS))


def save(connection: Connection, plan: Plan) -> None:
    """Write an existing order back."""
    connection.execute(update(orders).where(orders.c.number == plan.order.number).values(values(plan)))


def values(plan: Plan) -> dict[str, Any]:
    """The plan as the columns of its row."""
    order: dict[str, Any] = _ORDER.dump_python(plan.order, mode="json")
    stored = {"touch": plan.touch.value, "rests_since": plan.rests_since, "moves_from": plan.moves_from}
    return {**order, **stored, "moves": _MOVES.dump_python(plan.moves, mode="json"), "due_at": plan.due_at}


def record(connection: Connection, steps: Sequence[Step]) -> None:
    """Put changes of state into the feed."""
    if not steps:
        return
    more = update(feed).values(last_cursor=feed.c.last_cursor + len(steps)).returning(feed.c.last_cursor)
    first = connection.execute(more).scalar_one() - len(steps) + 1
    connection.execute(insert(changes), [_entry(step, first + place) for place, step in enumerate(steps)])


def changes_after(connection: Connection, cursor: int, limit: int) -> Sequence[Change]:
    """The feed after a cursor, oldest first."""
    found = select(changes).where(changes.c.cursor > cursor).order_by(changes.c.cursor).limit(limit)
    return [_CHANGE.validate_python(row._asdict()) for row in connection.execute(found)]


def _entry(step: Step, cursor: int) -> dict[str, Any]:
    order = step.order
    states = {"before": step.before.value, "after": order.state.value}
    who = {"customer": order.customer, "number": order.number}
    return {"cursor": cursor, "id": f"{order.number}-{cursor}", "at": step.at, **who, **states}


def _plans(connection: Connection, query: Select[Any]) -> Sequence[Plan]:
    return [_plan(row) for row in connection.execute(query)]


def _plan(row: Row[Any]) -> Plan:
    stored = row._asdict()
    return _PLAN.validate_python({**stored, "order": _ORDER.validate_python(stored)})

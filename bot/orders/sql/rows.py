"""Between the tables of the embedded order service and its orders.

Locks are always taken in the same order (a request's key, orders by number, the feed), so that no two transactions
can wait for each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, bindparam, insert, literal_column, select, update

from bot.errors import OrderNotFound
from bot.orders.checks import tidy
from bot.orders.model import Change, Order
from bot.orders.sql.plan import Move, Plan, Step
from bot.orders.sql.tables import changes, feed, orders
from bot.store.clock import dbnow
from bot.store.database import Database
from bot.store.prepared import Prepared

MOST_ORDERS = 20

_ORDER = TypeAdapter(Order)
_MOVES = TypeAdapter(tuple[Move, ...])
_PLAN = TypeAdapter(Plan)
_CHANGE = TypeAdapter(Change)

# Statements are built once: building one takes as long as everything else about it.
_NOW = select(dbnow())
_MINE = select(orders).where(orders.c.customer == bindparam("customer"))
_STANDING = select(orders, dbnow().label("now")).where(orders.c.customer == bindparam("customer"))
_ONE_STANDING = Prepared(_STANDING.where(orders.c.number == bindparam("number")))
_ALL_STANDING = Prepared(_STANDING.order_by(orders.c.placed_at.desc()).limit(literal_column(str(MOST_ORDERS))))
_LOCKED = _MINE.where(orders.c.number == bindparam("number")).with_for_update()
_IS_DUE = orders.c.due_at <= dbnow()
_DUE = (
    select(orders).where(_IS_DUE).order_by(orders.c.number).limit(bindparam("most")).with_for_update(skip_locked=True)
)
_DUE_OF = _MINE.where(_IS_DUE).order_by(orders.c.number).with_for_update()
_NEWEST_OF = _MINE.order_by(orders.c.placed_at.desc()).limit(MOST_ORDERS)
_SAVE = update(orders).where(orders.c.number == bindparam("saved"))
_MORE = update(feed).values(last_cursor=feed.c.last_cursor + bindparam("more")).returning(feed.c.last_cursor)
_RECORD = insert(changes)
_CHANGES = select(changes).where(changes.c.cursor > bindparam("after")).order_by(changes.c.cursor)
_CHANGES = _CHANGES.limit(bindparam("most"))


def now(connection: Connection) -> float:
    """The database's time. Ask for it after taking locks: waiting for them takes time too."""
    return connection.execute(_NOW).scalar_one()


def locked(connection: Connection, customer: str, number: str) -> Plan:
    """This customer's order, locked until the commit. Raises `OrderNotFound`."""
    row = connection.execute(_LOCKED, {"customer": customer, "number": tidy(number)}).one_or_none()
    if row is None:
        raise OrderNotFound("this customer has no such order")
    return _plan(row)


async def standing(database: Database, customer: str, number: str) -> tuple[Plan, float] | None:
    """This customer's order as it stands, and the time; not locked. None when there is none."""
    row = await database.fetch_one(_ONE_STANDING, {"customer": customer, "number": tidy(number)})
    return None if row is None else (_plan(row), row.now)


async def all_standing(database: Database, customer: str) -> Sequence[tuple[Plan, float]]:
    """This customer's newest orders as they stand, and the time; not locked."""
    return [(_plan(row), row.now) for row in await database.fetch(_ALL_STANDING, {"customer": customer})]


def due(connection: Connection, limit: int) -> Sequence[Plan]:
    """Orders with a move that is due, locked; those that somebody else is moving are left to them."""
    return [_plan(row) for row in connection.execute(_DUE, {"most": limit})]


def due_of(connection: Connection, customer: str) -> Sequence[Plan]:
    """This customer's orders with a move that is due, locked."""
    return [_plan(row) for row in connection.execute(_DUE_OF, {"customer": customer})]


def newest_of(connection: Connection, customer: str) -> Sequence[Plan]:
    """This customer's newest orders, as they stand."""
    return [_plan(row) for row in connection.execute(_NEWEST_OF, {"customer": customer})]


def save(connection: Connection, plan: Plan) -> None:
    """Write an existing order back."""
    connection.execute(_SAVE, {"saved": plan.order.number, **values(plan)})


def values(plan: Plan) -> dict[str, Any]:
    """The plan as the columns of its row."""
    order: dict[str, Any] = _ORDER.dump_python(plan.order, mode="json")
    stored = {"touch": plan.touch.value, "rests_since": plan.rests_since, "moves_from": plan.moves_from}
    return {**order, **stored, "moves": _MOVES.dump_python(plan.moves, mode="json"), "due_at": plan.due_at}


def record(connection: Connection, steps: Sequence[Step]) -> None:
    """Put changes of state into the feed."""
    if not steps:
        return
    first = connection.execute(_MORE, {"more": len(steps)}).scalar_one() - len(steps) + 1
    connection.execute(_RECORD, [_entry(step, first + place) for place, step in enumerate(steps)])


def changes_after(connection: Connection, cursor: int, limit: int) -> Sequence[Change]:
    """The feed after a cursor, oldest first."""
    found = connection.execute(_CHANGES, {"after": cursor, "most": limit})
    return [_CHANGE.validate_python(row._asdict()) for row in found]


def _entry(step: Step, cursor: int) -> dict[str, Any]:
    order = step.order
    states = {"before": step.before.value, "after": order.state.value}
    who = {"customer": order.customer, "number": order.number}
    return {"cursor": cursor, "id": f"{order.number}-{cursor}", "at": step.at, **who, **states}


def _plan(row: Row[Any]) -> Plan:
    stored = row._asdict()
    return _PLAN.validate_python({**stored, "order": _ORDER.validate_python(stored)})

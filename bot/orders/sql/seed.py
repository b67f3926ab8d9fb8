"""Fills the embedded order service with its demo customers and orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from bot.orders.sql import rows, stories_en, stories_zh
from bot.orders.sql.stories import Persona
from bot.orders.sql.tables import contacts, customers, feed, orders

PERSONAS: tuple[Persona, ...] = (*stories_zh.PERSONAS, *stories_en.PERSONAS)

_CASTS = (*stories_zh.CASTS, *stories_en.CASTS)
_ORDERS = {**stories_zh.ORDERS, **stories_en.ORDERS}


def seed(connection: Connection, now: float) -> None:
    """Put in what is not there yet; what is there, moved or cancelled, stays as it is."""
    _add(connection, feed, [{"id": 1, "last_cursor": 0}])
    people = [cast.customer for cast in _CASTS]
    _add(
        connection,
        customers,
        [{"id": p.id, "name": p.name, "language": p.language, "points": p.points} for p in people],
    )
    on_file = [{"contact": way, "customer": cast.customer.id} for cast in _CASTS for way in cast.contacts]
    _add(connection, contacts, on_file)
    told = [story.told(customer, now) for customer, stories in _ORDERS.items() for story in stories]
    _add(connection, orders, [rows.values(plan) for plan in told])


def _add(connection: Connection, table: Table, new: Sequence[dict[str, Any]]) -> None:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(dialect.insert(table).on_conflict_do_nothing(), new)

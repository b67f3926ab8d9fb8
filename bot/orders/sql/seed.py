"""Fills the embedded order service with its demo customers and orders."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Connection

from bot.orders.sql import rows, stories_en, stories_zh
from bot.orders.sql.stories import Persona
from bot.orders.sql.tables import contacts, customers, feed, orders
from bot.store.inserting import insert_new

PERSONAS: tuple[Persona, ...] = (*stories_zh.PERSONAS, *stories_en.PERSONAS)

_CASTS = (*stories_zh.CASTS, *stories_en.CASTS)
_ORDERS = {**stories_zh.ORDERS, **stories_en.ORDERS}


def seed(connection: Connection, now: float) -> None:
    """Put in what is not there yet; what is there, moved or cancelled, stays as it is."""
    insert_new(connection, feed, id=1, last_cursor=0)
    for cast in _CASTS:
        insert_new(connection, customers, **asdict(cast.customer))
        for contact in cast.contacts:
            insert_new(connection, contacts, contact=contact, customer=cast.customer.id)
    for customer, stories in _ORDERS.items():
        for story in stories:
            insert_new(connection, orders, **rows.values(story.told(customer, now)))

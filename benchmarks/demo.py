"""The demo's orders, standing still, so that every conversation meets the same."""

from __future__ import annotations

from sqlalchemy import Connection, update

from bot.orders.sql.tables import orders
from bot.store.database import Database


async def hold_orders(database: Database) -> None:
    """No order moves any more by itself."""
    await database.run(_hold)


def _hold(connection: Connection) -> None:
    connection.execute(update(orders).values(moves=[], due_at=None, rests_since=None))

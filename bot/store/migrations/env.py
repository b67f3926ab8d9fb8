"""Alembic's entry: migrates over the connection it is handed, or, from alembic's own command, over `-x url=…`."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection

from bot.orders.sql import tables as order_tables
from bot.store import schema
from bot.store.database import Database


def migrate(connection: Connection) -> None:
    """Run what alembic's command asked for."""
    context.configure(
        connection=connection,
        target_metadata=[schema.metadata, order_tables.metadata],
        transactional_ddl=True,
        render_as_batch=True,
        compare_type=True,
        include_name=schema.is_compared,
    )
    with context.begin_transaction():
        context.run_migrations()


async def migrate_url(url: str) -> None:
    """Open the database, migrate, close it."""
    database = Database(url)
    try:
        await database.run(migrate)
    finally:
        await database.close()


connection = context.config.attributes.get("connection")
if connection is not None:
    migrate(connection)
else:
    asyncio.run(migrate_url(context.get_x_argument(as_dictionary=True)["url"]))

"""`tepai db`: look after the database."""

from __future__ import annotations

import asyncio

import click


@click.group()
def db() -> None:
    """Look after the database."""


@db.command()
def upgrade() -> None:
    """Bring the database to what this version needs. Does nothing when it is there."""
    from bot import config
    from bot.store import migrate

    asyncio.run(migrate.upgrade(config.load().database.url))
    click.echo("The database is up to date.")

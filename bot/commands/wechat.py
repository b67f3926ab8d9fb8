"""`tepai wechat`: look after the official account."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import click

from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.config import Settings


@click.group()
def wechat() -> None:
    """Look after the WeChat official account."""


@wechat.group()
def menu() -> None:
    """The menu below the chat."""


@menu.command()
def push() -> None:
    """Replace the account's menu by the one in config.yaml."""
    from bot import config, logs

    logs.configure(level=logging.WARNING)
    count = asyncio.run(_push(config.load()))
    click.echo(f"WeChat has the menu, with {count} buttons. Phones may show the old one for up to a day.")


async def _push(settings: Settings) -> int:
    import time

    from bot import wechat as joined
    from bot.store import migrate
    from bot.store.database import Database

    database = Database(settings.database.url)
    adapter = joined.wechat(settings, database, time.time)
    if adapter is None:
        raise ConfigError("wechat.app_id: empty; there is no account to push to")
    try:
        if settings.demo or database.is_sqlite:
            await migrate.upgrade(settings.database.url)
        await migrate.check_revision(database)
        return await joined.push_menu(adapter, settings)
    finally:
        await adapter.channel.close()
        await database.close()

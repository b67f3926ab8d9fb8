"""`tepai worker`: the background work without the web."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import click

from bot.commands.run import STOP_SIGNS, begin, live

if TYPE_CHECKING:
    from bot.bootstrap import App


@click.command()
def worker() -> None:
    """Deliver, do and remind, and serve nothing. Any number may run on one database, beside `tepai run`."""
    live(begin(), work)


async def work(app: App) -> None:
    """Start the parts, work until told to stop, stop the parts."""
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    async with app.running():
        for sign in STOP_SIGNS:
            signal.signal(sign, lambda *_: loop.call_soon_threadsafe(stopped.set))
        click.echo("Tepai works: messages, timers, order changes, mails. Ctrl+C stops it.")
        await stopped.wait()

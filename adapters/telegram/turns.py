"""Having the turn among several processes, for as long as a block lasts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bot.channel import Turns
from bot.errors import StoreUnavailable


@asynccontextmanager
async def having(turns: Turns, name: str, seconds: float) -> AsyncIterator[bool]:
    """False where somebody else has the turn. The block ends with `TimeoutError` when the turn could not be kept, so
    that another process may have begun. Raises `StoreUnavailable`."""
    token = await turns.take(name, seconds)
    if token is None:
        yield False
        return
    async with asyncio.timeout(seconds) as ending:
        keeping = asyncio.create_task(_keep(turns, name, token, seconds, ending))
        try:
            yield True
        finally:
            keeping.cancel()
            with suppress(StoreUnavailable):
                await turns.leave(name, token)


async def _keep(turns: Turns, name: str, token: str, seconds: float, ending: asyncio.Timeout) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(seconds / 3)
        asked = loop.time()
        with suppress(StoreUnavailable):
            if not await turns.keep(name, token, seconds):
                ending.reschedule(asked)
                return
            ending.reschedule(asked + seconds)

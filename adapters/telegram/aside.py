"""What is done beside the answers, and may fail without anybody missing it: ticks, edits, typing."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog
from telegram.error import TelegramError

log = structlog.get_logger(__name__)

MOST = 500
"""While Telegram is slow these are given up first."""


class Aside:
    """Calls that nobody waits for."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def do(self, call: Coroutine[Any, Any, object]) -> None:
        """Begin the call; a refusal is only noted."""
        if len(self._tasks) >= MOST:
            call.close()
            return
        task = asyncio.create_task(self._quietly(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Return when none is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        """Drop what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _quietly(self, call: Coroutine[Any, Any, object]) -> None:
        try:
            await call
        except TelegramError as error:
            log.debug("telegram_aside_refused", error=type(error).__name__)
        except Exception as error:  # a defect here must not look like a lost answer
            log.warning("telegram_aside_failed", error=type(error).__name__)

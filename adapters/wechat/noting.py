"""What has already happened has to be noted, however long the store is away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import chain, repeat
from typing import TypeVar

from bot.errors import StoreUnavailable

T = TypeVar("T")

PAUSES = (0.05, 0.1, 0.2, 0.5)
"""Seconds between the first tries; then every second."""


async def noted(note: Callable[[], Awaitable[T]]) -> T:
    """What `note` returns once the store takes it. Left unsaid, it would be done a second time."""
    for pause in chain(PAUSES, repeat(1.0)):
        try:
            return await note()
        except StoreUnavailable:
            await asyncio.sleep(pause)
    raise AssertionError("the pauses have no end")

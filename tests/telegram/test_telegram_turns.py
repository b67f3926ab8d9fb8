"""Only one of several processes at a time fills the staff's group."""

from __future__ import annotations

import asyncio
import time

import pytest

from adapters.telegram.turns import having
from bot.store.database import Database
from bot.store.notes import StoredTurns
from tests.runtime.parts import _move_back


async def test_one_has_the_turn_until_its_block_ends(database: Database) -> None:
    turns = StoredTurns(database)
    async with having(turns, "it", 30) as mine:
        assert mine
        async with having(turns, "it", 30) as other:
            assert not other
    async with having(turns, "it", 30) as mine:
        assert mine


async def test_whoever_could_not_keep_it_stops_before_the_next_one_begins(database: Database) -> None:
    turns = StoredTurns(database)
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        async with having(turns, "it", 3):
            await database.run(_move_back, 60)
            assert await turns.take("it", 60) is not None
            await asyncio.Event().wait()
    assert time.monotonic() - begun < 2.5, "as soon as it was found out, and not at the end of its time"


async def test_it_is_kept_for_as_long_as_the_block_lasts(database: Database) -> None:
    turns = StoredTurns(database)
    kept = asyncio.Event()

    class Watched(StoredTurns):
        async def keep(self, name: str, token: str, seconds: float) -> bool:
            held = await super().keep(name, token, seconds)
            kept.set()
            return held

    async with having(Watched(database), "it", 3):
        await asyncio.wait_for(kept.wait(), 10)
        assert await turns.take("it", 1) is None

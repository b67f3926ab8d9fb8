"""The storm's checks see what they are for: with a safeguard switched off, they report the breach."""

from __future__ import annotations

import pytest

from tests.storm.sabotage import SAFEGUARDS
from tests.storm.scenes import PATIENCE, SCENES, play
from tests.storm.stage import staged

SETTLE_SECONDS = 20.0
# What is proven is the audit, not the database: one of the two will do.
PROOFS = (("duplicates", "sqlite"), ("fence", "sqlite"), ("swap", "postgresql"), ("token", "postgresql"))


async def test_with_every_safeguard_no_scene_breaks_a_promise(database_url: str) -> None:
    async with staged(database_url, 2, PATIENCE, seed=0) as stage:
        for safeguard in SCENES:
            await play(stage, safeguard)
        assert await stage.breaches(SETTLE_SECONDS) == []


@pytest.mark.parametrize(("safeguard", "database_url"), PROOFS, indirect=["database_url"])
async def test_without_a_safeguard_its_breach_is_reported(database_url: str, safeguard: str) -> None:
    async with staged(database_url, 2, PATIENCE, seed=0, without=safeguard) as stage:
        await play(stage, safeguard)
        found = {breach.what for breach in await stage.breaches(SETTLE_SECONDS)}
    assert SCENES[safeguard][1] in found


def test_every_safeguard_is_proven() -> None:
    assert {safeguard for safeguard, _ in PROOFS} == SCENES.keys() == SAFEGUARDS.keys()

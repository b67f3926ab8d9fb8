"""From the claim on the bot is silent, whatever was under way. `make bench` runs ten thousand of these."""

from __future__ import annotations

from tests.support.races import race


async def test_nothing_of_the_bots_arrives_after_a_claim(database_url: str) -> None:
    outcome = await race(database_url, races=80, at_once=20, seed=20261129)
    assert outcome.late == 0
    assert outcome.before > 0
    assert outcome.held > 0

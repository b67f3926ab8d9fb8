"""Ten thousand random races of the bot's answers against a claim: how often is the bot heard after it?"""

from __future__ import annotations

import asyncio

from benchmarks.databases import Store, stores
from benchmarks.figures import Figure, Report
from bot.store.migrate import upgrade
from tests.support.races import Outcome, race

RACES = 10_000
AT_ONCE = 20
SEED = 20261129
LONGEST = 900.0
"""Seconds on one database; a race costs about 40 ms of processor time. A machine that others keep busy ends here with
what it has, which then does not count as kept."""


def measure() -> Report:
    """Bot messages that arrived after a claim had returned: not one."""
    with stores() as both:
        found = {store.name: asyncio.run(_raced(store)) for store in both}
    cut = [
        f"Races on {name}: {outcome.races:,} of {RACES:,} in the {LONGEST / 60:.0f} minutes there were"
        for name, outcome in found.items()
        if outcome.races < RACES
    ]
    return Report([_figure(name, outcome) for name, outcome in found.items()], notes=cut)


async def _raced(store: Store) -> Outcome:
    url = await store.fresh()
    await upgrade(url)
    return await race(url, RACES, AT_ONCE, SEED, LONGEST)


def _figure(name: str, outcome: Outcome) -> Figure:
    title = f"bot messages after a claim in {RACES:,} races, {name}"
    sound = outcome.races == RACES and outcome.before > 0 and outcome.held > 0
    return Figure(title, outcome.late, "messages", 0, sound=sound)

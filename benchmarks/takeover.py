"""Ten thousand random races of the bot's answers against a claim: how often is the bot heard after it?"""

from __future__ import annotations

import asyncio

from benchmarks.databases import Store, stores
from benchmarks.figures import Figure
from bot.store.migrate import upgrade
from tests.support.races import Outcome, race

RACES = 10_000
AT_ONCE = 20
SEED = 20261129


def measure() -> list[Figure]:
    """Bot messages that arrived after a claim had returned: not one."""
    with stores() as both:
        return [_figure(store.name, asyncio.run(_raced(store))) for store in both]


async def _raced(store: Store) -> Outcome:
    url = await store.fresh()
    await upgrade(url)
    return await race(url, RACES, AT_ONCE, SEED)


def _figure(name: str, outcome: Outcome) -> Figure:
    title = f"bot messages after a claim in {outcome.races:,} races, {name}"
    sound = outcome.races == RACES and outcome.before > 0 and outcome.held > 0
    return Figure(title, outcome.late, "messages", 0, sound=sound)

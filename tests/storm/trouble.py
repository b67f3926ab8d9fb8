"""Processes that are killed, and a database that goes away."""

from __future__ import annotations

import asyncio
import random

from tests.storm.databases import Shelter
from tests.storm.people import Progress
from tests.storm.plan import Plan
from tests.storm.stage import Stage


async def trouble(
    plan: Plan, shelter: Shelter, stage: Stage, progress: Progress, total: int, lots: random.Random
) -> None:
    """One after the other, evenly over so many messages in all. One process at least is always up."""
    kinds = ["kill"] * plan.kills + ["outage"] * plan.outages
    lots.shuffle(kinds)
    async with asyncio.TaskGroup() as group:
        for n, kind in enumerate(kinds, 1):
            await progress.reach(n * total // (len(kinds) + 1))
            if kind == "kill":
                await stage.fleet.several_up()
                group.create_task(stage.fleet.restart(lots.choice(stage.fleet.up)))
                await asyncio.sleep(0)  # until it is killed; that it comes back, nobody waits for
            else:
                await shelter.fail(stage.books)

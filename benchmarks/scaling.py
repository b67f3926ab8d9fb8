"""Two processes of Tepai on one PostgreSQL, by turns with one."""

from __future__ import annotations

from collections.abc import Sequence

import psutil

from benchmarks.databases import Store, stores
from benchmarks.figures import Figure, Report, median
from benchmarks.load import Phones, middle
from benchmarks.subjects import Cost, run, tepai

ROUNDS = 4
PARALLEL = 64
WANTED = 1.5


def measure() -> Report:
    """How many times the messages a second of one process two take."""
    with stores() as (_, postgresql):
        return run(_measured(postgresql))


async def _measured(store: Store) -> Report:
    alone, together = [], []
    async with Phones().open() as phones, tepai(store, phones) as one, tepai(store, phones, 2) as two:
        for _ in range(ROUNDS):
            alone.append(await one.cost(PARALLEL))
            together.append(await two.cost(PARALLEL))
    return Report(told(alone, together, psutil.cpu_count() or 1))


def told(alone: Sequence[Cost], together: Sequence[Cost], cores: int) -> list[Figure]:
    """The figures. Where one process and what it needs leave too few of the cores idle, no second can help."""
    pairs = list(zip(together, alone, strict=True))
    faster = [two.per_second / one.per_second for two, one in pairs]
    dearer = [_all(two) / _all(one) for two, one in pairs]
    busy = median("cores kept busy by one process, its PostgreSQL and the load", [one.cores for one in alone], "cores")
    room = middle([(cores - one.others) / one.cores for one in alone])
    excuse = "" if room >= WANTED else f"cores do not allow: {room:.1f} times at most"
    rate = median("two processes to one on PostgreSQL, messages/s", faster, "times", WANTED)
    return [
        Figure(rate.name, rate.value, rate.unit, rate.limit, least=True, excuse=excuse if not _reached(rate) else ""),
        busy,
        median("two processes to one on PostgreSQL, CPU a message with the database's", dearer, "times"),
    ]


def _reached(rate: Figure) -> bool:
    return rate.value is not None and rate.value >= WANTED


def _all(cost: Cost) -> float:
    return cost.server + cost.database

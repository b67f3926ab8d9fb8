"""A hundred thousand messages through one server: how much memory it holds then, and whether that grows."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.databases import Store, stores
from benchmarks.figures import Figure, Report
from benchmarks.load import Load, Phones
from benchmarks.subjects import run, tepai

MESSAGES = 100_000
STEPS = 20
PARALLEL = 64
MOST = 150
MOST_GROWTH = 3


def measure() -> Report:
    """MB after all messages, and how many more than after half of them."""
    with stores() as (sqlite, _):
        return run(_measured(sqlite))


async def _measured(store: Store) -> Report:
    sizes = []
    async with (
        Phones().open() as phones,
        tepai(store, phones) as whole,
        Load(whole.target, PARALLEL).running() as load,
    ):
        for step in range(1, STEPS + 1):
            await load.until(MESSAGES * step // STEPS)
            sizes.append(whole.servers[0].megabytes())
    return Report(told(sizes))


def told(sizes: Sequence[float]) -> list[Figure]:
    """The figures: the most that was held in the last quarter, to the most in the quarter that ends at the half."""
    quarter = len(sizes) // 4
    last, before = max(sizes[-quarter:]), max(sizes[quarter : 2 * quarter])
    return [
        Figure(f"memory after {MESSAGES:,} messages", last, "MB", MOST),
        Figure("more than after half of them", last - before, "MB", MOST_GROWTH),
    ]

"""For who works on the speed: the floor and Tepai by turns on one database, in seconds, and where the time goes."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import profiling
from benchmarks.databases import Store, stores
from benchmarks.load import Phones
from benchmarks.subjects import Cost, floor, median_of, run, tepai

ROUNDS = 3
SECONDS = 1.2
PROFILED_SECONDS = 8


def compare(names: Sequence[str], parallel: int) -> str:
    """Lines that tell what a message costs on each database named."""
    with stores() as both:
        return "\n".join(run(_compare(store, parallel)) for store in both if store.name in names)


def profile(names: Sequence[str], parallel: int) -> None:
    """Print where Tepai's server process spends its time on each database named."""
    with stores() as both, tempfile.TemporaryDirectory(prefix="tepai-") as folder:
        for store in both:
            if store.name in names:
                file = Path(folder) / store.name
                run(_profile(store, parallel, file))
                profiling.told(file)


async def _compare(store: Store, parallel: int) -> str:
    async with Phones().open() as phones, floor(store) as least, tepai(store, phones) as whole:
        floors, costs = [], []
        for _ in range(ROUNDS):
            floors.append(await least.cost(parallel, SECONDS))
            costs.append(await whole.cost(parallel, SECONDS))
    ratio = median_of(costs).server / median_of(floors).server
    lines = [
        _line("floor", median_of(floors)),
        _line("Tepai", median_of(costs)),
        f"  {ratio:.2f} times the floor's CPU",
    ]
    return "\n".join([f"{store.name}, {parallel} in parallel", *lines])


async def _profile(store: Store, parallel: int, file: Path) -> None:
    async with Phones().open() as phones, tepai(store, phones, 1, "--profile", file) as whole:
        print(f"{store.name}: {_line('Tepai, profiled', await whole.cost(parallel, PROFILED_SECONDS))}")


def _line(name: str, cost: Cost) -> str:
    cpu = f"{cost.server:5.0f} µs CPU in the server, {cost.database:5.0f} in the database"
    return f"  {name}: {cpu}; {cost.per_second:5.0f} messages/s, p50 {cost.p50:.1f} ms, p99 {cost.p99:.1f} ms"

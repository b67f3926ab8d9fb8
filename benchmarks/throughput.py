"""Echo, floor and Tepai under the same load, by turns in one run, on both databases."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Sequence

from benchmarks.databases import Store, disk, stores
from benchmarks.figures import Figure, Grid, Report, median
from benchmarks.load import Phones, Target
from benchmarks.processes import server
from benchmarks.subjects import Cost, Subject, floor, median_of, run, tepai
from benchmarks.talk import ACTING

ROUNDS = {1: 3, 16: 5, 64: 2}
"""How often each is measured, by how many customers write in parallel."""
PROMISED = 16
MOST_CPU = 2.0
MOST_WAIT = 2.5
COLUMNS = (
    ("messages/s", ""),
    ("p50", "ms"),
    ("p99", "ms"),
    ("server", "µs CPU"),
    ("database", "µs CPU"),
    ("memory", "MB"),
    ("CPU to floor", "times"),
    ("p99 to floor", "times"),
)

Rows = dict[str, Sequence[float | None]]


def measure() -> Report:
    """Every subject at every parallelism, and how many times the floor Tepai costs."""
    with stores() as both:
        return run(_measured(both))


async def _measured(both: Sequence[Store]) -> Report:
    figures: list[Figure] = []
    async with Phones().open() as phones:
        rows = await _echoes(phones)
        for store in both:
            figures += await _on(store, phones, rows)
    notes = [disk(), *[await store.described() for store in both]]
    return Report(figures, [Grid("under load, by customers in parallel", COLUMNS, rows)], notes)


async def _echoes(phones: Phones) -> Rows:
    async with server("echo") as echo, server("echo-and-send", "--phones", phones.port) as sending:
        subjects = {"echo": Subject([echo], Target([echo.port]))}
        subjects["echo, and a POST"] = Subject([sending], Target([sending.port]))
        return {
            f"{name}, {parallel}": _row(subject, [await subject.cost(parallel)])
            for name, subject in subjects.items()
            for parallel in ROUNDS
        }


async def _on(store: Store, phones: Phones, rows: Rows) -> list[Figure]:
    """Fill in the rows of one database, and return what is promised."""
    figures: list[Figure] = []
    async with contextlib.AsyncExitStack() as stack:
        least = await stack.enter_async_context(floor(store))
        cheapest = await stack.enter_async_context(floor(store, "cheapest"))
        whole = await stack.enter_async_context(tepai(store, phones))
        for parallel, rounds in ROUNDS.items():
            costs: defaultdict[str, list[Cost]] = defaultdict(list)
            for _ in range(rounds):
                costs["floor"].append(await least.cost(parallel))
                costs["tepai"].append(await whole.cost(parallel))
            once = await cheapest.cost(parallel)
            name = f"{store.name}, {parallel}"
            rows[f"floor, {name}"] = _row(least, costs["floor"])
            rows[f"cheapest floor, {name}"] = _row(cheapest, [once])
            rows[f"Tepai, {name}"] = _row(whole, costs["tepai"], costs["floor"])
            if parallel == PROMISED:
                acting = [await whole.cost(parallel, talk=ACTING)]
                rows[f"Tepai, every fourth message an act, {name}"] = _row(whole, acting, [median_of(costs["floor"])])
                figures += _promised(store.name, costs["tepai"], costs["floor"])
    return figures


def _promised(name: str, costs: Sequence[Cost], floors: Sequence[Cost]) -> list[Figure]:
    return [
        median(f"Tepai's CPU to the floor's, {name}", ratios(costs, floors, "server"), "times", MOST_CPU),
        median(f"Tepai's p99 to the floor's, {name}", ratios(costs, floors, "p99"), "times", MOST_WAIT),
    ]


def ratios(costs: Sequence[Cost], floors: Sequence[Cost], name: str) -> list[float]:
    """Each cost to the floor that was measured right before it."""
    return [getattr(cost, name) / getattr(least, name) for cost, least in zip(costs, floors, strict=True)]


def _row(subject: Subject, costs: Sequence[Cost], floors: Sequence[Cost] = ()) -> Sequence[float | None]:
    cost = median_of(costs)
    own = (cost.per_second, cost.p50, cost.p99, cost.server, cost.database if subject.store else None)
    names = ("server", "p99")
    to_floor = [median("", ratios(costs, floors, name), "").value if floors else None for name in names]
    return (*own, subject.servers[0].megabytes() if floors else None, *to_floor)

"""`python -m tests.storm`: a long storm on both databases; ends with 1 when a promise was broken."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time

from tests.storm.databases import sheltered
from tests.storm.plan import Plan
from tests.storm.real import storm_with_engine
from tests.storm.report import table
from tests.storm.storm import Result, storm

LONGEST = 600.0
"""Seconds; machines may be slow."""


def main() -> None:
    """Storm after storm, each with a seed of its own, until the time is up."""
    asked = _asked()
    deadline = time.monotonic() + asked.minutes * 60
    seed = asked.seed if asked.seed is not None else random.randrange(10**6)
    broken = False
    while True:
        for database in asked.database:
            result = asyncio.run(_one(database, _plan(asked, seed)))
            print(table(result), end="\n\n", flush=True)
            wrong = asyncio.run(_with_engine(database, _plan(asked, seed)))
            print(
                f"The real dialogue on {database}, seed {seed}: {wrong or 'as on a calm day'}", end="\n\n", flush=True
            )
            broken = broken or bool(result.breaches or wrong)
        seed += 1
        if time.monotonic() > deadline:
            break
    sys.exit(broken)


async def _one(database: str, plan: Plan) -> Result:
    async with sheltered(database) as shelter:
        return await storm(plan, shelter)


async def _with_engine(database: str, plan: Plan) -> list[str]:
    async with sheltered(database) as shelter:
        return await storm_with_engine(plan, shelter)


def _plan(asked: argparse.Namespace, seed: int) -> Plan:
    return Plan(
        seed=seed,
        chats=asked.chats,
        bursts=asked.bursts,
        nodes=asked.nodes,
        kills=asked.kills,
        outages=asked.outages,
        claims=asked.chats // 3,
        settle_seconds=LONGEST,
    )


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.storm", description=__doc__)
    parser.add_argument("--minutes", type=float, default=3, help="begin new storms for so long (default 3)")
    parser.add_argument("--database", action="append", choices=("sqlite", "postgresql"), help="default: both in turn")
    parser.add_argument("--seed", type=int, help="of the first storm; each further one has the next")
    parser.add_argument("--chats", type=int, default=400)
    parser.add_argument("--bursts", type=int, default=5, help="of up to three messages, for each chat")
    parser.add_argument("--nodes", type=int, default=3, help="processes")
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--outages", type=int, default=3, help="of the database")
    asked = parser.parse_args()
    asked.database = asked.database or ["sqlite", "postgresql"]
    return asked


if __name__ == "__main__":
    main()

"""A short storm on each database; `make storm` makes long ones."""

from __future__ import annotations

import random

import pytest

from tests.storm.databases import sheltered
from tests.storm.plan import Plan
from tests.storm.real import storm_with_engine
from tests.storm.report import table
from tests.storm.storm import storm


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_a_storm_breaks_no_promise(database: str) -> None:
    plan = Plan(seed=random.randrange(10**6))
    async with sheltered(database) as shelter:
        result = await storm(plan, shelter)
    print(table(result))
    assert not result.breaches, table(result)
    assert len(result.books.kills) == plan.kills
    assert len(result.books.claims) == plan.claims


async def test_in_a_storm_customers_read_what_they_read_on_a_calm_day() -> None:
    plan = Plan(seed=random.randrange(10**6), chats=12, nodes=2, kills=1)
    async with sheltered("postgresql") as shelter:
        assert await storm_with_engine(plan, shelter) == [], f"seed {plan.seed}"

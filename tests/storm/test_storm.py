"""A short storm on each database; `make storm` makes long ones."""

from __future__ import annotations

import random

import pytest

from tests.storm.databases import sheltered
from tests.storm.plan import Plan
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

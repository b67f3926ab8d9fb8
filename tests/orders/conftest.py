"""A seeded order service on SQLite and on PostgreSQL, whose time the tests let pass."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select

from bot.orders.policy import Policy
from bot.orders.sql import rows
from bot.orders.sql.gateway import SqlGateway
from bot.orders.sql.plan import Plan, shifted
from bot.orders.sql.seed import seed
from bot.orders.sql.tables import metadata, orders
from bot.store.database import Database
from tests.postgres import Server, throwaway

START = 1_790_000_000.0


@dataclass
class Shop:
    """The order service under test; `database` to look behind it."""

    database: Database
    gateway: SqlGateway

    async def now(self) -> float:
        return await self.database.run(rows.now)

    async def let_pass(self, seconds: float) -> None:
        """SQLite's clock is ours to move; on PostgreSQL every order moves into the past instead."""
        if isinstance(self.database.clock, Clock):
            self.database.clock.time += seconds
        else:
            await self.database.run(_age, seconds)

    async def put(self, plan: Plan) -> None:
        await self.database.run(lambda connection: connection.execute(insert(orders).values(rows.values(plan))))


class Clock:
    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> float:
        return self.time


def _age(connection: Connection, seconds: float) -> None:
    for plan in rows._plans(connection, select(orders).where(orders.c.rests_since.is_(None))):
        earlier = replace(plan, order=shifted(plan.order, -seconds), moves_from=plan.moves_from - seconds)
        rows.save(connection, earlier)


@pytest.fixture(scope="session")
def order_postgres() -> Iterator[Server]:
    with throwaway() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shop]:
    if request.param == "sqlite":
        async with _open(Database(f"sqlite:///{tmp_path / 'shop.db'}", Clock())) as opened:
            yield opened
    else:
        server: Server = request.getfixturevalue("order_postgres")
        async with server.database() as url, _open(Database(url)) as opened:
            yield opened


@contextlib.asynccontextmanager
async def _open(database: Database) -> AsyncIterator[Shop]:
    await database.run(metadata.create_all)
    await database.run(lambda connection: seed(connection, rows.now(connection)))
    try:
        yield Shop(database, SqlGateway(database, Policy()))
    finally:
        await database.close()

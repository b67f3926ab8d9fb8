"""A seeded order service on SQLite and on PostgreSQL, whose time the tests let pass."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from sqlalchemy import Connection, insert, select

from bot.orders.policy import Policy
from bot.orders.sql import rows
from bot.orders.sql.gateway import SqlGateway
from bot.orders.sql.plan import Plan, shifted
from bot.orders.sql.seed import seed
from bot.orders.sql.tables import orders
from bot.store.database import Database
from tests.conftest import Clock


@dataclass
class Shop:
    """The order service under test; `database` to look behind it."""

    database: Database
    gateway: SqlGateway
    clock: Clock

    async def now(self) -> float:
        return await self.database.run(rows.now)

    async def let_pass(self, seconds: float) -> None:
        """SQLite's clock is ours to move; on PostgreSQL every order moves into the past instead."""
        if self.database.is_sqlite:
            self.clock.forward(seconds)
        else:
            await self.database.run(_age, seconds)

    async def put(self, plan: Plan) -> None:
        await self.database.run(lambda connection: connection.execute(insert(orders).values(rows.values(plan))))


def _age(connection: Connection, seconds: float) -> None:
    awake = select(orders.c.customer, orders.c.number).where(orders.c.rests_since.is_(None))
    for customer, number in connection.execute(awake).all():
        plan = rows.locked(connection, customer, number)
        earlier = replace(plan, order=shifted(plan.order, -seconds), moves_from=plan.moves_from - seconds)
        rows.save(connection, earlier)


@pytest.fixture
async def shop(database: Database, clock: Clock) -> Shop:
    await database.run(lambda connection: seed(connection, rows.now(connection)))
    return Shop(database, SqlGateway(database, Policy()), clock)

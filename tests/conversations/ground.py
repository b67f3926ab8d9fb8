"""One database for all scripts: migrated and seeded once, and put back to that before each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, MetaData, select

from bot.orders.sql import tables as order_tables
from bot.orders.sql.seed import seed
from bot.orders.sql.tables import contacts, customers, orders
from bot.store import schema
from bot.store.database import Database
from bot.store.migrate import upgrade

DAY = datetime(2026, 11, 24, tzinfo=ZoneInfo("Asia/Shanghai"))
"""A Tuesday: the hotline and the staff keep 08:00 to 22:00."""


@dataclass
class Clock:
    """A clock that scripts move."""

    now: float

    def __call__(self) -> float:
        return self.now


@dataclass
class Ground:
    """`seeded`: the tables that held something at first. `data`: every word of the order service's data then."""

    url: str
    database: Database
    clock: Clock
    seeded: Sequence[str]
    data: frozenset[str]

    async def put_back(self, now: float) -> None:
        """As it was seeded, at this time."""
        self.clock.now = now
        await self.database.run(_put_back, self.seeded)


async def prepare(file: Path) -> Ground:
    """The demo's customers and orders, at rest."""
    url = f"sqlite:///{file}"
    await upgrade(url)
    clock = Clock(DAY.timestamp())
    database = Database(url, clock)
    await database.run(seed, DAY.timestamp())
    seeded = await database.run(_set_aside)
    return Ground(url, database, clock, seeded, frozenset(await database.run(words)))


def words(connection: Connection) -> set[str]:
    """Every word of the order service's data: it is shown as it is, in whatever language."""
    found: set[str] = set()
    for table in (customers, contacts, orders):
        for row in connection.execute(select(table)):
            _collect(list(row), found)
    return found


def _collect(value: Any, found: set[str]) -> None:
    match value:
        case str():
            found.add(value)
        case dict():
            _collect(list(value.values()), found)
        case list():
            for part in value:
                _collect(part, found)


def _tables() -> list[str]:
    """Those that others refer to first."""
    both: list[MetaData] = [order_tables.metadata, schema.metadata]
    return [table.name for metadata in both for table in metadata.sorted_tables]


def _set_aside(connection: Connection) -> list[str]:
    """Keep a copy of what every table holds; returns those that hold something."""
    filled = [name for name in _tables() if connection.exec_driver_sql(f"SELECT 1 FROM {name}").first()]
    for name in filled:
        connection.exec_driver_sql(f"CREATE TABLE seeded_{name} AS SELECT * FROM {name}")
    return filled


def _put_back(connection: Connection, seeded: Sequence[str]) -> None:
    # Straight to the driver: before every script it is the same thirty statements, and no row of them is of interest.
    cursor = connection.connection.cursor()
    for name in reversed(_tables()):
        cursor.execute(f"DELETE FROM {name}")
    for name in seeded:
        cursor.execute(f"INSERT INTO {name} SELECT * FROM seeded_{name}")
    cursor.close()

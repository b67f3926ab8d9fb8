"""One database for all scripts: migrated and seeded once, and put back to that before each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, MetaData, Table, insert, select

from bot.orders.sql import tables as order_tables
from bot.orders.sql.seed import seed
from bot.store import tables as store_tables
from bot.store.database import Database
from bot.store.migrate import upgrade

DAY = datetime(2026, 11, 24, tzinfo=ZoneInfo("Asia/Shanghai"))
"""A Tuesday: the hotline and the staff keep 08:00 to 22:00."""

Rows = list[tuple[Table, list[dict[str, Any]]]]


@dataclass
class Clock:
    """A clock that scripts move."""

    now: float

    def __call__(self) -> float:
        return self.now


@dataclass
class Ground:
    """`seeded`: what every table held at first."""

    url: str
    database: Database
    clock: Clock
    seeded: Rows

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
    return Ground(url, database, clock, await database.run(_every_row))


def _tables() -> list[Table]:
    """Those that others refer to first."""
    both: list[MetaData] = [order_tables.metadata, store_tables.metadata]
    return [table for metadata in both for table in metadata.sorted_tables]


def _every_row(connection: Connection) -> Rows:
    return [(table, [dict(row._mapping) for row in connection.execute(select(table))]) for table in _tables()]


def _put_back(connection: Connection, seeded: Rows) -> None:
    for table, _ in reversed(seeded):
        connection.exec_driver_sql(f"DELETE FROM {table.name}")
    for table, rows in seeded:
        if rows:
            connection.execute(insert(table), rows)

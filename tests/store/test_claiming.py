"""No plan that PostgreSQL may choose takes more than the limit: some ask for the first ones again for each row."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, insert

from bot.store import lanes, timers
from bot.store.database import Database
from bot.store.tables import lane, timer

MOST = 3
DUE = 30
BY_NESTED_LOOPS = ("hashagg", "hashjoin", "mergejoin", "material", "sort", "memoize")


def due_lanes(connection: Connection) -> None:
    rows = [{"conversation": f"web:{n}", "channel": "web", "last_seq": 1, "next_at": float(n)} for n in range(DUE)]
    connection.execute(insert(lane), [{"done_seq": 0, "tries": 0, **row} for row in rows])


def due_timers(connection: Connection) -> None:
    rows = [{"conversation": f"web:{n}", "name": "n", "due_at": float(n)} for n in range(DUE)]
    connection.execute(insert(timer), [{"kind": timers.Kind.REMIND, "payload": {}, **row} for row in rows])


def claim(connection: Connection) -> int:
    return len(lanes.claim(connection, ["web"], MOST, 9.0, "token"))


def hold(connection: Connection) -> int:
    return len(timers.hold_due(connection, MOST, 9.0))


@pytest.mark.parametrize(("fill", "take"), [(due_lanes, claim), (due_timers, hold)])
async def test_no_plan_takes_more_than_the_limit(
    postgres_url: str, fill: Callable[[Connection], None], take: Callable[[Connection], int]
) -> None:
    database = Database(postgres_url)

    def taken(connection: Connection) -> int:
        for way in BY_NESTED_LOOPS:
            connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        return take(connection)

    await database.run(fill)
    assert await database.run(taken) == MOST
    await database.close()

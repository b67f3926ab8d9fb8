"""Lists of tickets come from indexes, however many tickets there are: what the database itself says it would do."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, event

from bot.desk.tickets import TicketState
from bot.store import overdue
from bot.store import tickets as store
from bot.store.database import Database

LISTS: dict[str, store.Wanted] = {
    "open": store.Wanted(page=3),
    "mine": store.Wanted(owner="mei"),
    "overdue": store.Wanted(overdue=True),
    "one state": store.Wanted(states=[TicketState.PROPOSED]),
    "closed": store.Wanted(states=[TicketState.CLOSED]),
}


def plans(connection: Connection, wanted: store.Wanted) -> list[str]:
    seen: list[tuple[str, Any]] = []

    def listen(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        seen.append((statement, values))

    event.listen(connection, "before_cursor_execute", listen)
    store.listed(connection, wanted)
    store.counts(connection, "mei", None)
    overdue.is_any(connection)
    event.remove(connection, "before_cursor_execute", listen)
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:
        connection.exec_driver_sql("set local enable_seqscan = off")
    explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
    return [
        "\n".join(str(row) for row in connection.exec_driver_sql(explain + statement, values))
        for statement, values in seen
    ]


@pytest.mark.parametrize("name", LISTS)
async def test_no_list_looks_at_the_whole_table(database: Database, name: str) -> None:
    found = await database.run(plans, LISTS[name])
    assert len(found) >= 3
    for plan in found:
        assert "Seq Scan on ticket" not in plan, plan
        assert "SCAN ticket'" not in plan, plan

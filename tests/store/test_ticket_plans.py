"""Lists of tickets come from indexes, however many tickets there are: what the database itself says it would do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event

from bot.desk.tickets import TicketState
from bot.store import overdue
from bot.store import ticket_lists as store
from bot.store.database import Database

TEAMS = ("parcels", "fees")
LISTS: dict[str, store.Wanted] = {
    "open": store.Wanted(page=3),
    "mine": store.Wanted(owner="mei"),
    "overdue": store.Wanted(overdue=True),
    "about one thing": store.Wanted(about="complaint"),
    "one state": store.Wanted(states=[TicketState.PROPOSED]),
    "closed": store.Wanted(states=[TicketState.CLOSED]),
    "of some teams": store.Wanted(teams=TEAMS),
    "mine, of some teams": store.Wanted(owner="mei", teams=TEAMS),
    "one state, of some teams": store.Wanted(states=[TicketState.OPEN], teams=TEAMS),
    "closed, of some teams": store.Wanted(states=[TicketState.CLOSED], teams=TEAMS),
}


def plans(connection: Connection, look: Callable[[], object]) -> str:
    """Of every statement that it sends."""
    seen: list[tuple[str, Any]] = []

    def listen(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        seen.append((statement, values))

    event.listen(connection, "before_cursor_execute", listen)
    look()
    event.remove(connection, "before_cursor_execute", listen)
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:
        connection.exec_driver_sql("set local enable_seqscan = off")
    explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
    rows = [row for statement, values in seen for row in connection.exec_driver_sql(explain + statement, values)]
    assert rows
    return "\n".join(str(row) for row in rows)


def without_the_table(plan: str) -> bool:
    return "ix_ticket_" in plan and "Seq Scan on ticket" not in plan and "SCAN ticket'" not in plan


@pytest.mark.parametrize("name", LISTS)
async def test_no_list_looks_at_the_whole_table_or_up_whose_each_is(database: Database, name: str) -> None:
    def look(connection: Connection) -> tuple[str, str]:
        listed = plans(connection, lambda: store.listed(connection, LISTS[name]))
        return listed, plans(connection, lambda: store.counts(connection, "mei", LISTS[name].teams))

    for plan in await database.run(look):
        assert without_the_table(plan), plan
        assert "handover" not in plan, plan


async def test_what_is_overdue_is_found_without_the_table(database: Database) -> None:
    plan = await database.run(lambda c: plans(c, lambda: overdue.is_any(c)))
    assert without_the_table(plan), plan

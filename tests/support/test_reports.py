"""What leads read: from the log, the queue and the opinions, by China's days."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from bot.desk.people import Agent, Role
from bot.desk.reports import FlowWays, Table
from bot.dialogue.book import load_flows
from bot.errors import NoSuchThing
from bot.runtime.hub import Grown
from bot.store.audit import audit
from bot.store.conversations import Line, Source
from bot.store.database import Database
from bot.store.support_tables import feedback
from bot.support.hours import CHINA
from bot.support.indexer import Indexer
from bot.support.reporting import DAYS_APART, Span
from bot.support.reports import StoredReports
from bot.support.ways import Shape, counted_ways, shape_of
from tests.conftest import Clock
from tests.support.log import bots, hand_over, say

LEAD = Agent("zhou", "周", Role.LEAD, "zh")
NOON = 1_795_492_800.0  # 2026-11-24 12:00 in China
TODAY = date(2026, 11, 24)
YESTERDAY = TODAY - timedelta(1)


@pytest.fixture
async def database(sqlite_url: str, clock: Clock) -> AsyncIterator[Database]:
    clock.now = NOON
    opened = Database(sqlite_url, clock)
    yield opened
    await opened.close()


@pytest.fixture
def reports(database: Database) -> StoredReports:
    return StoredReports(database, map(shape_of, load_flows()))


async def read(reports: StoredReports, name: str, first: date = YESTERDAY, last: date = TODAY) -> Table:
    table = await reports.report(LEAD, name, first, last)
    assert table.name == name
    assert all(len(row) == len(table.columns) == len(table.units) + 1 for row in table.rows)
    return table


async def think(database: Database, at: float, about: str, score: int) -> None:
    values: dict[str, Any] = {"conversation": "web:a", "key": f"{at}{about}{score}", "about": about, "score": score}
    await database.run(lambda c: c.execute(insert(feedback).values(**values, words="", at=at)) and None)


async def index(database: Database) -> None:
    await Indexer(database, Grown(), ("price",)).catch_up()


async def test_who_solved_it(database: Database, reports: StoredReports) -> None:
    for number in range(9):
        await say(database, f"web:{number}", "你好")
    await hand_over(database, "web:1", status="closed", opened_at=NOON, closed_at=NOON, outcome="solved")
    await hand_over(database, "web:2", status="closed", opened_at=NOON, closed_at=NOON, outcome="not_solved")
    await hand_over(database, "web:3", status="closed", opened_at=NOON, closed_at=NOON, outcome="no_answer")
    await hand_over(database, "web:4", opened_at=NOON)
    await think(database, NOON, "cancel_order", 1)
    await think(database, NOON, "fix_order", 0)
    await think(database, NOON, "staff", 1)
    await index(database)
    table = await read(reports, "solved")
    assert table.columns == ("day", "by_bot", "by_staff", "unsolved", "still_open", "unsaid", "conversations")
    assert table.rows == (("2026-11-23", 0, 0, 0, 0, 0, 0), ("2026-11-24", 1, 1, 3, 1, 3, 9))


async def test_causes_over_time(database: Database, reports: StoredReports, clock: Clock) -> None:
    ways = ["pending_order/start/begin/diagnosing/diagnosed/explaining"]
    clock.now = NOON - 86_400
    await say(database, "web:a", "为什么", bots("没人接", "pending_order.cause.no_courier"), ways=ways)
    clock.now = NOON
    for cause in ("unpaid", "unpaid", "no_courier"):
        await say(database, "web:a", "为什么", bots("因为", f"pending_order.cause.{cause}"), ways=ways)
    await say(database, "web:a", "为什么", bots("退款", "pending_order.left"), ways=ways)
    await index(database)
    table = await read(reports, "causes")
    assert table.columns == ("day", "cause.no_courier", "cause.unpaid")
    assert table.rows == (("2026-11-23", 1, 0), ("2026-11-24", 1, 2))


async def test_how_long_it_takes(database: Database, reports: StoredReports) -> None:
    for number in range(1, 11):
        opened = NOON - 86_400 + number
        times = {"opened_at": opened, "claimed_at": opened + 10 * number, "answered_at": opened + 20 * number}
        await hand_over(database, f"web:{number}", **times, closed_at=opened + 110 * number)
    await hand_over(database, "web:waits", opened_at=NOON)
    for name, step in (("waiting", 10), ("first_answer", 20), ("handling", 100)):
        table = await read(reports, name)
        assert table.units == ("count", "seconds", "seconds", "seconds")
        assert table.rows[0] == ("2026-11-23", 10, 5.5 * step, 9 * step, 10 * step)
        assert table.rows[1] == ("2026-11-24", 0, None, None, None)


async def test_what_customers_thought(database: Database, reports: StoredReports) -> None:
    for at, about, score in (
        (NOON, "staff", 1),
        (NOON, "staff", 0),
        (NOON, "fix_order", 1),
        (NOON - 86_400, "staff", 1),
    ):
        await think(database, at, about, score)
    assert (await read(reports, "satisfaction")).rows == (("2026-11-23", 1, 0, 1.0), ("2026-11-24", 2, 1, 2 / 3))
    assert (await read(reports, "satisfaction_about")).rows == (("staff", 2, 1, 2 / 3), ("fix_order", 1, 0, 1.0))
    assert (await read(reports, "satisfaction", TODAY, TODAY)).rows == (("2026-11-24", 2, 1, 2 / 3),)


async def test_cancellations_with_their_reasons(database: Database, reports: StoredReports) -> None:
    for id, outcome in (("1", "cancelled"), ("2", "cancelled"), ("3", "service_down")):
        act = Line("act", {"id": id, "effect": "CancelOrder", "fields": {"number": "TP1", "reason": "price"}})
        await say(database, "web:a", "确认", act)
        ways = [f"cancel_order/cancelling/{outcome}/there"]
        await say(database, "web:a", "", source=Source.INNER, id=f"act:{id}", ways=ways)
    for outcome in ("cancelled", "fee_rose"):
        done = {"conversation": "web:a", "actor": "li", "subject": "TP1", "detail": {"outcome": outcome}}
        await database.run(audit, "order_cancel_done", **done)
    await index(database)
    table = await read(reports, "cancellations")
    assert table.columns == ("reason", "cancelled", "refused", "fee_rose", "uncertain")
    assert table.rows == (("price", 2, 0, 0, 1), ("staff", 1, 0, 1, 0))


async def test_why_customers_came_to_a_person_and_who_said_how_much(database: Database, reports: StoredReports) -> None:
    await say(database, "web:a", "你好", bots("您好"), bots("我是小周", sender="staff"))
    for reason in ("asked", "lost", "asked"):
        await hand_over(database, f"web:{reason}", reason=reason, closed_at=NOON)
    await index(database)
    assert (await read(reports, "handovers")).rows == (("asked", 2), ("lost", 1))
    assert (await read(reports, "messages")).rows[1] == ("2026-11-24", 1, 1, 1)


async def test_empty_days_are_told_and_weeks_where_there_are_many(reports: StoredReports) -> None:
    for name in await reports.names():
        table = await read(reports, name)
        if table.of == "day":
            assert [row[0] for row in table.rows] == ["2026-11-23", "2026-11-24"]
    long = await read(reports, "messages", TODAY - timedelta(DAYS_APART), TODAY)
    assert [row[0] for row in long.rows][:3] == ["2026-09-15", "2026-09-21", "2026-09-28"]
    assert len(long.rows) == 11


async def test_only_for_leads(reports: StoredReports) -> None:
    agent = replace(LEAD, role=Role.AGENT)
    with pytest.raises(NoSuchThing):
        await reports.report(agent, "causes", TODAY, TODAY)
    with pytest.raises(NoSuchThing):
        await reports.flows(agent, TODAY, TODAY)
    with pytest.raises(NoSuchThing):
        await reports.report(LEAD, "nonsense", TODAY, TODAY)


async def test_days_are_chinas(database: Database, reports: StoredReports) -> None:
    span = Span.of(TODAY, TODAY)
    assert span.times == (NOON - 12 * 3600, NOON + 12 * 3600)
    for at in (NOON - 12 * 3600 - 1, NOON - 12 * 3600, NOON + 12 * 3600 - 1, NOON + 12 * 3600):
        await think(database, at, "staff", 1)
    assert (await read(reports, "satisfaction", TODAY, TODAY)).rows == (("2026-11-24", 2, 0, 1.0),)
    assert CHINA.utcoffset(None) == timedelta(hours=8)


async def test_flows_with_how_many_went_which_way(database: Database, reports: StoredReports) -> None:
    ways = ["cancel_order/start/begin/choosing/order_picked/quoting/quoted/asking_reason"]
    await say(database, "web:a", "取消", ways=ways)
    await say(database, "web:b", "取消", ways=[*ways, "cancel_order/asking_reason/denied/kept"])
    await say(database, "web:b", "旧", ways=["cancel_order/gone/old/start", "no_such_flow/a/b/c"])
    await index(database)
    flows = await reports.flows(LEAD, TODAY, TODAY)
    cancel = flows[0]
    assert (cancel.name, cancel.entered) == ("cancel_order", 2)
    assert cancel.ways["quoting", "quoted", "asking_reason"] == 2
    assert cancel.ways["cancelling", "refused", "refused"] == 0
    assert cancel.stopped == {"asking_reason": 1}
    assert cancel.states[0] == "start"
    assert "gone" in cancel.states
    assert {flow.name for flow in flows} == {flow.name for flow in load_flows()}
    assert not (await reports.flows(LEAD, YESTERDAY, YESTERDAY))[0].entered


def test_where_customers_stop() -> None:
    shape = Shape("f", ("start", "a", "b", "end"), frozenset({"end"}), (("start", "begin", "a"),))
    counts = [
        ("f", "start/begin/a", 10),
        ("f", "a/go/b", 7),
        ("f", "b/back/a", 2),
        ("f", "a/go/a", 5),
        ("f", "b/go/end", 4),
    ]
    (flow,) = counted_ways([shape], counts)
    assert flow == FlowWays("f", shape.states, shape.finals, flow.ways, {"a": 5, "b": 1}, 10)

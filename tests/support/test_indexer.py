"""The background reader: every line once, whoever reads, wherever it was cut off."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Connection, Table, make_url, select, text

from bot.runtime.hub import Grown
from bot.store import indexing as store
from bot.store import leases
from bot.store.conversations import Line, Source
from bot.store.database import Database
from bot.store.lookup_tables import daily, digest, search_line
from bot.support import indexer as module
from bot.support.hours import day_of
from bot.support.indexer import INDEXING, Indexer
from tests.conftest import Clock
from tests.support.log import bots, say, take_note

REASONS = ("price", "too_slow")


@pytest.fixture
def grown() -> Grown:
    return Grown()


@pytest.fixture
def indexer(database: Database, grown: Grown) -> Indexer:
    return Indexer(database, grown, REASONS)


async def rows(database: Database, table: Table) -> list[Any]:
    return await database.run(lambda c: list(c.execute(select(table))))


async def counts(database: Database, kind: str) -> dict[tuple[str, str], int]:
    return {(row.subject, row.detail): row.number for row in await rows(database, daily) if row.kind == kind}


async def found(database: Database) -> Counter[tuple[str, int, str, str]]:
    return Counter((row.conversation, row.seq, row.key, row.sender) for row in await rows(database, search_line))


async def test_everything_said_is_indexed_once(database: Database, indexer: Indexer) -> None:
    await say(database, "web:a", "你好", bots("您好"), Line("act", {"id": "1", "effect": "X", "fields": {}}))
    await say(database, "web:a", "", source=Source.INNER)
    await say(database, "web:a", "好的", bots("再见", sender="staff"))
    await take_note(database, "web:a", "客户很着急")
    for _ in range(2):
        await indexer.catch_up()
    assert await found(database) == {
        ("web:a", 1, "", "customer"): 1,
        ("web:a", 2, "", "bot"): 1,
        ("web:a", 5, "", "customer"): 1,
        ("web:a", 6, "", "staff"): 1,
        ("web:a", 6, "n1", "note"): 1,
    }
    (row,) = await rows(database, digest)
    assert (row.conversation, row.channel, row.seq, row.last) == ("web:a", "web", 6, "好的")


async def test_goes_on_where_it_was(database: Database, indexer: Indexer, grown: Grown) -> None:
    await say(database, "web:a", "一")
    await indexer.catch_up()
    await say(database, "web:a", "二二")
    await take_note(database, "web:a", "三三")
    grown.add("web:a")
    await indexer.work(float("inf"))
    assert len(await found(database)) == 3


async def test_what_nobody_told_of_is_found_by_the_round(database: Database, grown: Grown) -> None:
    grown.take()
    reader = Indexer(database, grown, REASONS)
    await say(database, "web:a", "一一")
    await reader.work(float("inf"))
    assert len(await found(database)) == 1


async def test_a_long_log_and_many_conversations(
    database: Database, indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LINES", 7)
    monkeypatch.setattr(store, "SLICE", 5)
    for number in range(12):
        for line in range(1 + 3 * number):
            await say(database, f"web:{number:02}", f"第{line}句")
    await indexer.catch_up()
    assert len(await found(database)) == sum(1 + 3 * number for number in range(12))
    assert {row.seq for row in await rows(database, digest)} == {1 + 3 * number for number in range(12)}
    assert sum((await counts(database, "said")).values()) == sum(1 + 3 * number for number in range(12))


async def test_several_at_once_read_everything_once(database: Database, database_url: str, clock: Clock) -> None:
    for number in range(30):
        await say(database, f"web:{number % 5}", f"第{number}句", bots("好"))
    others = [Database(database_url, clock) for _ in range(3)]
    readers = [Indexer(each, Grown(), REASONS) for each in (database, *others)]

    async def write() -> None:
        for number in range(30):
            await say(database, f"web:{number % 7}", f"又{number}句", bots("好"))

    await asyncio.gather(write(), *(reader.catch_up() for reader in readers))
    await readers[0].catch_up()
    for other in others:
        await other.close()
    lines = await found(database)
    assert len(lines) == 120
    assert set(lines.values()) == {1}
    assert sum((await counts(database, "said")).values()) == 120


async def test_whoever_lost_the_lease_keeps_nothing(database: Database, indexer: Indexer) -> None:
    await say(database, "web:a", "一一")
    marks = await database.run(store.unread, ["web:a"])
    readings = await database.run(store.read, marks, 50, lambda _: None)
    await indexer.catch_up()
    made = indexer._made_of(readings)
    with pytest.raises(store.ReadByOther):
        await database.run(store.keep, *made)
    assert len(await found(database)) == 1
    assert sum((await counts(database, "said")).values()) == 1


async def test_nothing_is_forgotten_while_another_process_reads(database: Database, grown: Grown) -> None:
    indexer = Indexer(database, grown, REASONS)
    await say(database, "web:a", "一一")
    await database.run(leases.take, INDEXING, "another", 60)
    await indexer.work(float("inf"))
    assert not await found(database)
    await database.run(leases.leave, INDEXING, "another", None)
    await indexer.work(float("inf"))
    assert len(await found(database)) == 1


async def test_an_idle_reader_writes_nothing(database: Database, indexer: Indexer) -> None:
    await say(database, "web:a", "一一")
    await indexer.catch_up()
    before = await database.run(_written)
    await indexer.catch_up()
    assert await database.run(_written) == before


def _written(connection: Connection) -> Any:
    if connection.dialect.name == "sqlite":
        return connection.execute(text("SELECT total_changes()")).scalar()
    return connection.execute(text("SELECT pg_current_wal_insert_lsn()::text")).scalar()


async def test_it_reads_in_the_background(database: Database, grown: Grown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHARE", 1.0)  # on a busy machine a rest may take longer than anybody waits
    indexer = Indexer(database, grown, REASONS)
    running = asyncio.create_task(indexer.run())
    try:
        await say(database, "web:a", "一一")
        grown.add("web:a")
        async with asyncio.timeout(20):
            while not await found(database):  # noqa: ASYNC110 -- a row has no event
                await asyncio.sleep(0.05)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_commit_that_becomes_visible_late_is_not_missed(postgres_url: str, clock: Clock) -> None:
    """Two conversations, of which the one that wrote first commits last."""
    database = Database(postgres_url, clock)
    indexer = Indexer(database, Grown(), REASONS)
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        await say(database, "web:slow", "一一")
        parts = make_url(postgres_url)
        connection = await asyncpg.connect(user=parts.username, database=parts.database, host=parts.query["host"])
        async with connection.transaction():
            await connection.execute("update lane set last_seq = last_seq + 1 where conversation = 'web:slow'")
            await connection.execute(
                "insert into inbound values ('web:slow', 'customer', 'late', 2, '{\"text\": \"晚来\"}', 1795492800)"
            )
            started.set()
            await go_on.wait()
        await connection.close()

    writing = asyncio.create_task(slow())
    await started.wait()
    await say(database, "web:quick", "先到")
    await indexer.catch_up()
    go_on.set()
    await writing
    await indexer.catch_up()
    assert await found(database) == {
        ("web:slow", 1, "", "customer"): 1,
        ("web:quick", 1, "", "customer"): 1,
        ("web:slow", 2, "", "customer"): 1,
    }
    await database.close()


async def test_lines_of_the_same_moment_have_ids_of_their_own(database: Database, indexer: Indexer) -> None:
    lines = [bots(f"第{number}句") for number in range(300)]
    await say(database, "web:a", "一一", *lines)
    await say(database, "web:b", "一一", *lines)
    await indexer.catch_up()
    assert len({row.id for row in await rows(database, search_line)}) == 602


async def test_what_is_counted(database: Database, indexer: Indexer, clock: Clock) -> None:
    await say(
        database,
        "web:a",
        "为什么",
        bots("没有骑手", "pending_order.cause.no_courier"),
        ways=["pending_order/start/begin/diagnosing/diagnosed/explaining", "greet/start/begin/over"],
    )
    await say(
        database,
        "web:a",
        "多少钱",
        bots("两元", "faq.fees"),
        bots("没有骑手", "pending_order.cause.no_courier"),
        ways=["faq/start/begin/answered"],
    )
    await say(database, "web:b", "你好", bots("您好", sender="staff"))
    await indexer.catch_up()
    assert await counts(database, "way") == {
        ("pending_order", "start/begin/diagnosing"): 1,
        ("pending_order", "diagnosing/diagnosed/explaining"): 1,
        ("greet", "start/begin/over"): 1,
        ("faq", "start/begin/answered"): 1,
    }
    assert await counts(database, "told") == {("pending_order.cause.no_courier", ""): 1, ("faq.fees", ""): 1}
    assert await counts(database, "said") == {("web", "customer"): 3, ("web", "bot"): 3, ("web", "staff"): 1}
    assert await counts(database, "contact") == {("web", ""): 2}


async def test_a_cancellation_is_counted_with_its_reason_and_its_end(database: Database, indexer: Indexer) -> None:
    def act(id: str, reason: str) -> Line:
        return Line("act", {"id": id, "effect": "CancelOrder", "fields": {"number": "TP1", "reason": reason}})

    outcomes = (("1", "price", "cancelled"), ("2", "住址写错了", "refused"), ("3", "price", "fee_rose"))
    for id, reason, outcome in outcomes:
        await say(database, "web:a", "确认", act(id, reason), Line("act", {"id": "9", "effect": "X", "fields": {}}))
        ways = [f"cancel_order/cancelling/{outcome}/there", "feedback/start/begin/asking"]
        await say(database, "web:a", "", source=Source.INNER, id=f"act:{id}", ways=ways)
    await say(database, "web:a", "", source=Source.INNER, id="act:77", ways=["cancel_order/cancelling/refused/there"])
    await indexer.catch_up()
    assert await counts(database, "cancel") == {
        ("price", "cancelled"): 1,
        ("own_words", "refused"): 1,
        ("price", "fee_rose"): 1,
    }


async def test_a_contact_is_counted_once_a_day_of_chinas(sqlite_url: str, clock: Clock) -> None:
    database = Database(sqlite_url, clock)
    indexer = Indexer(database, Grown(), REASONS)
    clock.now = 1_795_492_800.0 + 11.9 * 3600  # a few minutes before midnight in China
    for seconds in (0, 60, 600, 60):
        clock.forward(seconds)
        await say(database, "web:a", "你好")
        await indexer.catch_up()
    found = {row.day: row.number for row in await rows(database, daily) if row.kind == "contact"}
    assert found == {day_of(clock.now) - 1: 1, day_of(clock.now): 1}
    await database.close()


async def test_names_beyond_all_measure_mean_any(grown: Grown) -> None:
    grown.take()
    for number in range(20_002):
        grown.add(str(number))
    names, others = grown.take()
    assert others
    assert len(names) < 20_002
    assert grown.take() == ([], False)

"""Search and lists, as agents of several teams get them."""

from __future__ import annotations

import asyncio
import random
import threading
from dataclasses import replace

import pytest

from bot.desk import reports
from bot.desk.people import Agent, Role
from bot.desk.reports import Found, Listed
from bot.errors import ConfigError
from bot.runtime.ages import Ages
from bot.runtime.hub import Grown
from bot.store import fulltext, housekeeping, lookup
from bot.store.database import Database
from bot.store.migrate import check_revision, upgrade
from bot.support import lookup as module
from bot.support.indexer import Indexer
from bot.support.lookup import StoredLookup
from tests.conftest import Clock
from tests.support.log import bots, hand_over, own, put_tag, say, take_note

ANYBODYS = Agent("li", "李", Role.AGENT, "zh")
PARCELS = replace(ANYBODYS, id="wang", teams=("parcels",))
LEAD = replace(PARCELS, role=Role.LEAD)


@pytest.fixture
def desk(database: Database) -> StoredLookup:
    return StoredLookup(database)


async def index(database: Database) -> None:
    await Indexer(database, Grown(), ()).catch_up()


def lines(found: list[Found] | tuple[Found, ...]) -> list[tuple[str, int]]:
    return [(one.conversation, one.seq) for one in found]


def named(listed: list[Listed]) -> list[str]:
    return [one.conversation for one in listed]


async def test_lines_of_everybody_are_found_newest_first(database: Database, desk: StoredLookup, clock: Clock) -> None:
    await say(database, "web:a", "我的订单TP20261124001呢", bots("正在查您的订单"))
    await say(database, "web:b", "谢谢", bots("您的订单已到", sender="staff"))
    await take_note(database, "web:b", "订单有误")
    await index(database)
    found = list(await desk.search(ANYBODYS, "订单"))
    assert {(one.conversation, one.seq, one.sender) for one in found} == {
        ("web:a", 1, "customer"),
        ("web:a", 2, "bot"),
        ("web:b", 2, "staff"),
        ("web:b", 2, "note"),
    }
    assert [one.key for one in found] == sorted((one.key for one in found), reverse=True)
    (one,) = await desk.search(ANYBODYS, "4001")
    assert (one.conversation, one.channel, one.seq) == ("web:a", "web", 1)
    assert one.marked == ("我的订单TP2026112", "4001", "呢")
    assert lines(list(await desk.search(ANYBODYS, "订单 查您"))) == [("web:a", 2)]
    assert not await desk.search(ANYBODYS, "单订")
    assert not await desk.search(ANYBODYS, "？！")
    assert not await desk.search(ANYBODYS, "订单 \x00没有")


async def test_neighbours_have_to_be_neighbours(database: Database, desk: StoredLookup) -> None:
    await say(database, "web:a", "订单有单号")
    await say(database, "web:b", "订单号")
    await index(database)
    assert lines(list(await desk.search(ANYBODYS, "订单号"))) == [("web:b", 1)]


async def test_pages_follow_each_other(database: Database, desk: StoredLookup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 10)
    for number in range(35):
        await say(database, f"web:{number % 3}", "又是订单" if number % 2 else "别的", bots("查订单"))
    await index(database)
    for words, many in (("订单", 52), ("别的", 18), ("查订", 35)):
        found: list[Found] = []
        before = None
        while page := await desk.search(ANYBODYS, words, before=before):
            found += page
            before = page[-1].key
        assert len(found) == many
        assert len({one.key for one in found}) == many


@pytest.mark.parametrize("newest", [3, 30, 3_000])
async def test_both_ways_find_the_same(database: Database, monkeypatch: pytest.MonkeyPatch, newest: int) -> None:
    """Read one by one, or asked from the index."""
    monkeypatch.setattr(lookup, "NEWEST", newest)
    dice = random.Random(7)
    texts = ["".join(dice.choices("订单号取消快递", k=6)) + f" Order{number}" for number in range(60)]
    for text in texts:
        await say(database, "web:a", text)
    await index(database)
    for words in ("订单", "号取", "消", "order1", "order", "取消快", "快递快递快递"):
        expected = sum(words in text.lower() for text in texts)
        assert len(await StoredLookup(database).search(ANYBODYS, words)) == min(expected, reports.PAGE), words


async def test_only_what_the_agent_may_see(database: Database, desk: StoredLookup) -> None:
    for chat in ("web:free", "web:parcels", "web:fees", "web:moved"):
        await say(database, chat, "订单")
    await hand_over(database, "web:parcels", team="parcels", agent="wang")
    await hand_over(database, "web:fees", team="fees", agent="li")
    await hand_over(database, "web:moved", team="parcels", closed_at=1.0)
    await hand_over(database, "web:moved", team="fees")
    await index(database)
    seen = {"web:free", "web:parcels"}
    everything = {*seen, "web:fees", "web:moved"}
    for agent, expected in ((PARCELS, seen), (LEAD, everything), (ANYBODYS, everything)):
        assert {one.conversation for one in await desk.search(agent, "订单")} == expected
        assert {one.conversation for one in await desk.conversations(agent)} == expected


async def test_conversations_newest_first_and_narrowed(
    database: Database, desk: StoredLookup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 4)
    for number in range(10):
        await say(database, f"{'web' if number % 2 else 'tg'}:{number}", f"第{number}句", customer=f"c{number}")
    await own(database, "web:3", "li")
    await hand_over(database, "web:3", agent="li", status="taken")
    await hand_over(database, "web:5", agent="li", status="closed", closed_at=1.0)
    await hand_over(database, "tg:6", status="waiting")
    await put_tag(database, "web:7", "急")
    await put_tag(database, "tg:2", "急")
    await index(database)
    listed: list[Listed] = []
    before = ""
    while page := await desk.conversations(ANYBODYS, before=before):
        listed += page
        before = page[-1].key
    at = {one.conversation: one.updated_at for one in listed}
    assert len(listed) == len(at) == 10
    assert [one.conversation for one in listed if one.waits] == ["tg:6"]
    assert [(one.updated_at, one.conversation) for one in listed] == sorted(
        ((one.updated_at, one.conversation) for one in listed), reverse=True
    )
    (mine,) = await desk.conversations(ANYBODYS, owner="li")
    assert (mine.conversation, mine.owner, mine.customer) == ("web:3", "li", "c3")
    assert (mine.channel, mine.last) == ("web", "第3句")
    assert set(named(list(await desk.conversations(ANYBODYS, tag="急")))) == {"web:7", "tg:2"}
    assert {one.channel for one in await desk.conversations(ANYBODYS, channel="tg")} == {"tg"}
    assert len(await desk.conversations(ANYBODYS, before="nonsense")) == 4
    assert len(await desk.conversations(ANYBODYS, before="x/y")) == 4
    assert await desk.choices(ANYBODYS) == (["li"], ["急"], ["tg", "web"])


AGES = Ages(
    conversations=100,
    files=100,
    bookkeeping=100,
    codes=100,
    mails=100,
    dead_letters=100,
    sign_ins=100,
    records=10_000,
)


async def test_what_housekeeping_removes_is_not_found_any_more(sqlite_url: str, clock: Clock) -> None:
    database = Database(sqlite_url, clock)
    desk = StoredLookup(database)
    await say(database, "web:a", "旧的订单", customer="lin")
    await say(database, "web:b", "旧的订单")
    await take_note(database, "web:a", "旧的备注")
    await index(database)
    clock.forward(60)
    await say(database, "web:b", "新的订单")
    await index(database)
    clock.forward(60)
    await database.run(housekeeping.visit_conversations, AGES, "")
    await index(database)
    assert lines(list(await desk.search(ANYBODYS, "订单"))) == [("web:b", 2)]
    assert not await desk.search(ANYBODYS, "备注")
    assert named(list(await desk.conversations(ANYBODYS))) == ["web:b"]
    await say(database, "web:a", "又来了")
    await index(database)
    assert named(list(await desk.conversations(ANYBODYS))) == ["web:a", "web:b"]
    await database.close()


async def test_the_index_holds_nothing_of_what_was_removed(database: Database) -> None:
    await say(database, "web:a", "旧的订单")
    await index(database)
    await database.run(lambda c: c.exec_driver_sql("delete from search_line") and None)
    await say(database, "web:a", "新的订单")
    await index(database)
    assert len(await StoredLookup(database).search(ANYBODYS, "订单")) == 1
    if database.is_sqlite:
        check = "insert into search_words(search_words) values ('integrity-check')"
        await database.run(lambda c: c.exec_driver_sql(check) and None)


async def test_reading_does_not_wait_for_writing(sqlite_url: str, clock: Clock) -> None:
    """A long search on SQLite holds up no message, and cannot write."""
    database = Database(sqlite_url, clock)
    go_on = threading.Event()
    await say(database, "web:a", "订单")

    def long(connection: object) -> bool:
        return go_on.wait(10)

    looking = asyncio.create_task(database.look(long))
    await asyncio.sleep(0)
    assert await say(database, "web:a", "又") == 2
    go_on.set()
    assert await looking
    with pytest.raises(Exception, match=r"readonly|read-only"):
        await database.look(lambda c: c.exec_driver_sql("delete from lane"))
    await database.close()


async def test_an_sqlite_without_full_text_search_is_told(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fulltext, "OPTION", "ENABLE_NOTHING")
    database = Database(sqlite_url)
    with pytest.raises(ConfigError, match="FTS5"):
        await check_revision(database)
    with pytest.raises(ConfigError, match="FTS5"):
        await upgrade(sqlite_url)
    await database.close()

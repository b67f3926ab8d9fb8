"""No conversation stays with somebody who does not answer, is away, or has gone home."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import update

from bot.desk.work import Status
from bot.sections import Support
from bot.store.presence import SEEN_SECONDS
from bot.store.staff_tables import staff
from bot.store.support_tables import handover, ticket
from bot.store.tables import conversation
from tests.support.floor import LI, MEI, Floor, shut

CHAT = "phone:a"


@pytest.fixture
async def taken(floor: Floor) -> Floor:
    """Mei, who is there, has just taken a conversation that waited."""
    floor.support = Support(answer_within=300, away_for=120, idle_for=3600)
    await floor.hires(MEI)
    await floor.says("转人工")
    await floor.app.workbench.work.claim(MEI, CHAT)
    await floor.settle()
    return floor


async def _look(floor: Floor) -> int:
    found = await floor.app.workbench.ownership.look()
    await floor.settle()
    return found


async def test_who_answers_in_time_keeps_it(taken: Floor) -> None:
    await taken.passes(200)
    await taken.reply(MEI, "您好")
    await taken.passes(200)
    await taken.is_seen(MEI)
    assert await _look(taken) == 0
    assert (await taken.queue())[0].agent == "mei"


async def test_unanswered_it_goes_back_to_the_front_and_the_customer_hears_so(taken: Floor) -> None:
    await taken.says("转人工", "b")
    await taken.passes(301)
    await taken.is_seen(MEI)
    assert await _look(taken) == 1
    assert taken.heard()[-1] == "common.staff.returned"
    waiting = [row for row in await taken.queue(LI) if row.status is Status.WAITING]
    assert [(row.conversation, row.returned) for row in waiting] == [(CHAT, 1), ("phone:b", 0)]
    assert ("bot", "returned") in await taken.audited()
    await taken.says("还要多久")
    assert "queue.next" in taken.heard()
    await taken.reply(LI, "我是李磊")
    assert taken.heard()[-1] == "我是李磊"


async def test_the_same_when_later_words_stay_unanswered(taken: Floor) -> None:
    await taken.reply(MEI, "您好")
    await taken.says("我的订单呢")
    await taken.passes(299)
    await taken.is_seen(MEI)
    assert await _look(taken) == 0
    await taken.passes(2)
    assert await _look(taken) == 1


async def test_who_is_away_while_the_customer_waits_loses_it_sooner(taken: Floor) -> None:
    await taken.is_seen(MEI, "away")
    assert await _look(taken) == 0
    await taken.passes(121)
    assert await _look(taken) == 1
    assert taken.heard()[-1] == "common.staff.returned"


async def test_a_page_that_is_closed_is_nobody_there(taken: Floor) -> None:
    await taken.passes(SEEN_SECONDS + 1)
    assert await _look(taken) == 0
    await taken.passes(121)
    assert await _look(taken) == 1


async def test_who_comes_back_in_time_keeps_it(taken: Floor) -> None:
    await taken.is_seen(MEI, "away")
    await _look(taken)
    await taken.passes(60)
    await taken.is_seen(MEI)
    await _look(taken)
    await taken.is_seen(MEI, "away")
    await _look(taken)
    await taken.passes(70)
    assert await _look(taken) == 0


async def test_what_nobody_waits_for_goes_back_later_and_without_a_word(taken: Floor) -> None:
    await taken.reply(MEI, "已经办好了")
    await taken.is_seen(MEI, "offline")
    await _look(taken)
    await taken.passes(1800)
    assert await _look(taken) == 0
    await taken.passes(1801)
    assert await _look(taken) == 1
    assert taken.heard()[-1] == "已经办好了"
    assert (await taken.queue())[0].status is Status.WAITING


async def test_whoever_no_longer_works_here_is_missed_at_once(taken: Floor) -> None:
    gone = update(staff).values(active=False)
    await taken.database.run(lambda connection: connection.execute(gone).rowcount)
    assert await _look(taken) == 1


async def test_after_hours_they_are_told_when_somebody_is_there_again(floor: Floor) -> None:
    floor.hours = shut(3, floor.time())
    await floor.hires(MEI)
    await floor.says("你好")
    await floor.reply(MEI, "您好")
    await floor.says("在吗")
    await floor.passes(301)
    assert await _look(floor) == 1
    assert floor.heard()[-1] == "common.staff.returned_until_open"
    assert [row["about"] for row in await floor.table(ticket)] == ["callback"]


async def test_several_processes_return_it_once(taken: Floor) -> None:
    others = [taken.another() for _ in range(3)]
    for process in others:  # each has its connection then, or the first one would be alone
        assert await process.workbench.ownership.look() == 0
    await taken.passes(301)
    looks = [process.workbench.ownership.look() for process in (taken.app, *others)]
    assert sum(await asyncio.gather(*looks)) == 1
    await taken.settle()
    assert taken.heard().count("common.staff.returned") == 1
    assert [row["returned"] for row in await taken.table(handover)] == [1]


async def test_words_at_the_last_moment_keep_it(taken: Floor) -> None:
    """Somebody looked, and then Mei spoke."""
    await taken.passes(301)
    await taken.is_seen(MEI)
    ownership = taken.app.workbench.ownership
    found = await taken.database.run(_neglected, ownership)
    await taken.reply(MEI, "抱歉，让您久等了")
    assert not await ownership._bring_back(found[0])
    assert (await taken.table(conversation))[0]["owner"] == "mei"


async def test_an_idle_process_writes_nothing(taken: Floor) -> None:
    assert await _look(taken) == 0
    before = await taken.table(handover)
    assert await _look(taken) == 0
    assert await taken.table(handover) == before


def _neglected(connection, ownership):  # type: ignore[no-untyped-def]
    from bot.store.ownership import neglected

    return neglected(connection, ownership._patience)

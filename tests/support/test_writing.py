"""Whom a customer talks to, and that somebody is writing: told both ways, never what, and over by itself."""

from __future__ import annotations

import pytest

from bot.channel import WRITING_AGAIN, WRITING_LASTS, Counterpart, counterpart_of
from bot.desk.work import Ending, Resume
from bot.messages import Address
from bot.store.support_tables import writing
from tests.support.floor import LI, MEI, Floor

CHAT, ADDRESS = "phone:a", Address("phone", "a")


async def talks_to(floor: Floor, chat: str = CHAT) -> Counterpart:
    return await floor.app.runtime.counterpart(chat)


async def wrote_at(floor: Floor) -> float | None:
    return (await floor.app.workbench.talks.aside(MEI, CHAT)).customer_wrote_at


async def test_who_has_the_conversation_is_named_until_it_is_given_back(floor: Floor) -> None:
    await floor.hires(MEI)
    work = floor.app.workbench.work
    assert await talks_to(floor) == Counterpart()
    await floor.says("转人工")
    await floor.says("转人工", chat="b")
    assert (await talks_to(floor), await talks_to(floor, "phone:b")) == (Counterpart(place=1), Counterpart(place=2))
    await work.claim(MEI, CHAT)
    assert await talks_to(floor) == Counterpart("小梅")
    assert await talks_to(floor, "phone:b") == Counterpart(place=1)
    await work.hand_back(MEI, CHAT, Resume.SILENT)
    assert await talks_to(floor) == Counterpart()
    await work.claim(MEI, CHAT)
    await work.close(MEI, CHAT, Ending.SOLVED)
    assert await talks_to(floor) == Counterpart()


async def test_who_is_no_member_of_staff_any_more_has_no_name(floor: Floor) -> None:
    await floor.says("你好")
    assert await floor.app.runtime.take_over(CHAT, "somebody")
    assert await talks_to(floor) == Counterpart("")


async def test_staff_are_seen_writing_while_they_do(floor: Floor) -> None:
    await floor.hires(MEI, LI)
    await floor.says("你好")
    talks, now = floor.app.workbench.talks, await floor.now()
    await talks.draft(MEI, CHAT, "我先看")
    assert (await talks_to(floor)).writing_at is None  # the bot has it
    await floor.app.workbench.work.claim(MEI, CHAT)
    await talks.draft(LI, CHAT, "我觉得")
    assert (await talks_to(floor)).writing_at is None  # a colleague
    await talks.draft(MEI, CHAT, "您好")
    assert now <= ((await talks_to(floor)).writing_at or 0) <= await floor.now()
    await talks.draft(MEI, CHAT, "")
    assert await talks_to(floor) == Counterpart("小梅")
    await talks.draft(MEI, CHAT, "您好")
    await floor.reply(MEI, "您好，我来看")
    assert await talks_to(floor) == Counterpart("小梅")
    await talks.draft(MEI, CHAT, "我转给")
    await floor.app.workbench.work.transfer(MEI, CHAT, to="li")
    assert await talks_to(floor) == Counterpart("李磊")


async def test_words_that_only_stand_there_are_not_being_written(floor: Floor) -> None:
    await floor.hires(MEI)
    await floor.says("你好")
    await floor.app.workbench.work.claim(MEI, CHAT)
    await floor.app.workbench.talks.draft(MEI, CHAT, "您好")
    await floor.passes(WRITING_LASTS + 0.1)
    assert await talks_to(floor) == Counterpart("小梅")
    await floor.app.workbench.talks.draft(MEI, CHAT, "您好")
    assert await talks_to(floor) == Counterpart("小梅")
    await floor.app.workbench.talks.draft(MEI, CHAT, "您好，")
    assert (await talks_to(floor)).writing_at is not None


async def test_the_customer_is_seen_writing_only_by_a_person_who_has_it(floor: Floor) -> None:
    await floor.hires(MEI)
    await floor.says("你好")
    await floor.app.runtime.customer_writes(ADDRESS)
    assert await floor.table(writing) == []
    await floor.app.workbench.work.claim(MEI, CHAT)
    await floor.another().runtime.customer_writes(ADDRESS)
    assert await wrote_at(floor) is not None
    await floor.passes(WRITING_LASTS + 0.1)
    assert await wrote_at(floor) is None
    assert [(row["conversation"], row["who"]) for row in await floor.table(writing)] == [(CHAT, "")]


async def test_a_second_sign_so_soon_costs_nothing(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [0.0]
    monkeypatch.setattr("bot.runtime.typing.monotonic", lambda: moment[0])
    await floor.hires(MEI)
    await floor.says("你好")
    await floor.app.workbench.work.claim(MEI, CHAT)
    runtime = floor.app.runtime
    await runtime.customer_writes(ADDRESS)
    await floor.passes(WRITING_LASTS + 0.1)
    moment[0] = WRITING_AGAIN - 0.1
    await runtime.customer_writes(ADDRESS)
    assert await wrote_at(floor) is None
    moment[0] = WRITING_AGAIN
    await runtime.customer_writes(ADDRESS)
    assert await wrote_at(floor) is not None


async def test_those_who_look_are_woken_in_other_processes_too(floor: Floor) -> None:
    await floor.hires(MEI)
    await floor.says("你好")
    await floor.app.workbench.work.claim(MEI, CHAT)
    here, there = floor.app, floor.another()
    here.runtime.start(work=False)
    there.runtime.start(work=False)
    topic = counterpart_of(CHAT)
    with there.runtime.watch(topic) as page, here.workbench.talks.watch(CHAT) as desk:
        for wake in (page, desk):  # whatever was missed before they listened
            assert await wake.wait(10)
        while await page.wait(0.2) or await desk.wait(0.2):
            pass
        page.take(topic)
        await here.workbench.talks.draft(MEI, CHAT, "您好")
        assert await page.wait(10)
        assert page.take(topic)
        assert not page.take(topic)
        await desk.wait(0.2)
        await there.runtime.customer_writes(ADDRESS)
        assert await desk.wait(10)

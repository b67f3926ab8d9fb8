"""An agent takes a conversation, answers, passes it on, gives it back, closes it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.desk.talk import Delivery
from bot.desk.work import Ending, Reply, Resume, Status
from bot.errors import HeldByOther, NewerWords, NoSuchThing, NotTaken
from bot.messages import Attachment, AttachmentKind
from bot.sections import Support
from bot.store import queueing
from bot.store.callbacks import Wait
from bot.store.queueing import NewHandover
from bot.store.tables import conversation
from bot.support.tickets import numbers
from tests.conftest import Clock
from tests.support.floor import LEAD, LI, MEI, Floor, of_team

CHAT = "phone:a"


async def _asks_for_a_person(floor: Floor, chat: str = "a") -> None:
    await floor.says("转人工", chat)


async def test_who_asks_for_a_person_waits_in_the_queue(floor: Floor) -> None:
    await _asks_for_a_person(floor)
    (row,) = await floor.queue()
    assert (row.status, row.reason, row.conversation, row.last) == (Status.WAITING, "asked", CHAT, "转人工")
    assert row.unanswered_since == row.opened_at


async def test_the_customer_hears_who_takes_over_and_the_bot_is_silent(floor: Floor) -> None:
    await floor.hires(MEI)
    await _asks_for_a_person(floor)
    await floor.app.workbench.work.claim(MEI, CHAT)
    await floor.says("取消订单")
    assert floor.heard()[-1:] == ["common.staff.taken"]
    assert "小梅" in floor.phone.arrived[-1][1].text
    (row,) = await floor.queue()
    assert (row.status, row.agent, row.last) == (Status.TAKEN, "mei", "取消订单")


async def test_the_customer_hears_it_in_their_language(floor: Floor) -> None:
    await floor.says("I want to talk to a human please")
    await floor.app.workbench.work.claim(MEI, CHAT)
    await floor.settle()
    assert floor.phone.arrived[-1][1].text.startswith("Hello, this is 小梅")


async def test_of_two_who_claim_at_once_in_two_processes_one_has_it(floor: Floor) -> None:
    await _asks_for_a_person(floor)
    other = floor.another()
    claims = [floor.app.workbench.work.claim(MEI, CHAT), other.workbench.work.claim(LI, CHAT)]
    done = await asyncio.gather(*claims, return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["HeldByOther", "NoneType"]
    (row,) = await floor.queue()
    owner = (await floor.table(conversation))[0]["owner"]
    assert row.agent == owner == ("mei" if done[0] is None else "li")


async def test_a_claim_while_the_bot_is_handing_it_over_takes_what_was_handed_over(
    postgres_url: str, clock: Clock
) -> None:
    floor = Floor(postgres_url, clock)
    await floor.says("你好")
    engine = create_async_engine(postgres_url)
    async with engine.begin() as handing_over:
        await handing_over.run_sync(
            queueing.hand_over, NewHandover(CHAT, "k", "upset", {}, "zh", 0), Wait(0.0, None, numbers)
        )
        claiming = asyncio.create_task(floor.app.workbench.work.claim(MEI, CHAT))
        await _waits_for_a_lock(floor)
    await claiming
    (row,) = await floor.queue()
    assert (row.reason, row.status, row.agent) == ("upset", Status.TAKEN, "mei")
    await engine.dispose()
    await floor.close()


async def _waits_for_a_lock(floor: Floor) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(10):
        while not await floor.database.run(lambda connection: connection.scalar(waiting)):  # noqa: ASYNC110 -- a lock has no event
            await asyncio.sleep(0.01)


async def test_claiming_again_does_no_harm(floor: Floor) -> None:
    await _asks_for_a_person(floor)
    for _ in range(2):
        await floor.app.workbench.work.claim(MEI, CHAT)
    await floor.settle()
    assert floor.heard().count("common.staff.taken") == 1
    with pytest.raises(HeldByOther) as held:
        await floor.app.workbench.work.claim(LI, CHAT)
    assert held.value.owner == "mei"


async def test_a_conversation_nobody_asked_for_can_be_taken(floor: Floor) -> None:
    await floor.says("你好")
    await floor.app.workbench.work.claim(MEI, CHAT)
    (row,) = await floor.queue()
    assert (row.reason, row.status, row.unanswered_since) == ("staff", Status.TAKEN, None)


async def test_a_reply_arrives_once_however_often_it_is_sent(floor: Floor) -> None:
    await _asks_for_a_person(floor)
    first = await floor.reply(MEI, "您好，我看一下", id="r1")
    again = await floor.reply(MEI, "您好，我看一下", id="r1")
    assert (first.duplicate, again.duplicate, first.seq) == (False, True, again.seq)
    assert floor.heard().count("您好，我看一下") == 1
    line = (await floor.lines())[-1]
    assert (line.sender, line.author, line.id, line.delivery) == ("staff", "mei", "r1", Delivery.SENT)


async def test_the_same_reply_at_once_in_two_processes_arrives_once(floor: Floor) -> None:
    await _asks_for_a_person(floor)
    other = floor.another()
    both = [each.workbench.work.reply(MEI, CHAT, Reply("r1", "在的")) for each in (floor.app, other)]
    receipts = await asyncio.gather(*both)
    await floor.settle()
    assert sorted(receipt.duplicate for receipt in receipts) == [False, True]
    assert floor.heard().count("在的") == 1
    assert floor.heard().count("common.staff.taken") == 1


async def test_any_reply_is_a_takeover(floor: Floor) -> None:
    await floor.says("你好")
    await floor.reply(MEI, "我来帮您")
    assert floor.heard()[-2:] == ["common.staff.taken", "我来帮您"]
    await floor.says("查订单")
    assert floor.heard()[-1] == "我来帮您"


async def test_nobody_else_may_reply(floor: Floor) -> None:
    await floor.says("你好")
    await floor.reply(MEI, "我来帮您")
    with pytest.raises(HeldByOther):
        await floor.reply(LI, "我也来")
    assert floor.heard()[-1] == "我来帮您"


async def test_a_reply_does_not_cross_newer_words(floor: Floor) -> None:
    await _asks_for_a_person(floor)
    await floor.app.workbench.work.claim(MEI, CHAT)
    await floor.settle()
    seen = (await floor.lines())[-1].seq
    newer = await floor.says("等一下，地址错了")
    with pytest.raises(NewerWords) as refused:
        await floor.reply(MEI, "好的，马上送出", seen=seen)
    assert refused.value.seq == newer.seq
    assert floor.heard()[-1] == "common.staff.taken"
    await floor.reply(MEI, "好的，我先改地址", seen=newer.seq)
    await floor.reply(MEI, "改好了", seen=None)
    assert floor.heard()[-2:] == ["好的，我先改地址", "改好了"]


async def test_an_empty_reply_and_a_stranger_file_are_refused(floor: Floor) -> None:
    await _asks_for_a_person(floor)
    with pytest.raises(NotTaken):
        await floor.reply(MEI, "  ")
    strange = Attachment(AttachmentKind.IMAGE, "of another conversation", "a.png", "image/png", 1)
    with pytest.raises(NoSuchThing):
        await floor.app.workbench.work.reply(MEI, CHAT, Reply("r9", "看图", (strange,)))
    mine = await floor.app.workbench.talks.keep_attachment(MEI, CHAT, "b.png", "image/png", b"png")
    await floor.app.workbench.work.reply(MEI, CHAT, Reply("r9", "看图", (mine,)))
    await floor.settle()
    assert floor.phone.arrived[-1][1].attachments == (mine,)


async def test_what_the_bot_had_not_sent_yet_is_held_and_shown(floor: Floor) -> None:
    await floor.says("你好", settle=False)
    await floor.app.workbench.work.claim(MEI, CHAT)
    before = [(line.sender, line.delivery) for line in await floor.lines()]
    assert before[1] == ("bot", Delivery.HELD)
    assert before[-1] == ("staff", Delivery.QUEUED)
    await floor.settle()
    assert floor.heard() == ["common.staff.taken"]
    assert (await floor.lines())[1].delivery is Delivery.HELD


async def test_unanswered_is_who_spoke_after_the_last_words_of_a_person(floor: Floor) -> None:
    await _asks_for_a_person(floor)
    await floor.reply(MEI, "在的")
    assert (await floor.queue())[0].unanswered_since is None
    await floor.says("多久能到")
    since = (await floor.queue())[0].unanswered_since
    await floor.passes(30)
    await floor.says("在吗")
    again = (await floor.queue())[0].unanswered_since
    assert since is not None
    assert again is not None
    assert await floor.now() - again >= 30


# --- passing on ---------------------------------------------------------------------------------------------------


async def test_a_colleague_gets_it_with_words(floor: Floor) -> None:
    await floor.hires(MEI, LI)
    await _asks_for_a_person(floor)
    await floor.app.workbench.work.claim(MEI, CHAT)
    await floor.app.workbench.work.transfer(MEI, CHAT, to="li", words="地址要改")
    await floor.settle()
    assert floor.heard()[-1] == "common.staff.passed_on"
    with pytest.raises(HeldByOther):
        await floor.reply(MEI, "还是我")
    await floor.reply(LI, "我是李磊")
    aside = await floor.app.workbench.talks.aside(LI, CHAT)
    assert [(note.author, note.words) for note in aside.notes] == [("mei", "地址要改")]
    assert ("mei", "passed_on") in await floor.audited()


async def test_only_its_owner_or_a_lead_passes_on_and_only_to_whom_there_is(floor: Floor) -> None:
    await floor.hires(MEI, LI)
    await _asks_for_a_person(floor)
    work = floor.app.workbench.work
    await work.claim(MEI, CHAT)
    with pytest.raises(HeldByOther):
        await work.transfer(LI, CHAT, to="li")
    for nobody in ({"to": "nobody"}, {"team": "nowhere"}):
        with pytest.raises(NotTaken):
            await work.transfer(MEI, CHAT, **nobody)
    await work.transfer(LEAD, CHAT, to="li")
    await floor.reply(LI, "您好")


async def test_given_to_nobody_it_waits_for_anybody(floor: Floor) -> None:
    await floor.hires(MEI, LI)
    await _asks_for_a_person(floor)
    work = floor.app.workbench.work
    await work.claim(MEI, CHAT)
    await work.transfer(MEI, CHAT)
    (row,) = await floor.queue(LI)
    assert (row.status, row.team, row.agent) == (Status.WAITING, "", None)


async def test_another_team_gets_it_into_its_queue(team_floor: Floor) -> None:
    floor = team_floor
    work = floor.app.workbench.work
    await floor.says("你好")
    await work.claim(LEAD, CHAT)
    await work.transfer(LEAD, CHAT, team="care")
    await floor.settle()
    assert floor.heard()[-1] == "common.staff.to_queue"
    (row,) = await floor.queue(of_team(MEI, "care"))
    assert (row.status, row.team, row.agent) == (Status.WAITING, "care", None)
    assert await floor.queue(of_team(LI, "orders")) == []


async def test_another_teams_conversation_looks_like_none(team_floor: Floor) -> None:
    floor = team_floor
    stranger = of_team(LI, "orders")
    work, talks = floor.app.workbench.work, floor.app.workbench.talks
    await floor.says("你好")
    await work.claim(LEAD, CHAT)
    await work.transfer(LEAD, CHAT, team="care")
    for chat in (CHAT, "phone:nobody"):
        for refused in (
            work.claim(stranger, chat),
            work.brief(stranger, chat),
            work.reply(stranger, chat, Reply("r", "hi")),
            work.transfer(stranger, chat, to="li"),
            work.hand_back(stranger, chat, Resume.SILENT),
            work.close(stranger, chat, Ending.SOLVED),
            talks.lines(stranger, chat),
            talks.before(stranger, chat, 9),
            talks.aside(stranger, chat),
            talks.send_again(stranger, chat, 1),
            talks.note(stranger, chat, "n", "words"),
            talks.tag(stranger, chat, "vip"),
            talks.draft(stranger, chat, "…"),
            talks.elsewhere(stranger, chat),
            talks.attachment(stranger, chat, "x"),
            talks.keep_attachment(stranger, chat, "a", "image/png", b"x"),
        ):
            with pytest.raises(NoSuchThing) as error:
                await refused
            assert str(error.value) == chat


async def test_a_colleague_who_may_not_see_it_does_not_get_it(team_floor: Floor) -> None:
    floor = team_floor
    await floor.hires(of_team(LI, "orders"))
    await floor.says("你好")
    await floor.app.workbench.work.claim(LEAD, CHAT)
    await floor.app.workbench.work.transfer(LEAD, CHAT, team="care")
    with pytest.raises(NotTaken):
        await floor.app.workbench.work.transfer(LEAD, CHAT, to="li")


# --- giving back and closing ----------------------------------------------------------------------------------------


async def test_the_bot_goes_on_with_the_open_question(floor: Floor) -> None:
    await floor.seed()
    await floor.comes("lin")
    await floor.says("取消订单")
    asked = floor.heard()[-1]
    await floor.app.workbench.work.claim(MEI, CHAT)
    await floor.app.workbench.work.hand_back(MEI, CHAT, Resume.CONTINUE)
    await floor.settle()
    assert floor.heard()[-3:] == ["common.staff.taken", "common.staff.continued", asked]
    assert await floor.queue() == []


async def test_what_the_bot_had_said_before_is_not_sent_when_it_has_the_chat_again(floor: Floor) -> None:
    await floor.says("你好", settle=False)
    work = floor.app.workbench.work
    await work.claim(MEI, CHAT)
    await work.hand_back(MEI, CHAT, Resume.SILENT)
    await floor.settle()
    assert floor.heard() == ["common.staff.taken"]


async def test_the_bot_begins_afresh_or_keeps_silent(floor: Floor) -> None:
    await floor.seed()
    await floor.comes("lin")
    await floor.says("取消订单")
    work = floor.app.workbench.work
    await work.claim(MEI, CHAT)
    await work.hand_back(MEI, CHAT, Resume.SILENT)
    await floor.settle()
    assert floor.heard()[-1] == "common.staff.taken"
    await work.claim(MEI, CHAT)
    await work.hand_back(MEI, CHAT, Resume.FRESH)
    await floor.settle()
    assert floor.heard()[-1].startswith("greet.")


async def test_at_the_end_the_customer_is_told_and_asked_how_it_was(floor: Floor) -> None:
    await _asks_for_a_person(floor)
    await floor.reply(MEI, "办好了")
    await floor.app.workbench.work.close(MEI, CHAT, Ending.SOLVED)
    await floor.settle()
    assert floor.heard()[-2:] == ["common.staff.closed", "feedback.satisfied"]
    await floor.says("满意")
    assert "feedback.thanks" in floor.heard()
    assert ("mei", "closed") in await floor.audited()
    with pytest.raises(HeldByOther):
        await floor.app.workbench.work.close(MEI, CHAT, Ending.SOLVED)


async def test_who_said_nothing_more_is_not_asked(floor: Floor) -> None:
    await _asks_for_a_person(floor)
    await floor.reply(MEI, "还在吗")
    await floor.app.workbench.work.close(MEI, CHAT, Ending.NO_ANSWER)
    await floor.settle()
    assert floor.heard()[-1] == "common.staff.unanswered"


async def test_the_queue_shows_ones_own_first_and_strange_languages_last(floor: Floor) -> None:
    await floor.says("a human please", "en")
    await floor.passes(1)
    await floor.says("转人工", "zh")
    await floor.says("转人工", "mine")
    await floor.app.workbench.work.claim(MEI, "phone:mine")
    only_chinese = replace(MEI, languages=("zh",))
    order = [row.conversation for row in await floor.queue(only_chinese)]
    assert order == ["phone:mine", "phone:zh", "phone:en"]
    assert [row.conversation for row in await floor.queue()] == ["phone:mine", "phone:en", "phone:zh"]


@pytest.fixture
def team_floor(floor: Floor) -> Floor:
    floor.support = Support(teams={"care": ("complaint", "upset"), "orders": ("cannot_cancel",)})
    return floor

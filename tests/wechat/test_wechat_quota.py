"""What may be sent, until when and why: kept, merged, reserved for a human, and sent at the next chance."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest
from sqlalchemy import Connection

from adapters.wechat import api
from bot.errors import StoreUnavailable
from bot.messages import Address, Attachment, Outgoing
from bot.store import queueing
from bot.store.callbacks import Wait
from bot.store.database import Database
from bot.store.queueing import NewHandover
from bot.store.tables import dead, outbox, wechat_letter
from bot.support.tickets import numbers
from tests.conftest import Clock
from tests.wechat.household import CHAT, NOTICE, OPENID, House, Household, texts, until
from tests.wechat.platform import Platform

DAY = 24 * 3600


@pytest.fixture
async def house(household: Household, wechat: Platform) -> House:
    """A customer who wrote once."""
    opened = await household.open()
    await wechat.says(OPENID, "hello")
    return opened


async def told(house: House, *ids: str) -> None:
    """News, one after another, as far as they may be sent."""
    for id in ids:
        await house.news(id)
        await until_delivered(house, id)


async def until_delivered(house: House, id: str) -> None:
    async def seen() -> bool:
        return any(f"woke {id}" in entry.text for entry in await house.runtime.history(CHAT.conversation))

    await until(seen)


async def test_five_messages_and_no_more(house: House, wechat: Platform) -> None:
    await told(house, "a", "b", "c", "d", "e", "f", "g")
    assert len(texts(wechat)) == 6
    standing = await house.adapter.channel.standing(CHAT)
    assert (standing.left, standing.until, standing.kept) == (0, standing.now + 2 * DAY, 2)
    await wechat.says(OPENID, "thanks")
    assert texts(wechat)[6] == "7: woke f []\n\n8: woke g []\n\n9: thanks"
    assert not wechat.errors


async def test_staff_see_how_much_and_how_long(house: House, clock: Clock) -> None:
    begun = clock.now
    standing = await house.adapter.channel.standing(CHAT)
    assert (standing.left, standing.until, standing.why, standing.reserved) == (5, begun + 2 * DAY, "message", False)
    clock.forward(DAY)
    await told(house, "a")
    standing = await house.adapter.channel.standing(CHAT)
    assert (standing.left, standing.until, standing.now) == (4, begun + 2 * DAY, begun + DAY)
    clock.forward(DAY + 1)
    standing = await house.adapter.channel.standing(CHAT)
    assert (standing.left, standing.until, standing.why) == (0, None, None)


async def test_the_core_passes_on_how_much_and_how_long(house: House, household: Household, wechat: Platform) -> None:
    found = await house.runtime.standing(CHAT.conversation)
    assert found is not None
    assert (found.left, found.why) == (5, "message")
    assert await house.runtime.standing("webchat:somebody") is None
    other = await household.open(verified=False)
    found = await other.runtime.standing(CHAT.conversation)
    assert found is not None
    assert (found.left, found.until, found.why, found.kept) == (0, None, "account", 0)


async def test_after_two_days_news_waits_for_the_customer(house: House, wechat: Platform, clock: Clock) -> None:
    clock.forward(2 * DAY + 1)
    await told(house, "a")
    assert wechat.calls["message/custom/send"] == 0
    await wechat.says(OPENID, "anything new?")
    assert texts(wechat)[1] == "2: woke a []\n\n3: anything new?"


async def test_a_click_opens_a_minute(household: Household, wechat: Platform, clock: Clock) -> None:
    house = await household.open()
    await wechat.does(OPENID, "CLICK", "我的订单")
    standing = await house.adapter.channel.standing(CHAT)
    assert (standing.left, standing.until, standing.why) == (3, clock.now + 60, "click")
    await told(house, "a", "b", "c", "d")
    assert len(texts(wechat)) == 4
    assert not wechat.errors
    await wechat.does(OPENID, "SCAN", "42")
    clock.forward(61)
    await told(house, "e")
    assert (await house.adapter.channel.standing(CHAT)).kept == 1


async def test_windows_do_not_add_up(house: House, wechat: Platform) -> None:
    await wechat.does(OPENID, "CLICK", "我的订单")
    assert (await house.adapter.channel.standing(CHAT)).left == 5
    await told(house, "a", "b", "c", "d", "e", "f")
    assert not wechat.errors
    assert (await house.adapter.channel.standing(CHAT)).kept == 1


@pytest.mark.parametrize("code", [45015, 45047])
async def test_what_wechat_refuses_for_now_is_kept(code: int, house: House, wechat: Platform) -> None:
    """WeChat counts what others sent, too."""
    if code == 45015:
        wechat.customer(OPENID).windows.clear()
    else:
        wechat.customer(OPENID).windows["long"].sent = 5
    await told(house, "a", "b")
    assert wechat.errors == {code: 1}
    assert (await house.adapter.channel.standing(CHAT)).kept == 2
    await wechat.says(OPENID, "hello?")
    assert texts(wechat)[1] == "2: woke a []\n\n3: woke b []\n\n4: hello?"


async def test_several_lines_cost_one_message(house: House, wechat: Platform, household: Household) -> None:
    """A delayed act's lines come together."""
    wechat.mood = "busy"
    await told(house, "a", "b", "c")
    wechat.mood = "up"
    await until(lambda: wechat.errors[-1] > 0)
    household.clock.forward(1000)  # type: ignore[attr-defined]
    await house.adapter.reception.look_after()
    assert texts(wechat)[1:] == ["2: woke a []\n\n3: woke b []\n\n4: woke c []"]


def wants_human(connection: Connection) -> None:
    queueing.hand_over(connection, NewHandover(CHAT.conversation, "k1", "asked", {}, "zh", 0), Wait(0.0, None, numbers))


async def test_the_last_message_is_kept_for_a_human(house: House, wechat: Platform, lite: Database) -> None:
    await lite.run(wants_human)
    await told(house, "a", "b", "c", "d", "e")
    assert len(texts(wechat)) == 5
    standing = await house.adapter.channel.standing(CHAT)
    assert (standing.left, standing.kept, standing.reserved) == (1, 1, True)
    await house.adapter.channel.send(CHAT, Outgoing("您好，我是小美。", sender="staff"), 10_000)
    assert "您好，我是小美。" in texts(wechat)[5]
    assert (await house.adapter.channel.standing(CHAT)).left == 0


async def test_an_outage_of_wechats_loses_nothing_and_doubles_nothing(
    house: House, wechat: Platform, clock: Clock
) -> None:
    for mood in ("down", "html", "busy", "blocked"):
        wechat.mood = mood
        await told(house, mood)
        clock.forward(601)
        wechat.mood = "up"
        await house.adapter.reception.look_after()
    assert [text.split()[2] for text in texts(wechat)[1:]] == ["down", "html", "busy", "blocked"]


async def test_what_may_have_arrived_is_sent_once_more_and_then_believed(
    house: House, wechat: Platform, clock: Clock
) -> None:
    """WeChat takes each message, and its answer gets lost."""

    async def lose_sends(path: str) -> None:
        wechat.mood = "lost" if path == "message/custom/send" else "up"

    wechat.before_answer = lose_sends
    await told(house, "a", "b")
    for _ in range(6):
        clock.forward(601)
        await house.adapter.reception.look_after()
    assert texts(wechat)[1:] == ["2: woke a []"] * 2 + ["3: woke b []"] * 2
    assert wechat.typed == [OPENID] * 2
    assert (await house.adapter.channel.standing(CHAT)).kept == 0


async def test_while_nothing_is_answered_nothing_is_believed(house: House, wechat: Platform, clock: Clock) -> None:
    wechat.mood = "lost"
    await told(house, "a")
    wechat.mood = "down"
    for _ in range(6):
        clock.forward(601)
        await house.adapter.reception.look_after()
    assert texts(wechat)[1:] == ["2: woke a []"]
    assert wechat.calls["message/custom/send"] == 1
    wechat.mood = "up"
    clock.forward(601)
    await house.adapter.reception.look_after()
    assert texts(wechat)[1:] == ["2: woke a []"] * 2


async def test_a_connection_that_was_never_made_is_no_doubt(house: House, wechat: Platform, clock: Clock) -> None:
    await house.adapter.channel.api.typing(OPENID)
    port = int(wechat.url.rpartition(":")[2])
    await wechat.stop()
    await told(house, "a")
    for _ in range(3):
        clock.forward(601)
        await house.adapter.reception.look_after()
    await wechat.start(port)
    clock.forward(601)
    await house.adapter.reception.look_after()
    assert texts(wechat)[1:] == ["2: woke a []"]


async def test_a_call_that_found_no_connection_free_is_no_doubt(
    house: House, wechat: Platform, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were it one, a message that twice had to wait for others' calls would count as arrived."""
    may_end = asyncio.Event()

    async def hold(path: str) -> None:
        await may_end.wait()

    await house.adapter.channel.api.typing(OPENID)
    wechat.before_answer = hold
    others = [asyncio.ensure_future(house.adapter.channel.api.typing(OPENID)) for _ in range(100)]
    await until(lambda: wechat.calls["message/custom/typing"] == 101)
    monkeypatch.setattr(api, "CONNECT_SECONDS", 0.1)
    await told(house, "a")
    for _ in range(3):
        clock.forward(601)
        await house.adapter.reception.look_after()
    monkeypatch.undo()
    may_end.set()
    await asyncio.gather(*others, return_exceptions=True)
    clock.forward(601)
    await house.adapter.reception.look_after()
    assert texts(wechat)[1:] == ["2: woke a []"]
    assert wechat.calls["message/custom/typing"] == 101, "it was not asked whether WeChat answers"


async def test_a_call_that_outlasts_its_caller_is_noted_all_the_same(house: House, wechat: Platform) -> None:
    calling, may_end = asyncio.Event(), asyncio.Event()

    async def hold(path: str) -> None:
        calling.set()
        await may_end.wait()

    wechat.before_answer = hold
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await house.adapter.channel.send(CHAT, Outgoing("slow"), 1000)
    assert calling.is_set()
    may_end.set()
    await until(lambda: len(texts(wechat)) == 2)
    await house.adapter.channel.send(CHAT, Outgoing("slow"), 1000)
    assert texts(wechat) == ["1: hello", "slow"]


async def test_a_store_that_is_away_after_a_call_doubles_nothing(
    sqlite_url: str, clock: Clock, wechat: Platform
) -> None:
    """What WeChat has is noted as soon as the store is back."""
    hurried = Database(f"{sqlite_url}?timeout=0.05", clock)
    household = Household(hurried, clock, wechat)
    house = await household.open()
    await wechat.says(OPENID, "hello")
    somebody_else = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)

    async def lock(path: str) -> None:
        if path == "message/custom/send":
            somebody_else.execute("BEGIN IMMEDIATE")

    wechat.before_answer = lock
    sending = asyncio.ensure_future(house.adapter.channel.send(CHAT, Outgoing("once"), 1000))
    await until(lambda: len(texts(wechat)) == 2)
    for _ in range(3):  # by then it was tried to note it
        with pytest.raises(StoreUnavailable):
            await household.rows(wechat_letter)
    assert not sending.done()
    somebody_else.execute("ROLLBACK")
    await sending
    clock.forward(601)
    await house.adapter.reception.look_after()
    assert texts(wechat) == ["1: hello", "once"]
    assert (await house.adapter.channel.standing(CHAT)).kept == 0
    somebody_else.close()
    await household.stop()
    await hurried.close()


async def test_a_store_that_is_away_before_a_call_loses_nothing(house: House, wechat: Platform, clock: Clock) -> None:
    """Nothing went out, so nothing may be taken for arrived."""
    give, away = house.adapter.channel.postman.files, True

    async def files(address: Address, ref: str) -> tuple[Attachment, bytes] | None:
        if away:
            raise StoreUnavailable("the database is too busy")
        return await give(address, ref)

    house.adapter.channel.postman.files = files
    picture = await house.runtime.keep_attachment(CHAT, "a.png", "image/png", b"\x89PNG\r\n\x1a\na picture")
    await house.adapter.channel.send(CHAT, Outgoing("", attachments=(picture,), sender="staff"), 1000)
    for _ in range(3):
        clock.forward(601)
        await house.adapter.reception.look_after()
    away = False
    clock.forward(601)
    await house.adapter.reception.look_after()
    assert [shown.picture for shown in wechat.customer(OPENID).shown[1:]] == [b"\x89PNG\r\n\x1a\na picture"]
    assert (await house.adapter.channel.standing(CHAT)).left == 4


async def test_failures_are_not_repeated_at_once(house: House, wechat: Platform, clock: Clock) -> None:
    wechat.mood = "busy"
    await told(house, "a")
    for _ in range(3):
        await house.adapter.reception.look_after()
    assert wechat.calls["message/custom/send"] == 1
    clock.forward(5)
    await house.adapter.reception.look_after()
    assert wechat.calls["message/custom/send"] == 2


async def test_a_customer_who_left_is_not_written_to(house: House, wechat: Platform, household: Household) -> None:
    wechat.customer(OPENID).follows = False  # and the event that says so is still on its way
    await house.news("a")
    await until(lambda: household.all(dead, "seq"))
    assert wechat.errors == {43004: 1}
    await wechat.does(OPENID, "subscribe", opens="short")
    assert texts(wechat)[-1].endswith("/start")


async def test_who_unfollows_closes_the_window(house: House, wechat: Platform) -> None:
    pushed = await wechat.does(OPENID, "unsubscribe", opens="")
    assert pushed.answers == ["success"]
    assert (await house.adapter.channel.standing(CHAT)).left == 0


async def test_a_template_calls_the_customer_back_once(household: Household, wechat: Platform, clock: Clock) -> None:
    house = await household.open(notice=NOTICE)
    await wechat.says(OPENID, "hello")
    clock.forward(2 * DAY + 1)
    await told(house, "a", "b")
    await until(lambda: len(texts(wechat)) == 2)
    assert wechat.customer(OPENID).shown[1].way == "template"
    await wechat.says(OPENID, "yes?")
    assert texts(wechat)[2] == "2: woke a []\n\n3: woke b []\n\n4: yes?"
    clock.forward(2 * DAY + 1)
    await told(house, "c")
    await until(lambda: len(texts(wechat)) == 4)


async def test_what_wechat_never_takes_is_a_dead_letter(house: House, wechat: Platform, household: Household) -> None:
    wechat.customers.clear()  # WeChat does not know this openid
    await house.news("a")
    await until(lambda: household.all(dead, "seq"))
    assert [row["state"] for row in await household.rows(wechat_letter) if row["state"] != "said"] == ["refused"]
    assert [row["fate"] for row in await household.rows(outbox)] == [None, "dead"]

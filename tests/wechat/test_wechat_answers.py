"""Every push is answered in time, and every answer arrives once: late, again, after a crash, without rights."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import aiohttp
import pytest
from sqlalchemy import Connection, text

from adapters.wechat import wording
from bot.dialogue.effects import Outcome
from bot.orders.effects import CancelOrder, GetOrder
from bot.performer import Performers, Scope
from bot.store.database import Database
from bot.store.tables import inbound, outbox, wechat_letter, wechat_push
from tests.conftest import Clock
from tests.runtime.parts import OrderDesk
from tests.wechat.household import CHAT, OPENID, Household, texts, until
from tests.wechat.platform import FAULT, Platform

SOON = 0.3
"""Seconds until a push must be answered, where a test waits for that."""
LATER = 1.5
"""The same where something has to be ready by then."""


@dataclass
class SlowDesk(OrderDesk):
    """An order service that answers when it is let. `reached`: somebody waits for it."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, effect: GetOrder, scope: Scope) -> Outcome:
        self.reached.set()
        await self.may_answer.wait()
        return await super().read(effect, scope)

    async def cancel(self, effect: CancelOrder, scope: Scope) -> Outcome:
        self.reached.set()
        await self.may_answer.wait()
        return await super().cancel(effect, scope)

    @property
    def performers(self) -> Performers:
        return {GetOrder: self.read, CancelOrder: self.cancel}


@pytest.fixture
def desk() -> SlowDesk:
    return SlowDesk()


def ways(wechat: Platform) -> list[str]:
    return [shown.way for shown in wechat.customer(OPENID).shown]


async def until_shown(wechat: Platform, count: int) -> None:
    await until(lambda: len(wechat.customer(OPENID).shown) >= count)


async def test_what_is_ready_goes_back_at_once_and_costs_no_quota(
    household: Household, wechat: Platform, clock: Clock
) -> None:
    house = await household.open()
    await wechat.says(OPENID, "hello")
    await until(lambda: household.all(wechat_push, "told"))
    clock.forward(13)
    await house.adapter.reception.look_after()  # it was told, and is not said once more
    assert texts(wechat) == ["1: hello"]
    assert ways(wechat) == ["passive"]
    assert (await house.adapter.channel.standing(CHAT)).left == 5
    assert wechat.calls["message/custom/send"] == 0


async def test_all_that_one_message_leads_to_is_one_answer(household: Household, wechat: Platform) -> None:
    await household.open()
    await wechat.says(OPENID, "cancel")
    assert texts(wechat) == ["1: will cancel\n\n2: act 1 cancelled"]
    await wechat.says(OPENID, "burst")
    assert texts(wechat)[1] == "\n\n".join(f"3: burst {n}" for n in range(5))


async def test_what_is_not_ready_is_acknowledged_and_sent_later(
    household: Household, wechat: Platform, desk: SlowDesk
) -> None:
    house = await household.open(desk, ready_by=SOON)
    pushed = await wechat.says(OPENID, "read")
    assert pushed.answers == ["success"]
    await until(lambda: wechat.typed == [OPENID])
    assert texts(wechat) == []
    desk.may_answer.set()
    await until_shown(wechat, 1)
    assert texts(wechat) == ["1: read order_found None"]
    assert ways(wechat) == ["api"]
    assert (await house.adapter.channel.standing(CHAT)).left == 4


async def test_what_is_ready_in_time_is_answered_and_the_rest_follows(
    household: Household, wechat: Platform, desk: SlowDesk
) -> None:
    await household.open(desk, ready_by=LATER)
    await wechat.says(OPENID, "cancel")
    assert texts(wechat) == ["1: will cancel"]
    desk.may_answer.set()
    await until_shown(wechat, 2)
    assert texts(wechat)[1] == "2: act 1 cancelled"
    assert ways(wechat) == ["passive", "api"]


async def test_a_second_attempt_joins_the_work_and_gets_its_answer(
    household: Household, wechat: Platform, desk: SlowDesk
) -> None:
    house = await household.open(desk, ready_by=4.0)
    wechat.patience = 0.6
    pushing = asyncio.ensure_future(wechat.says(OPENID, "read"))
    await desk.reached.wait()
    await until(lambda: household.all(wechat_push, "attempts", least=2))
    wechat.patience = 5.0
    desk.may_answer.set()
    pushed = await pushing
    assert [answer is None for answer in pushed.answers] in ([True, False], [True, True, False])
    assert texts(wechat) == ["1: read order_found None"]
    assert len(await household.rows(inbound)) == 1
    await house.calm()
    assert ways(wechat) == ["passive"]


async def test_the_same_push_again_gets_the_same_answer(household: Household, wechat: Platform) -> None:
    await household.open()
    id = wechat.new_id()
    await asyncio.gather(*(wechat.says(OPENID, "hello", id) for _ in range(4)))
    await wechat.says(OPENID, "hello", id)
    assert texts(wechat) == ["1: hello"] * 5
    assert len(await household.rows(outbox)) == 1


async def test_an_event_has_no_id_and_is_known_all_the_same(
    household: Household, wechat: Platform, clock: Clock
) -> None:
    await household.open()
    for _ in range(2):
        await wechat.does(OPENID, "CLICK", "我的订单")
    assert texts(wechat) == ["1: 我的订单"] * 2
    clock.forward(5)
    await wechat.does(OPENID, "CLICK", "我的订单")
    assert texts(wechat)[2] == "2: 我的订单"


async def test_who_died_before_the_answer_was_decided_is_replaced(
    household: Household, wechat: Platform, desk: SlowDesk
) -> None:
    first = await household.open(desk, ready_by=4.0)
    wechat.patience = 1.0
    pushing = asyncio.ensure_future(wechat.says(OPENID, "read"))
    await desk.reached.wait()
    await household.kill(first)
    await household.open()
    await pushing
    assert texts(wechat) == ["1: read order_found None"]
    assert len(await household.rows(inbound)) == 1


async def test_an_answer_that_was_decided_and_not_written_goes_back_to_the_next_attempt(
    household: Household, wechat: Platform, desk: SlowDesk
) -> None:
    house = await household.open(desk, ready_by=4.0)
    await leaves_before_the_answer(wechat, desk)
    await closed(household)
    (push,) = await household.rows(wechat_push)
    assert push["answer"] == "1: read order_found None"
    assert not push["told"]
    await wechat.says(OPENID, "read", int(push["id"]))
    assert texts(wechat) == ["1: read order_found None"]
    await house.calm()
    await house.adapter.reception.look_after()
    assert ways(wechat) == ["passive"]


async def test_an_answer_that_nobody_asks_for_again_is_sent(
    household: Household, wechat: Platform, desk: SlowDesk, clock: Clock
) -> None:
    house = await household.open(desk, ready_by=4.0)
    await leaves_before_the_answer(wechat, desk)
    await closed(household)
    await house.adapter.reception.look_after()
    assert texts(wechat) == []
    clock.forward(13)
    await house.adapter.reception.look_after()
    assert texts(wechat) == ["1: read order_found None"]
    clock.forward(60)
    await house.adapter.reception.look_after()
    await wechat.says(OPENID, "hello")
    assert texts(wechat) == ["1: read order_found None", "2: hello"]


async def test_without_rights_such_an_answer_comes_with_the_next_message(
    household: Household, wechat: Platform, desk: SlowDesk, clock: Clock
) -> None:
    wechat.verified = False
    house = await household.open(desk, ready_by=4.0, verified=False)
    await leaves_before_the_answer(wechat, desk)
    await closed(household)
    clock.forward(13)
    await house.adapter.reception.look_after()
    await wechat.says(OPENID, "hello")
    assert texts(wechat) == ["1: read order_found None\n\n2: hello"]


async def leaves_before_the_answer(wechat: Platform, desk: SlowDesk) -> None:
    """A push whose sender is gone before the answer is decided."""
    wechat.customer(OPENID).open("long", wechat.clock())
    fields = {"MsgType": "text", "MsgId": wechat.new_id(), "Content": "read"}
    attempt = asyncio.ensure_future(wechat.attempt(wechat.written(OPENID, fields)))
    await desk.reached.wait()
    attempt.cancel()
    with pytest.raises((asyncio.CancelledError, aiohttp.ClientError)):
        await attempt
    desk.may_answer.set()


async def has_letters(household: Household, count: int) -> bool:
    return len(await household.rows(wechat_letter)) >= count


async def closed(household: Household) -> None:
    await until(lambda: household.all(wechat_push, "closed"))


async def test_a_message_that_was_acknowledged_and_not_taken_is_brought_to_the_core(
    household: Household, wechat: Platform, desk: SlowDesk, clock: Clock
) -> None:
    first = await household.open(desk, ready_by=SOON)
    await wechat.says(OPENID, "read")
    assert await household.rows(inbound) == []
    await household.kill(first)
    second = await household.open()
    await second.adapter.reception.look_after()
    assert texts(wechat) == []
    clock.forward(13)
    await second.adapter.reception.look_after()
    await until_shown(wechat, 1)
    assert texts(wechat) == ["1: read order_found None"]
    clock.forward(60)
    await second.adapter.reception.look_after()
    assert len(await household.rows(inbound)) == 1
    assert (await household.rows(wechat_push))[0]["message"] is None


async def test_a_worker_in_another_process_answers_the_push_that_waits_here(
    household: Household, wechat: Platform
) -> None:
    await household.open()
    await household.open(work=False)
    await wechat.says(OPENID, "hello")
    assert texts(wechat) == ["1: hello"]
    assert ways(wechat) == ["passive"]


async def test_without_rights_the_answer_waits_for_the_next_message(
    household: Household, wechat: Platform, desk: SlowDesk
) -> None:
    wechat.verified = False
    house = await household.open(desk, ready_by=SOON, verified=False)
    await wechat.says(OPENID, "read")
    assert texts(wechat) == [wording.words("zh", "patience")]
    desk.may_answer.set()
    await until(lambda: household.all(wechat_letter, "seq"))
    assert (await house.adapter.channel.standing(CHAT)).kept == 1
    await wechat.says(OPENID, "hello")
    assert texts(wechat)[1] == "1: read order_found None\n\n2: hello"
    assert wechat.calls["message/custom/send"] == 0


async def test_without_rights_a_beginning_says_that_the_rest_must_be_asked_for(
    household: Household, wechat: Platform, desk: SlowDesk
) -> None:
    wechat.verified = False
    await household.open(desk, ready_by=LATER, verified=False)
    await wechat.says(OPENID, "cancel")
    assert texts(wechat) == ["1: will cancel\n" + wording.words("en", "patience")]
    desk.may_answer.set()
    await until(lambda: has_letters(household, 2))
    await wechat.says(OPENID, "and?")
    assert texts(wechat)[1] == "2: act 1 cancelled\n\n3: and?"


async def test_an_account_that_turns_out_to_have_no_rights_is_like_one_without(
    household: Household, wechat: Platform, desk: SlowDesk
) -> None:
    wechat.verified = False
    house = await household.open(desk, ready_by=LATER)
    await wechat.says(OPENID, "cancel")
    desk.may_answer.set()
    await until(lambda: wechat.errors[48001] > 0 and not house.adapter.channel.postman.may_call)
    await wechat.says(OPENID, "hello")
    assert texts(wechat) == ["1: will cancel", "2: act 1 cancelled\n\n3: hello"]


async def test_a_long_answer_without_rights_says_that_more_comes(household: Household, wechat: Platform) -> None:
    house = await household.open(verified=False)
    await wechat.says(OPENID, "long " * 200)
    assert texts(wechat)[0].endswith(wording.words("en", "more"))
    await wechat.says(OPENID, "on")
    assert "".join(texts(wechat)).count("long") == 200
    assert texts(wechat)[1].endswith("2: on")
    await house.calm()


async def test_a_long_answer_with_rights_is_followed_by_its_rest(household: Household, wechat: Platform) -> None:
    await household.open()
    await wechat.says(OPENID, "long " * 390)
    await until_shown(wechat, 4)
    assert ways(wechat) == ["passive", "api", "api", "api"]
    assert "".join(texts(wechat)).count("long") == 390


async def test_an_order_service_that_is_slow_for_many_costs_nobody_an_answer(
    database: Database, clock: Clock, wechat: Platform, desk: SlowDesk
) -> None:
    household = Household(database, clock, wechat)
    house = await household.open(desk, ready_by=LATER)
    people = [f"oPerson{n:02}" for n in range(24)]
    pushed = await asyncio.gather(*(wechat.says(person, "read") for person in people))
    assert {tuple(one.answers) for one in pushed} == {("success",)}
    desk.may_answer.set()
    await until(lambda: all(texts(wechat, person) for person in people))
    await house.calm()
    await house.adapter.reception.look_after()
    assert all(texts(wechat, person) == ["1: read order_found None"] for person in people)
    await household.stop()


async def test_a_human_has_taken_over_and_the_bot_says_nothing(household: Household, wechat: Platform) -> None:
    house = await household.open()
    await wechat.says(OPENID, "hello")
    assert await house.runtime.take_over(CHAT.conversation, "mei")
    pushed = await wechat.says(OPENID, "are you there")
    assert pushed.answers == ["success"]
    assert await house.runtime.give_back(CHAT.conversation, "mei")
    await wechat.says(OPENID, "and now")
    assert texts(wechat) == ["1: hello", "2: and now"]


async def test_what_waited_when_a_human_took_over_is_never_said(
    household: Household, wechat: Platform, desk: SlowDesk
) -> None:
    wechat.verified = False
    house = await household.open(desk, ready_by=SOON, verified=False)
    await wechat.says(OPENID, "read")
    desk.may_answer.set()
    await until(lambda: household.all(wechat_letter, "seq"))
    await house.runtime.take_over(CHAT.conversation, "mei")
    pushed = await wechat.says(OPENID, "hello?")
    assert pushed.answers == ["success"]
    assert [row["state"] for row in await household.rows(wechat_letter)] == ["held"]
    assert [row["fate"] for row in await household.rows(outbox)] == ["held"]


async def test_who_takes_over_waits_for_a_call_that_is_under_way(household: Household, wechat: Platform) -> None:
    house = await household.open()
    await wechat.says(OPENID, "hello")
    calling, may_end = asyncio.Event(), asyncio.Event()

    async def hold(path: str) -> None:
        if path == "message/custom/send":
            calling.set()
            await may_end.wait()

    wechat.before_answer = hold
    await house.news("a")
    await calling.wait()
    taking = asyncio.ensure_future(house.runtime.take_over(CHAT.conversation, "mei"))
    await asyncio.wait({taking}, timeout=0.2)
    assert not taking.done()
    may_end.set()
    assert await taking
    assert texts(wechat) == ["1: hello", "2: woke a []"]


async def test_an_old_answer_is_not_repeated_once_a_human_took_over(household: Household, wechat: Platform) -> None:
    house = await household.open()
    id = wechat.new_id()
    await wechat.says(OPENID, "hello", id)
    await house.runtime.take_over(CHAT.conversation, "mei")
    pushed = await wechat.says(OPENID, "hello", id)
    assert pushed.answers == ["success"]


async def test_without_a_database_the_customer_is_told_and_never_sees_the_fault_notice(
    household: Household, wechat: Platform, lite: Database
) -> None:
    await household.open(ready_by=SOON)
    await lite.run(break_records)
    await wechat.says(OPENID, "hello")
    assert texts(wechat) == [wording.words("en", "apology")]
    await lite.run(mend_records)
    await wechat.says(OPENID, "hello")
    assert texts(wechat)[1:] == ["1: hello"]
    await lite.close()
    await wechat.says(OPENID, "在吗")
    assert texts(wechat)[2:] == [wording.words("zh", "apology")]
    assert FAULT not in texts(wechat)


async def test_a_store_that_hangs_keeps_no_push_waiting(
    household: Household, wechat: Platform, lite: Database, desk: SlowDesk, clock: Clock
) -> None:
    house = await household.open(desk, ready_by=SOON)
    with hanging(lite):
        pushed = await wechat.says(OPENID, "hello")
    assert len(pushed.answers) == 1
    assert texts(wechat) == [wording.words("en", "unsure")]
    await house.calm()
    clock.forward(13)
    await house.adapter.reception.look_after()
    await until_shown(wechat, 2)
    assert texts(wechat)[1] == "1: hello"


async def test_an_answer_that_comes_too_late_for_its_push_goes_another_way_at_once(
    household: Household, wechat: Platform, lite: Database, desk: SlowDesk
) -> None:
    """Were it bound to the push all the same, it would wait until that is given up."""
    house = await household.open(desk, ready_by=SOON)
    await wechat.says(OPENID, "hello")
    wechat.mood = "busy"
    await house.news("a")
    await until(lambda: wechat.errors[-1] > 0)
    wechat.mood = "up"
    pushing = asyncio.ensure_future(wechat.says(OPENID, "read"))
    await desk.reached.wait()
    with hanging(lite):
        assert (await pushing).answers == ["success"]
    desk.may_answer.set()
    await until_shown(wechat, 2)
    assert texts(wechat)[1].startswith("2: woke a []")
    await until(lambda: "3: read order_found None" in "\n".join(texts(wechat)))


@contextmanager
def hanging(database: Database) -> Iterator[None]:
    """Nothing is answered within the block."""
    may_go_on = threading.Event()
    blocking = asyncio.ensure_future(database.run(lambda _: may_go_on.wait(30)))
    yield
    may_go_on.set()
    assert not blocking.done()


def break_records(connection: Connection) -> None:
    connection.execute(text("alter table wechat_push rename to broken"))


def mend_records(connection: Connection) -> None:
    connection.execute(text("alter table broken rename to wechat_push"))


async def test_either_database_serves(database: Database, clock: Clock, wechat: Platform) -> None:
    household = Household(database, clock, wechat)
    house = await household.open()
    await wechat.says(OPENID, "burst")
    await wechat.says(OPENID, "cancel")
    await house.news("a")
    await until_shown(wechat, 3)
    await asyncio.gather(*(wechat.says(f"oPerson{n:02}", "hello") for n in range(20)))
    assert texts(wechat)[1:] == ["2: will cancel\n\n3: act 1 cancelled", "4: woke a []"]
    assert all(texts(wechat, f"oPerson{n:02}") == ["1: hello"] for n in range(20))
    assert (await house.adapter.channel.standing(CHAT)).left == 4
    await household.stop()


async def test_many_at_once_are_all_answered_at_once(household: Household, wechat: Platform) -> None:
    await household.open()
    people = [f"oPerson{n:02}" for n in range(64)]
    await asyncio.gather(*map(partial(wechat.says, text="hello"), people))
    assert all(texts(wechat, person) == ["1: hello"] for person in people)
    assert not wechat.faults

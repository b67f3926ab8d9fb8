"""The records on both databases: an answer is decided once, whoever comes at the same time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import insert

from adapters.wechat import wording
from bot.messages import Outgoing, outgoing_to_json
from bot.store import takeover
from bot.store.clock import dbnow
from bot.store.database import Database
from bot.store.tables import conversation, lane, outbox, wechat_letter
from bot.store.wechat import WechatRecords
from tests.conftest import Clock
from tests.wechat.household import CHAT

KEY = CHAT.conversation
MESSAGE = {"text": "hello"}


@pytest.fixture
async def records(database: Database) -> WechatRecords:
    """Of a conversation whose lane has nothing to do."""

    def begin(connection: Any) -> None:
        times = {"created_at": dbnow(), "updated_at": dbnow()}
        connection.execute(insert(conversation).values(id=KEY, channel="wechat", version=1, state={}, **times))
        connection.execute(insert(lane).values(conversation=KEY, channel="wechat", last_seq=0))

    await database.run(begin)
    return WechatRecords(database)


async def line(database: Database, seq: int) -> dict[str, Any]:
    """A line of the log."""
    payload = outgoing_to_json(Outgoing(f"line {seq}"))
    row = {"conversation": KEY, "seq": seq, "kind": "message", "payload": payload, "epoch": 0}
    await database.run(lambda c: c.execute(insert(outbox).values(at=dbnow(), **row)))
    return payload


def compose(letters: Any) -> Any:
    return wording.pack_as_text(letters) if letters else None


async def close(records: WechatRecords, push: str, **more: bool) -> Any:
    return await records.closing(KEY, push, compose, **{"final": True, "taken": True, **more})


async def put(records: WechatRecords, seq: int, payload: dict[str, Any]) -> Any:
    return await records.put(KEY, seq, payload, wording.cut, wording.pack, api=True)


async def test_a_push_takes_back_what_was_put(records: WechatRecords, database: Database) -> None:
    assert not (await records.arrived(KEY, "p1", MESSAGE, "message", 60)).closed
    assert await put(records, 1, await line(database, 1)) is None
    assert (await close(records, "p1")).answer == "line 1"
    assert (await close(records, "p1")).answer == "line 1"
    again = await records.arrived(KEY, "p1", MESSAGE, "message", 60)
    assert (again.closed, again.answer) == (True, "line 1")
    assert not await records.told(KEY, "p1")
    assert await records.pick(KEY, wording.pack, api=True) is None
    standing = await records.standing(KEY)
    assert (standing.left, standing.kept) == (5, 0)


async def test_a_call_never_overtakes_an_answer_on_its_way(records: WechatRecords, database: Database) -> None:
    await records.arrived(KEY, "p1", MESSAGE, "message", 60)
    await put(records, 1, await line(database, 1))
    await close(records, "p1")
    await database.run(time_is_up)
    assert await put(records, 2, await line(database, 2)) is None
    await records.told(KEY, "p1")
    assert (await records.pick(KEY, wording.pack, api=True)).text == "line 2"


async def test_an_answer_never_overtakes_a_call(records: WechatRecords, database: Database) -> None:
    """It hangs, or who made it was killed."""
    await records.arrived(KEY, "p1", MESSAGE, "message", 60)
    await close(records, "p1")
    parcel = await put(records, 1, await line(database, 1))
    await records.arrived(KEY, "p2", MESSAGE, "message", 60)
    assert await put(records, 2, await line(database, 2)) is None
    assert await close(records, "p2", final=False) is None
    assert (await close(records, "p2")).answer is None
    await records.said(KEY, parcel)
    assert (await records.pick(KEY, wording.pack, api=True)).text == "line 2"


async def test_an_answer_never_overtakes_another(records: WechatRecords, database: Database) -> None:
    """That one comes with the next attempt, or is released."""
    await records.arrived(KEY, "p1", MESSAGE, "message", 60)
    await put(records, 1, await line(database, 1))
    assert (await close(records, "p1")).answer == "line 1"
    await records.arrived(KEY, "p2", MESSAGE, "message", 60)
    await put(records, 2, await line(database, 2))
    assert await close(records, "p2", final=False) is None
    await records.told(KEY, "p1")
    assert (await close(records, "p2", final=False)).answer == "line 2"


def time_is_up(connection: Any) -> None:
    connection.exec_driver_sql("update wechat_push set deadline = attempt_at")


async def test_without_a_push_what_stands_behind_goes_too(records: WechatRecords, database: Database) -> None:
    await records.arrived(KEY, "p1", MESSAGE, "message", 60)
    assert (await close(records, "p1")).answer is None
    first, _ = await line(database, 1), await line(database, 2)
    parcel = await put(records, 1, first)
    assert (parcel.text, parcel.keys) == ("line 1\n\nline 2", [(1, 0), (2, 0)])
    assert await put(records, 1, first) is None, "a call is under way"
    await records.said(KEY, parcel)
    assert await put(records, 2, await line(database, 3)) is None, "it was said with the first"
    assert (await records.standing(KEY)).left == 4


async def test_put_and_close_at_once_never_lose_or_double(records: WechatRecords, database: Database) -> None:
    payloads = {seq: await line(database, seq) for seq in range(1, 13)}
    answers: list[str] = []

    async def answer(place: int) -> None:
        await records.arrived(KEY, f"p{place}", MESSAGE, "message", 60)
        closing = await close(records, f"p{place}")
        if closing.answer:
            answers.append(closing.answer)
            await records.told(KEY, f"p{place}")

    async def say(seq: int) -> None:
        parcel = await put(records, seq, payloads[seq])
        while parcel is not None:
            answers.append(parcel.text)
            await records.said(KEY, parcel)
            parcel = await records.pick(KEY, wording.pack, api=True)

    await asyncio.gather(*(work(n) for n in range(1, 13) for work in (answer, say)))
    for _ in range(3):
        if parcel := await records.pick(KEY, wording.pack, api=True):
            answers.append(parcel.text)
            await records.said(KEY, parcel)
    said = "\n\n".join(answers).split("\n\n")
    assert sorted(said) == sorted(f"line {seq}" for seq in payloads)


async def test_only_one_process_brings_a_lost_message(records: WechatRecords, database: Database) -> None:
    await records.arrived(KEY, "p1", MESSAGE, "message", 60)
    assert await records.untaken() == []

    def long_ago(connection: Any) -> None:
        connection.exec_driver_sql("update wechat_push set attempt_at = attempt_at - 100")

    await database.run(long_ago)
    found = await asyncio.gather(records.untaken(), records.untaken())
    assert sorted(len(lost) for lost in found) == [0, 1]
    await records.taken(KEY, "p1")
    await database.run(long_ago)
    assert await records.untaken() == []


async def test_who_takes_over_sees_what_is_under_way(records: WechatRecords, database: Database) -> None:
    await records.arrived(KEY, "p1", MESSAGE, "message", 60)
    await put(records, 1, await line(database, 1))
    await close(records, "p1")
    assert await database.run(takeover.take, KEY, "mei")
    assert await database.run(takeover.is_under_way, KEY)
    await records.told(KEY, "p1")
    assert not await database.run(takeover.is_under_way, KEY)
    await put(records, 2, await line(database, 2))
    await records.arrived(KEY, "p2", MESSAGE, "message", 60)
    assert (await close(records, "p2")).answer is None
    assert not await database.run(takeover.is_under_way, KEY)


async def test_who_takes_over_sees_an_answer_that_is_written_at_the_last_moment(
    records: WechatRecords, database: Database
) -> None:
    await records.arrived(KEY, "p1", MESSAGE, "message", 60)
    await put(records, 1, await line(database, 1))
    await close(records, "p1")
    await database.run(time_is_up)
    await database.run(takeover.take, KEY, "mei")
    assert await database.run(takeover.is_under_way, KEY)


async def test_a_call_that_is_under_way_is_seen_too(records: WechatRecords, database: Database) -> None:
    await records.arrived(KEY, "p1", MESSAGE, "message", 60)
    await close(records, "p1")
    parcel = await put(records, 1, await line(database, 1))
    await database.run(takeover.take, KEY, "mei")
    assert await database.run(takeover.is_under_way, KEY)
    await records.said(KEY, parcel)
    assert not await database.run(takeover.is_under_way, KEY)


async def test_what_comes_back_twice_or_late_is_counted_once(
    records: WechatRecords, database: Database, clock: Clock
) -> None:
    await records.arrived(KEY, "p1", MESSAGE, "message", 60)
    await close(records, "p1")
    late = await put(records, 1, await line(database, 1))
    for _ in range(2):
        await records.back(KEY, late, 0, "busy")
    assert (await records.standing(KEY)).left == 5
    clock.forward(1)
    again = await records.pick(KEY, wording.pack, api=True)
    await records.back(KEY, late, 0, "busy")
    assert await records.pick(KEY, wording.pack, api=True) is None, "somebody is sending it"
    await records.back(KEY, again, 0, "unheard")
    assert (await records.pick(KEY, wording.pack, api=True)).doubted


async def test_a_lane_is_held_by_one(records: WechatRecords) -> None:
    assert await records.hold(KEY, "a", 60)
    assert not await records.hold(KEY, "b", 60)
    await records.let_go(KEY, "b")
    assert not await records.hold(KEY, "b", 60)
    await records.let_go(KEY, "a")
    assert await records.hold(KEY, "b", 60)


async def test_a_day_later_it_is_forgotten(records: WechatRecords, database: Database) -> None:
    await records.arrived(KEY, "p1", MESSAGE, "message", 60)
    await put(records, 1, await line(database, 1))
    await close(records, "p1")
    await records.told(KEY, "p1")
    await records.forget()
    assert (await records.arrived(KEY, "p1", MESSAGE, "message", 60)).closed

    def yesterday(connection: Any) -> int:
        connection.exec_driver_sql("update wechat_push set attempt_at = attempt_at - 100000")
        connection.exec_driver_sql("update wechat_letter set at = at - 100000")
        return 0

    await database.run(yesterday)
    await records.forget()
    assert await database.run(lambda c: list(c.execute(wechat_letter.select()))) == []
    assert not (await records.arrived(KEY, "p1", MESSAGE, "message", 60)).closed

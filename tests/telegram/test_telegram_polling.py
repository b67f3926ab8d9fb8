"""Polling: an offset is confirmed only when its updates are durable, one process asks at a time, and it goes on."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select, text

from adapters.telegram.polling import Poller
from adapters.telegram.receiver import NotTaken
from bot.store.database import Database
from bot.store.tables import lease
from tests.conftest import Clock
from tests.telegram.customer import Customer
from tests.telegram.server import BotApi, Cut, Refuse, Silent
from tests.telegram.tepai import Tepai


@pytest.fixture
async def polled(api: BotApi, file: Database):
    opened = Tepai(api, file, webhook=False)
    await opened.open()
    yield opened
    await opened.close()


async def test_what_is_not_durable_is_not_confirmed(polled: Tepai, mei: Customer) -> None:
    mei.says("one")
    mei.says("two")
    await polled.database.run(lambda c: c.execute(text("alter table conversation rename to away")))
    with pytest.raises(NotTaken):
        await polled.adapter.poller.once(0)
    await polled.database.run(lambda c: c.execute(text("alter table away rename to conversation")))
    assert len(polled.api.updates.unconfirmed) == 2
    await polled.settle()
    assert mei.chat.texts() == ["1: one", "2: two"]
    assert polled.api.updates.unconfirmed == []


async def test_an_unparsable_update_is_passed_over(polled: Tepai, mei: Customer) -> None:
    mei.says("before")
    mei.put({"message": {"message_id": "x", "chat": {"id": 7}}})
    mei.says("after")
    await polled.settle()
    assert mei.chat.texts() == ["1: before", "2: after"]


async def test_chats_go_side_by_side_and_each_in_its_order(polled: Tepai) -> None:
    customers = [Customer(polled.api, polled.api.chat(id)) for id in range(1, 6)]
    for round in range(8):
        for customer in customers:
            customer.says(f"{round}")
    await polled.settle()
    for customer in customers:
        assert customer.chat.texts() == [f"{n + 1}: {n}" for n in range(8)]


async def test_one_process_asks_at_a_time(polled: Tepai, api: BotApi, mei: Customer) -> None:
    other = Tepai(api, polled.database, webhook=False)
    asking = asyncio.create_task(polled.adapter.poller.once(5))
    while not api.updates.is_asked:
        await api.updates.looked()
    assert await other.adapter.poller.once(0) is False
    mei.says("hello")
    assert await asking is True
    assert await other.adapter.poller.once(0) is True
    await other.close()


async def test_the_loop_outlives_whatever_goes_wrong(polled: Tepai, mei: Customer) -> None:
    polled.api.fail(
        "getUpdates",
        Refuse(502, "Bad Gateway"),
        Cut(taken=False),
        Refuse(409, "Conflict: terminated by other getUpdates request"),
        Refuse(401, "Unauthorized"),
    )
    poller = Poller(
        polled.adapter.bot, polled.adapter.receiver, polled.adapter._store.turns, ask_seconds=1, pause=0.001
    )
    polled.runtime.start()
    running = asyncio.create_task(poller.run())
    mei.says("hello")
    while not mei.chat.texts():
        await polled.api.updates.looked()
    running.cancel()
    assert mei.chat.texts() == ["1: hello"]


async def test_a_turn_that_hangs_is_ended(polled: Tepai, mei: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes the question and never answers, as seen with half-open connections."""
    monkeypatch.setattr("adapters.telegram.polling.BATCH_SECONDS", 0.05)
    polled.api.fail("getUpdates", Silent(taken=False))
    poller = Poller(
        polled.adapter.bot, polled.adapter.receiver, polled.adapter._store.turns, ask_seconds=1, pause=0.001
    )
    running = asyncio.create_task(poller.run())
    mei.says("hello")
    while polled.api.updates.unconfirmed:
        await polled.api.updates.looked()
    running.cancel()
    await polled.settle()
    assert mei.chat.texts() == ["1: hello"]


async def test_commands_are_announced_in_both_languages_however_long_it_takes(api: BotApi, file: Database) -> None:
    api.fail("deleteWebhook", Refuse(502, "Bad Gateway"), Refuse(502, "Bad Gateway"))
    api.fail("setMyCommands", Cut(taken=False))
    tepai = Tepai(api, file, webhook=False)
    tepai.adapter._announcer._pause = 0.001
    await tepai.adapter._announcer.run()
    await tepai.close()
    names = {language: [c["command"] for c in commands] for language, commands in api.books.commands.items()}
    assert names == {key: ["orders", "help", "human", "cancel", "language", "start"] for key in ("", "zh", "en")}
    assert api.books.commands["zh"] != api.books.commands["en"]


async def test_the_turn_is_kept_as_long_as_it_takes(
    polled: Tepai, api: BotApi, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.telegram.polling.TURN_SECONDS", 0.03)
    asking = asyncio.create_task(polled.adapter.poller.once(5))
    while not api.updates.is_asked:
        await api.updates.looked()
    clock.forward(60)
    async with asyncio.timeout(5):
        while await polled.database.run(lambda c: c.scalar(select(lease.c.until))) <= clock.now:  # noqa: ASYNC110 -- a row has no event
            await asyncio.sleep(0.001)
    asking.cancel()


async def test_the_turn_of_a_process_that_died_is_somebody_elses(polled: Tepai, clock: Clock, mei: Customer) -> None:
    turns = polled.adapter._store.turns
    assert await turns.take("telegram-polling", 9) is not None
    mei.says("hello")
    assert await polled.adapter.poller.once(0) is False
    clock.forward(10)
    await polled.settle()
    assert mei.chat.texts() == ["1: hello"]

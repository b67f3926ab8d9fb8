from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from bot.errors import StoreUnavailable
from bot.messages import Address, Incoming
from bot.runtime.service import Runtime
from bot.store.database import Database
from bot.store.tables import conversation, inbound, lane, outbox
from tests.conftest import Clock
from tests.runtime.parts import CHAT, World, said


async def test_a_message_is_answered(world: World, runtime: Runtime) -> None:
    receipt = await runtime.receive(said("hello"))
    assert (receipt.seq, receipt.duplicate) == (1, False)
    await runtime.settle()
    assert world.phone.arrived == [(CHAT, "1: hello")]


async def test_the_same_message_three_times_at_once(world: World, runtime: Runtime) -> None:
    receipts = await asyncio.gather(*(runtime.receive(said("hello")) for _ in range(3)))
    await runtime.settle()
    assert sorted(r.duplicate for r in receipts) == [False, True, True]
    assert {r.seq for r in receipts} == {1}
    assert world.phone.texts == ["1: hello"]


async def test_the_same_message_again_later_and_after_a_restart(world: World, runtime: Runtime) -> None:
    first = await runtime.receive(said("hello"))
    await runtime.settle()
    again = await runtime.receive(said("hello"))
    after_restart = await world.open().receive(said("hello"))
    await runtime.settle()
    assert again == after_restart == replace(first, duplicate=True)
    assert world.phone.texts == ["1: hello"]


async def test_the_same_id_in_another_chat_is_another_message(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("hello"))
    await runtime.receive(Incoming(Address("phone", "8"), "m1", "hello"))
    await runtime.settle()
    assert sorted(world.phone.arrived) == [("phone:7", "1: hello"), ("phone:8", "1: hello")]


async def test_two_processes_at_once_lose_no_turn(world: World, database_url: str, clock: Clock) -> None:
    """Each has its own connection and lock, so only the version check keeps them apart."""
    others = [Database(database_url, clock) for _ in range(2)]
    runtimes = [world.open(database) for database in others]
    sent = [runtimes[n % 2].receive(said(f"n{n}", f"m{n}")) for n in range(12)]
    await asyncio.gather(*sent, *(runtimes[n % 2].receive(said("twice", "same")) for n in range(4)))
    await runtimes[0].settle()
    assert [text.split(":")[0] for text in world.phone.texts] == [str(n) for n in range(1, 14)]
    assert sorted(text.split(": ")[1] for text in world.phone.texts) == sorted([*(f"n{n}" for n in range(12)), "twice"])
    for database in others:
        await database.close()


async def test_the_log_is_numbered_without_gaps_or_repeats(world: World, runtime: Runtime) -> None:
    await asyncio.gather(*(runtime.receive(said("burst", f"m{n}")) for n in range(6)))
    came = await world.database.run(lambda c: list(c.scalars(select(inbound.c.seq))))
    went = await world.database.run(lambda c: list(c.scalars(select(outbox.c.seq))))
    assert sorted(came + went) == list(range(1, 37))


async def test_nothing_is_kept_when_the_database_fails(world: World, runtime: Runtime) -> None:
    await world.database.close()
    with pytest.raises(StoreUnavailable):
        await runtime.receive(said("hello"))


async def test_a_read_is_answered_within_the_turn(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("read"))
    await runtime.settle()
    assert world.phone.texts == ["1: read order_found None"]


@pytest.mark.parametrize("failure", [None, ValueError("a defect"), TimeoutError()])
async def test_a_read_that_fails_says_so(world: World, runtime: Runtime, failure: Exception | None) -> None:
    world.desk.down, world.desk.failure = 1, failure or world.desk.failure
    await runtime.receive(said("read"))
    await runtime.settle()
    assert world.phone.texts == ["1: read service_down None"]


async def test_a_read_that_never_ends_is_cut(world: World) -> None:
    world.settings = replace(world.settings, read=0.01)
    never = asyncio.Event()

    async def read(*_: object) -> None:
        await never.wait()

    world.desk.read = read  # type: ignore[method-assign, assignment]
    runtime = world.open()
    await runtime.receive(said("read"))
    await runtime.settle()
    assert world.phone.texts == ["1: read service_down None"]


async def test_a_link_is_verified_and_counts_from_its_own_turn(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("", link="good"))
    await runtime.settle()
    assert world.phone.texts == ["1: linked mei mei"]
    assert await world.database.run(lambda c: c.scalar(select(conversation.c.customer))) == "mei"


async def test_a_forged_link_links_nobody(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("", link="forged"))
    await runtime.settle()
    assert world.phone.texts == ["1: linked None None"]


async def test_a_new_conversation_speaks_the_configured_language(world: World) -> None:
    world.settings = replace(world.settings, language="en")
    await world.open().receive(said("hello"))
    state = await world.database.run(lambda c: c.scalar(select(conversation.c.state)))
    assert state["language"] == "en"


async def test_the_bot_is_silent_while_a_human_has_the_conversation(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("hello"))
    await runtime.settle()
    await world.take_over("li")
    receipt = await runtime.receive(said("are you there?", "m2"))
    await runtime.settle()
    assert not receipt.duplicate
    assert world.phone.texts == ["1: hello"]
    assert [entry.text for entry in await runtime.history(CHAT)] == ["hello", "1: hello", "are you there?"]
    await world.take_over(None)
    await runtime.receive(said("back?", "m3"))
    await runtime.settle()
    assert world.phone.texts == ["1: hello", "2: back?"]


async def test_a_customers_message_ids_cannot_pass_for_inner_events(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("hello", "act:1"))
    await runtime.receive(said("cancel", "m2"))
    await runtime.settle()
    assert world.phone.texts[-1] == "3: act 1 cancelled"


async def test_a_customer_who_writes_can_be_reached_again(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("hello"))
    await world.database.run(lambda c: c.execute(update(conversation).values(unreachable=True)))
    await runtime.receive(said("again", "m2"))
    assert await world.database.run(lambda c: c.scalar(select(conversation.c.unreachable))) is False


async def test_every_statement_of_a_step_leaves_one_row_each(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("hello"))
    for table in (conversation, lane, inbound, outbox):
        assert await world.database.run(lambda c, t=table: c.scalar(select(func.count()).select_from(t))) == 1

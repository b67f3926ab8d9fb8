from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import Connection, insert, select, update

from bot.errors import Later, Undeliverable, Unreachable
from bot.messages import Outgoing, outgoing_to_json
from bot.runtime.service import Runtime
from bot.store import draining, lanes
from bot.store.clock import dbnow
from bot.store.database import Database
from bot.store.tables import conversation, dead, lane, outbox
from tests.conftest import Clock
from tests.runtime.parts import CHAT, Echo, OneLink, World, said

PROMPT = 30
"""Seconds that a busy machine may take to stop; far below what a message may take."""
BURST = [f"1: burst {n}" for n in range(5)]


def fates(connection: Connection) -> list[str | None]:
    return list(connection.scalars(select(outbox.c.fate).order_by(outbox.c.seq)))


def graves(connection: Connection) -> list[tuple[int, str]]:
    return [tuple(row) for row in connection.execute(select(dead.c.seq, dead.c.why).order_by(dead.c.seq))]


async def test_a_burst_keeps_its_order(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("burst"))
    await runtime.receive(said("hello", "m2"))
    await runtime.settle()
    assert world.phone.texts == [*BURST, "2: hello"]


async def test_what_was_kept_is_sent_by_the_next_process(world: World, runtime: Runtime) -> None:
    """The first process dies after its commit and before it sends anything."""
    await runtime.receive(said("burst"))
    del runtime
    await world.open().settle()
    assert world.phone.texts == BURST


async def test_a_lane_of_a_dead_worker_comes_due_again(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("burst"))
    (held,) = await world.database.run(lanes.claim, ["phone"], 5, 60.0, "a token")
    await draining.proceed(world.database, held, 60.0)
    await runtime.settle()
    assert world.phone.texts == []
    await world.passes(61)
    await runtime.settle()
    assert world.phone.texts == BURST


async def test_a_worker_that_lost_its_lane_changes_nothing(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("burst"))
    (held,) = await world.database.run(lanes.claim, ["phone"], 5, 60.0, "a token")
    await world.passes(61)
    await runtime.settle()
    assert await draining.proceed(world.database, held, 60.0, 99) is None
    assert await world.database.run(lambda c: c.scalar(select(lane.c.done_seq))) == 6


async def test_two_processes_share_the_lanes(world: World, database_url: str, clock: Clock) -> None:
    others = [Database(database_url, clock) for _ in range(2)]
    runtimes = [world.open(database) for database in others]
    for n in range(6):
        await runtimes[0].receive(said("burst", f"m{n}"))
    await asyncio.gather(*(runtime.settle() for runtime in runtimes))
    assert world.phone.texts == [f"{turn}: burst {n}" for turn in range(1, 7) for n in range(5)]
    for database in others:
        await database.close()


async def test_a_process_without_the_channel_leaves_its_lanes_to_the_others(world: World, runtime: Runtime) -> None:
    parts = (Echo(), world.desk.performers, {}, world.feed, OneLink(), world.settings)
    without = Runtime(world.database, *parts)
    await without.settle()
    await without.receive(said("hello"))
    await without.settle()
    assert world.phone.texts == []
    await runtime.settle()
    assert world.phone.texts == ["1: hello"]


async def test_later_backs_off_and_keeps_the_order(world: World, runtime: Runtime) -> None:
    world.phone.refusals = [Later("busy"), Later("busy", after=30)]
    await runtime.receive(said("burst"))
    await runtime.settle()
    assert world.phone.texts == []
    await world.passes(2)
    await runtime.settle()
    await world.passes(29)
    await runtime.settle()
    assert world.phone.texts == []
    await world.passes(2)
    await runtime.settle()
    assert world.phone.texts == BURST


async def test_a_channel_wide_pause_holds_every_chat_and_counts_no_try(world: World, runtime: Runtime) -> None:
    world.phone.refusals = [Later("flood", after=30, channel_wide=True)]
    await runtime.receive(said("hello"))
    await runtime.settle()
    other = replace(said("hello"), address=replace(said("").address, chat="8"))
    await runtime.receive(other)
    await runtime.settle()
    assert world.phone.texts == []
    assert await world.database.run(lambda c: c.scalar(select(lane.c.tries).where(lane.c.conversation == CHAT))) == 0
    await world.passes(31)
    await runtime.settle()
    assert len(world.phone.texts) == 2


async def test_what_is_refused_for_a_day_is_buried_and_the_next_goes_on(world: World, runtime: Runtime) -> None:
    for _ in range(30):
        world.phone.refusals = [Later("busy")]
        await runtime.receive(said("hello"))
        await runtime.settle()
        await world.passes(3_000)
    await runtime.receive(said("news", "m2"))
    await runtime.settle()
    assert world.phone.texts == ["2: news"]
    assert await world.database.run(graves) == [(2, "it was refused for too long")]


async def test_a_poison_message_is_buried_and_the_next_goes_on(world: World, runtime: Runtime) -> None:
    world.phone.refusals = [ValueError("a defect") for _ in range(8)]
    await runtime.receive(said("burst"))
    for _ in range(8):
        await runtime.settle()
        await world.passes(400)
    assert world.phone.texts == BURST[1:]
    assert await world.database.run(graves) == [(2, "ValueError")]


async def test_a_row_that_kills_every_process_is_buried(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("burst"))
    for _ in range(8):
        await world.database.run(lanes.claim, ["phone"], 5, 60.0, "a process that dies")
        await world.passes(61)
    await runtime.settle()
    assert world.phone.texts == BURST[1:]
    assert len(await world.database.run(graves)) == 1


async def test_undeliverable_is_buried_and_the_next_goes_on(world: World, runtime: Runtime) -> None:
    world.phone.refusals = [Undeliverable("too long for this channel")]
    await runtime.receive(said("burst"))
    await runtime.settle()
    assert world.phone.texts == BURST[1:]
    assert await world.database.run(graves) == [(2, "too long for this channel")]
    assert await world.database.run(fates) == ["dead", None, None, None, None]


async def test_an_unreachable_customer_gets_nothing_until_they_write(world: World, runtime: Runtime) -> None:
    world.phone.refusals = [Unreachable("blocked")]
    await runtime.receive(said("burst"))
    await runtime.settle()
    assert world.phone.texts == []
    assert len(await world.database.run(graves)) == 5
    assert await world.database.run(lambda c: c.scalar(select(conversation.c.unreachable))) is True
    await runtime.receive(said("hello", "m2"))
    await runtime.settle()
    assert world.phone.texts == ["2: hello"]


async def test_the_fence_holds_back_what_the_bot_said_before_a_human_took_over(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("burst"))
    await world.take_over("li")
    await runtime.settle()
    assert world.phone.texts == []
    assert await world.database.run(fates) == ["held"] * 5


async def test_the_fence_stays_when_the_human_has_left_again(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("hello"))
    await world.take_over("li")
    await world.take_over(None)
    await runtime.receive(said("news", "m2"))
    await runtime.settle()
    assert world.phone.texts == ["2: news"]


async def test_the_fence_falls_in_the_middle_of_a_burst(world: World, runtime: Runtime) -> None:
    loop = asyncio.get_running_loop()
    takeovers: list[asyncio.Task[None]] = []
    send = world.phone.send

    async def take_over_after_the_second(*args: object) -> None:
        await send(*args)  # type: ignore[arg-type]
        if len(world.phone.texts) == 2:
            takeovers.append(loop.create_task(world.take_over("li")))
            await takeovers[0]

    world.phone.send = take_over_after_the_second  # type: ignore[method-assign, assignment]
    await runtime.receive(said("burst"))
    await runtime.settle()
    assert world.phone.texts == BURST[:2]
    assert await world.database.run(fates) == [None, None, "held", "held", "held"]


async def test_staff_speak_through_the_fence(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("hello"))
    await world.take_over("li")

    def staff_says(connection: Connection) -> None:
        seq = lanes.extend(connection, CHAT, "phone", 1, due=True)
        row = {"conversation": CHAT, "seq": seq, "kind": "message", "epoch": 1}
        words = outgoing_to_json(Outgoing("Li here.", sender="staff"))
        connection.execute(insert(outbox).values(at=dbnow(), payload=words, **row))

    await world.database.run(staff_says)
    await runtime.settle()
    assert world.phone.texts == ["Li here."]
    assert [(e.sender, e.text) for e in await runtime.history(CHAT)] == [("customer", "hello"), ("staff", "Li here.")]


async def test_a_running_runtime_delivers_by_itself_and_stops(world: World, runtime: Runtime) -> None:
    runtime.start()
    await runtime.receive(said("hello"))
    async with asyncio.timeout(10):
        await world.phone.got_one.wait()
    await runtime.stop()
    assert world.phone.texts == ["1: hello"]
    await runtime.receive(said("later", "m2"))
    assert world.phone.texts == ["1: hello"]


async def test_stopping_leaves_what_is_in_hand_to_the_next(world: World) -> None:
    world.settings = replace(world.settings, shutdown=0.01, send=300.0, lease=400.0)
    runtime, stuck, send = world.open(), asyncio.Event(), world.phone.send

    async def never_ends(*_: object) -> None:
        stuck.set()
        await asyncio.Event().wait()

    world.phone.send = never_ends  # type: ignore[method-assign, assignment]
    runtime.start()
    await runtime.receive(said("hello"))
    await stuck.wait()
    async with asyncio.timeout(PROMPT):
        await runtime.stop()
    world.phone.send = send  # type: ignore[method-assign]
    await world.passes(401)
    await world.open().settle()
    assert world.phone.texts == ["1: hello"]


@pytest.mark.parametrize("count", [1, 25])
async def test_an_empty_lane_rests(world: World, runtime: Runtime, count: int) -> None:
    for n in range(count):
        await runtime.receive(said("hello", f"m{n}"))
    await runtime.settle()
    row = await world.database.run(lambda c: c.execute(select(lane)).one())
    assert (row.next_at, row.holder, row.tries) == (None, None, 0)
    assert row.done_seq == row.last_seq == 2 * count


async def test_a_lane_that_waits_after_a_failure_is_not_hurried_by_new_messages(world: World, runtime: Runtime) -> None:
    world.phone.refusals = [Later("busy", after=30)]
    await runtime.receive(said("hello"))
    await runtime.settle()
    await runtime.receive(said("more", "m2"))
    await runtime.settle()
    assert world.phone.texts == []
    await world.passes(31)
    await runtime.settle()
    assert world.phone.texts == ["1: hello", "2: more"]


async def test_a_lane_of_a_channel_that_is_not_here_is_left_alone(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("hello"))
    await world.database.run(lambda c: c.execute(update(lane).values(channel="elsewhere")))
    await runtime.settle()
    assert world.phone.texts == []

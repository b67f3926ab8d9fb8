"""A human takes over while the bot is speaking."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from bot.runtime.service import Runtime
from bot.store import takeover
from bot.store.database import Database
from bot.store.tables import conversation, outbox
from tests.conftest import Clock
from tests.runtime.mortal import When
from tests.runtime.parts import CHAT, World, said

PATIENCE = 10
ROOT = Path(__file__).parents[2]


class Looking(Database):
    """Of a process that takes over. `looked_again`: it has seen twice that a message was under way."""

    def __init__(self, url: str, clock: Clock) -> None:
        super().__init__(url, clock)
        self.looks = 0
        self.looked_again = asyncio.Event()

    async def run_each(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        found = await super().run_each(fn, *args, **kwargs)
        self.looks += fn is takeover.is_under_way
        if self.looks == 2:
            self.looked_again.set()
        return found


class HeldUp:
    """A channel whose message is on its way until somebody lets it arrive."""

    def __init__(self, world: World) -> None:
        self.begun, self.may_arrive = asyncio.Event(), asyncio.Event()
        self._send = world.phone.send
        world.phone.send = self._wait_and_send  # type: ignore[method-assign, assignment]

    async def _wait_and_send(self, *args: object) -> None:
        self.begun.set()
        await self.may_arrive.wait()
        await self._send(*args)  # type: ignore[arg-type]


async def test_a_takeover_waits_for_what_is_being_sent_and_nothing_comes_after(world: World, runtime: Runtime) -> None:
    channel = HeldUp(world)
    await runtime.receive(said("burst"))
    settling = asyncio.create_task(runtime.settle())
    await channel.begun.wait()
    taking = asyncio.create_task(runtime.take_over(CHAT, "li"))
    await _owned(world)
    assert not taking.done()
    channel.may_arrive.set()
    async with asyncio.timeout(PATIENCE):
        assert await taking
    arrived = list(world.phone.texts)
    assert arrived == ["1: burst 0"]
    await settling
    await runtime.settle()
    assert world.phone.texts == arrived


async def test_another_process_waits_just_the_same(
    world: World, runtime: Runtime, database_url: str, clock: Clock
) -> None:
    channel = HeldUp(world)
    await runtime.receive(said("burst"))
    settling = asyncio.create_task(runtime.settle())
    await channel.begun.wait()
    other = Looking(database_url, clock)
    taking = asyncio.create_task(world.open(other).take_over(CHAT, "li"))
    waiting = asyncio.create_task(other.looked_again.wait())
    async with asyncio.timeout(PATIENCE):
        await asyncio.wait({taking, waiting}, return_when=asyncio.FIRST_COMPLETED)
    assert not taking.done()
    channel.may_arrive.set()
    async with asyncio.timeout(PATIENCE):
        assert await taking
    await settling
    assert world.phone.texts == ["1: burst 0"]
    await other.close()


async def test_a_process_that_was_frozen_meanwhile_does_not_speak(
    world: World, database_url: str, tmp_path: Path
) -> None:
    """It had the first message in its hand when it was stopped, and goes on after its lease."""
    awake = Database(database_url)
    book = tmp_path / "book"
    frozen = _taking_a_burst(database_url, book)
    try:
        await asyncio.to_thread(os.waitid, os.P_PID, frozen.pid, os.WSTOPPED)
        async with asyncio.timeout(PATIENCE):
            assert await world.open(awake).take_over(CHAT, "li")
            frozen.send_signal(signal.SIGCONT)
            while await world.database.run(_fates) != ["held"] * 5:  # noqa: ASYNC110 -- a row has no event
                await asyncio.sleep(0.02)
    finally:
        frozen.kill()
        frozen.wait()
        await awake.close()
    assert not book.exists()


async def test_only_one_takes_it_and_asking_again_does_no_harm(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("hello"))
    await runtime.settle()
    async with asyncio.timeout(PATIENCE):
        taken = await asyncio.gather(*(runtime.take_over(CHAT, agent) for agent in ("li", "wu", "li")))
    assert taken in ([True, False, True], [False, True, False])
    assert not await runtime.take_over("phone:nobody", "li")


async def test_only_its_owner_gives_it_back_and_the_bot_goes_on(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("hello"))
    await runtime.settle()
    assert await runtime.take_over(CHAT, "li")
    await runtime.receive(said("anybody?", "m2"))
    assert not await runtime.give_back(CHAT, "wu")
    assert await runtime.give_back(CHAT, "li")
    await runtime.receive(said("news", "m3"))
    await runtime.settle()
    assert world.phone.texts == ["1: hello", "2: news"]


async def _owned(world: World) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await world.database.run(_has_owner):  # noqa: ASYNC110 -- a row has no event
            await asyncio.sleep(0)


def _taking_a_burst(url: str, book: Path) -> subprocess.Popen[bytes]:
    """A process that freezes itself when it has kept the answers."""
    return subprocess.Popen([sys.executable, "-m", "tests.runtime.mortal", url, book, When.FROZEN, "burst"], cwd=ROOT)


def _fates(connection: Connection) -> list[str | None]:
    return list(connection.scalars(select(outbox.c.fate).order_by(outbox.c.seq)))


def _has_owner(connection: Connection) -> bool:
    return connection.scalar(select(conversation.c.owner)) is not None

"""What docs/reliability.md promises of each failure, where no other test shows it."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from bot.errors import Later, StoreUnavailable
from bot.messages import Address, Incoming
from bot.runtime.service import Runtime
from bot.store import lanes
from bot.store.database import Database
from bot.store.tables import conversation, dead, inbound, lane, outbox
from tests.conftest import Clock
from tests.runtime.mortal import When
from tests.runtime.parts import CHAT, World, said

ROOT = Path(__file__).parents[2]
LEASE = 60
"""Seconds after which a killed worker's lane is anybody's; ample, because the killed one began after this clock did."""


def killed(url: str, book: Path, when: When, words: str) -> list[str]:
    """Let a process take a message and die at that moment; returns what others saw of it."""
    died = subprocess.run(
        [sys.executable, "-m", "tests.runtime.mortal", url, book, when.value, words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    return book.read_text().splitlines() if book.exists() else []


def rows(connection: Connection) -> list[int]:
    counted = (conversation, lane, inbound, outbox, dead)
    return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in counted]


async def test_killed_before_the_commit_nothing_is_kept(
    world: World, runtime: Runtime, database_url: str, tmp_path: Path
) -> None:
    assert killed(database_url, tmp_path / "book", When.IN_TURN, "read") == []
    assert await world.database.run(rows) == [0, 0, 0, 0, 0]
    assert not (await runtime.receive(said("read"))).duplicate, "it was not acknowledged, so the channel sends it again"
    await runtime.settle()
    assert world.phone.texts == ["1: read order_found None"]


async def test_killed_after_the_commit_another_sends_it(
    world: World, runtime: Runtime, database_url: str, tmp_path: Path
) -> None:
    assert killed(database_url, tmp_path / "book", When.BEFORE_SEND, "burst") == []
    assert (await runtime.receive(said("burst"))).duplicate
    await world.passes(LEASE)
    await runtime.settle()
    assert world.phone.texts == [f"1: burst {n}" for n in range(5)]


async def test_killed_after_the_send_it_is_sent_once_more(
    world: World, runtime: Runtime, database_url: str, tmp_path: Path
) -> None:
    """The one doubling there is: the channel had it, and nobody could write that down."""
    assert killed(database_url, tmp_path / "book", When.AFTER_SEND, "burst") == ["2 1: burst 0"]
    await world.passes(LEASE)
    await runtime.settle()
    assert world.phone.texts == [f"1: burst {n}" for n in range(5)]
    assert world.phone.seqs == [2, 3, 4, 5, 6]


async def test_killed_after_an_act_it_is_asked_again_with_the_same_key(
    world: World, runtime: Runtime, database_url: str, tmp_path: Path
) -> None:
    seen = killed(database_url, tmp_path / "book", When.AFTER_ACT, "cancel")
    assert seen == ["2 1: will cancel", f"cancel {CHAT}:1"]
    await world.passes(LEASE)
    await runtime.settle()
    assert world.desk.keys == [f"{CHAT}:1"]
    assert world.phone.texts == ["2: act 1 cancelled"]


async def test_a_channel_that_is_down_for_an_hour_loses_and_turns_nothing(world: World, runtime: Runtime) -> None:
    for minute in range(60):
        if minute % 10 == 0:
            await runtime.receive(said("hello", f"m{minute}"))
        world.phone.refusals = [Later("no answer")]
        await runtime.settle()
        await world.passes(60)
    assert world.phone.texts == []
    world.phone.refusals = []
    await world.passes(world.settings.longest_pause * 1.25)
    await runtime.settle()
    assert world.phone.texts == [f"{turn}: hello" for turn in range(1, 7)]
    assert (await world.database.run(rows))[-1] == 0


async def test_a_channel_that_breaks_for_an_hour_instead_of_saying_so(world: World, runtime: Runtime) -> None:
    """Refusals that look like a defect count as tries, so these letters die; an operator sends them again."""
    await runtime.receive(said("hello"))
    for _ in range(world.settings.most_tries):
        world.phone.refusals = [ConnectionResetError()]
        await runtime.settle()
        await world.passes(400)
    assert (await world.database.run(rows))[-1] == 1


async def test_a_database_that_is_away_acknowledges_nothing(world: World, database_url: str, clock: Clock) -> None:
    database = Database(database_url, clock)
    away = world.open(database)
    await database.close()
    with pytest.raises(StoreUnavailable):
        await away.receive(said("hello"))
    assert await world.database.run(rows) == [0, 0, 0, 0, 0]
    back = world.open()
    assert not (await back.receive(said("hello"))).duplicate
    await back.settle()
    assert world.phone.texts == ["1: hello"]


@pytest.mark.parametrize("clock_says", [0.0, 4e9])
async def test_a_process_whose_clock_is_wrong_takes_nobodys_lane(
    world: World, postgres_url: str, monkeypatch: pytest.MonkeyPatch, clock_says: float
) -> None:
    database = Database(postgres_url)
    sound, wrong = World(database, world.clock), World(Database(postgres_url, lambda: clock_says), world.clock)
    await sound.open().receive(said("hello"))
    (held,) = await database.run(lanes.claim, ["phone"], 1, 60.0, "a worker at work")
    monkeypatch.setattr(time, "time", lambda: clock_says)
    await wrong.open().settle()
    assert wrong.phone.texts == []
    await database.run(lanes.later, held, 0.0, calm=True)
    await wrong.open().settle()
    assert wrong.phone.texts == ["1: hello"], "what is due is due for it, too"
    await database.close()
    await wrong.database.close()


async def test_a_clock_set_back_holds_nothing_new_up(sqlite_url: str) -> None:
    clock = Clock()
    world = World(Database(sqlite_url, clock), clock)
    runtime = world.open()
    await runtime.receive(said("hello"))
    await runtime.settle()
    clock.forward(-3_600)
    await runtime.receive(said("more", "m2"))
    await runtime.settle()
    assert world.phone.texts == ["1: hello", "2: more"]
    await world.database.close()


async def test_one_chat_in_trouble_holds_no_other_up(world: World, runtime: Runtime) -> None:
    world.phone.refusals = [Later("busy", after=600)]
    await runtime.receive(said("hello"))
    await runtime.settle()
    others = [Incoming(Address("phone", f"other {n}"), "m1", "hello") for n in range(20)]
    await asyncio.gather(*(runtime.receive(other) for other in others))
    await runtime.settle()
    assert len(world.phone.texts) == 20

"""Races of the bot's answers against a claim: in how many does the customer still hear the bot afterwards?

Two processes on one database, both at work. In each race a customer writes some messages, an agent takes the chat, or
simply answers, at some moment meanwhile, and the customer writes on. A channel takes a moment for each message, as
channels do.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from bot.bootstrap import App, assemble
from bot.channel import Capabilities
from bot.config import load
from bot.desk.people import Agent, Role
from bot.desk.work import Reply
from bot.errors import StoreUnavailable
from bot.messages import Address, Incoming, Outgoing

T = TypeVar("T")

MEI = Agent("mei", "小梅", Role.AGENT, "zh")
SLOWEST = 0.01
"""Seconds over which a race's moments are spread."""
SENDING = 0.1
"""Seconds that the channel may take for a message: so long that a claim which does not wait ends meanwhile."""
WORDS = ("你好", "我的订单", "取消订单", "人工", "怎么收费", "随便说点什么")


@dataclass
class Ear:
    """What reached the customers: for each chat who spoke, in order."""

    name: str = "phone"
    capabilities: Capabilities = field(default_factory=Capabilities)
    heard: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    dice: random.Random = field(default_factory=random.Random)

    async def send(self, address: Address, message: Outgoing, seq: int) -> None:
        await asyncio.sleep(self.dice.uniform(0, SENDING))
        self.heard[address.conversation].append(message.sender)


@dataclass(frozen=True)
class Outcome:
    """`races`: how many were run in the time there was. `late`: bot messages that arrived after a claim had returned.
    `before`: those before it, `held`: those it kept back: without some of both nothing was raced."""

    races: int
    late: int
    before: int
    held: int


async def race(url: str, races: int, at_once: int, seed: int, within: float = math.inf) -> Outcome:
    """Run so many, some at a time, on this empty, migrated database; none is begun after so many seconds."""
    dice = random.Random(seed)
    ear = Ear(dice=dice)
    processes = [_process(url, ear) for _ in range(2)]
    for process in processes:
        process.runtime.start()
    cuts: dict[str, int] = {}
    slots, until = asyncio.Semaphore(at_once), time.monotonic() + within

    async def one(number: int) -> None:
        async with slots:
            if time.monotonic() > until:
                return
            chat = Address("phone", f"{number}")
            cuts[chat.conversation] = await _one(processes, ear, chat, dice)

    try:
        await asyncio.gather(*(one(number) for number in range(races)))
        await _until_quiet(processes)
        held = await _until_kept(lambda: processes[0].database.run(_held))
    finally:
        for process in processes:
            await process.runtime.stop()
            await process.database.close()
    late = sum(ear.heard[chat][cut:].count("bot") for chat, cut in cuts.items())
    before = sum(ear.heard[chat][:cut].count("bot") for chat, cut in cuts.items())
    return Outcome(len(cuts), late, before, held)


async def _one(processes: Sequence[App], ear: Ear, chat: Address, dice: random.Random) -> int:
    """How many messages had arrived when the agent was told that the chat is theirs."""
    await _say(processes, chat, "m0", dice)
    moments = [_say(processes, chat, f"m{n}", dice, wait=True) for n in range(1, dice.randint(2, 4))]
    taking = asyncio.create_task(_take(dice.choice(processes), ear, chat, dice))
    await asyncio.gather(*moments, taking)
    await _say(processes, chat, "after", dice)
    return taking.result()


async def _take(process: App, ear: Ear, chat: Address, dice: random.Random) -> int:
    await asyncio.sleep(dice.uniform(0, SLOWEST))
    work, reply = process.workbench.work, Reply("r", "我来帮您")
    if dice.random() < 0.5:
        await _until_kept(lambda: work.claim(MEI, chat.conversation))
    else:
        await _until_kept(lambda: work.reply(MEI, chat.conversation, reply))
    return len(ear.heard[chat.conversation])


async def _say(processes: Sequence[App], chat: Address, id: str, dice: random.Random, *, wait: bool = False) -> None:
    if wait:
        await asyncio.sleep(dice.uniform(0, SLOWEST))
    process, message = dice.choice(processes), Incoming(chat, id, dice.choice(WORDS))
    await _until_kept(lambda: process.runtime.receive(message))


async def _until_kept(ask: Callable[[], Awaitable[T]]) -> T:
    """As a page or a channel does: once more, under the same id, while the database is too busy."""
    while True:
        try:
            return await ask()
        except StoreUnavailable:
            await asyncio.sleep(SLOWEST)


async def _until_quiet(processes: Sequence[App]) -> None:
    while await _until_kept(lambda: processes[0].database.run(_is_busy)):  # noqa: ASYNC110 -- a row has no event
        await asyncio.sleep(SLOWEST)


def _is_busy(connection: Any) -> bool:
    return connection.exec_driver_sql("SELECT 1 FROM lane WHERE next_at IS NOT NULL LIMIT 1").first() is not None


def _held(connection: Any) -> int:
    found: int = connection.exec_driver_sql("SELECT count(*) FROM outbox WHERE fate = 'held'").scalar_one()
    return found


def _process(url: str, ear: Ear) -> App:
    settings = load(Path("config.yaml"), {"TEPAI_SECRET": "a secret of the races", "DATABASE_URL": url})
    return assemble(settings, [ear])

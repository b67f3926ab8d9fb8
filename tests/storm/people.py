"""Those who write to the bot, and those who take over from it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence

from tests.storm.books import Books, Claim, Message
from tests.storm.fleet import Fleet
from tests.storm.plan import Plan
from tests.storm.services import ChannelServer

AGENT = "agent"


class Progress:
    """How many messages were acknowledged, for those who wait until so many were."""

    def __init__(self) -> None:
        self._count = 0
        self._grown = asyncio.Condition()

    async def add(self) -> None:
        async with self._grown:
            self._count += 1
            self._grown.notify_all()

    async def reach(self, count: int) -> None:
        """Wait until so many were acknowledged."""
        async with self._grown:
            await self._grown.wait_for(lambda: self._count >= count)


async def no_answer(_: Message) -> None:
    """These customers write on at once."""


class Customers:
    """Write their bursts to whatever process; each message is repeated until it was acknowledged, and some are sent
    again although it was. `answered` waits until the answer to a message is there."""

    def __init__(
        self,
        plan: Plan,
        fleet: Fleet,
        books: Books,
        progress: Progress,
        lots: random.Random,
        answered: Callable[[Message], Awaitable[None]] = no_answer,
    ) -> None:
        self._plan = plan
        self._fleet = fleet
        self._books = books
        self._progress = progress
        self._lots = lots
        self._answered = answered
        self._talking = asyncio.Semaphore(plan.at_once)

    async def write(self, talks: Sequence[Sequence[Sequence[Message]]]) -> None:
        """Every chat writes what it wants to, several at once."""
        async with asyncio.TaskGroup() as group:
            for talk in talks:
                group.create_task(self._talk(talk))

    async def _talk(self, bursts: Sequence[Sequence[Message]]) -> None:
        async with self._talking, asyncio.TaskGroup() as group:
            for burst in bursts:
                await asyncio.gather(*(self._send(message, group) for message in burst))
                await self._answered(burst[-1])

    async def _send(self, message: Message, group: asyncio.TaskGroup) -> None:
        """All copies; returns with the first acknowledgement."""
        copies = self._lots.randint(1, self._plan.most_copies)
        at_once = self._lots.randint(1, copies)
        message.sent_at = time.monotonic()
        self._books.messages.append(message)
        first = [group.create_task(self._repeat(message)) for _ in range(at_once)]
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        message.acknowledged_at = time.monotonic()
        for _ in range(copies - at_once):
            group.create_task(self._repeat(message))
        await self._progress.add()

    async def _repeat(self, message: Message) -> None:
        body = {"chat": message.chat, "id": message.id, "text": message.text}
        told = await self._fleet.ask_until_done("/hook", body)
        self._books.duplicates_told += told["duplicate"]


class Staff:
    """Take chats over and give them back. From when a claim is confirmed, the channel knows of it."""

    def __init__(self, fleet: Fleet, channel: ChannelServer, books: Books) -> None:
        self._fleet = fleet
        self._channel = channel
        self._books = books

    async def claim(self, chat: str) -> Claim:
        claim = Claim(chat, time.monotonic())
        self._books.claims.append(claim)
        while not (await self._fleet.ask_until_done("/claim", {"chat": chat, "agent": AGENT}))["done"]:
            # Ours already: whoever took it over for us was killed before it could say so, or before it was true.
            await self._fleet.ask_until_done("/return", {"chat": chat, "agent": AGENT})
        self._channel.claimed.add(chat)
        claim.held_at = time.monotonic()
        return claim

    async def give_back(self, claim: Claim) -> None:
        self._channel.claimed.discard(claim.chat)
        claim.returning_at = time.monotonic()
        await self._fleet.ask_until_done("/return", {"chat": claim.chat, "agent": AGENT})
        claim.returned_at = time.monotonic()


def talks(plan: Plan, lots: random.Random) -> list[list[list[Message]]]:
    """What every chat will write: bursts of messages."""
    return [_talk(f"c{chat}", plan, lots) for chat in range(plan.chats)]


def _talk(chat: str, plan: Plan, lots: random.Random) -> list[list[Message]]:
    found: list[list[Message]] = []
    count = 0
    for burst in range(plan.bursts):
        found.append([])
        for _ in range(lots.randint(1, plan.most_in_burst)):
            count += 1
            message = Message(chat, f"m{count}", burst)
            if lots.random() < plan.acting:
                message.order, message.amount = f"{chat}-o{count}", lots.randint(1, 999)
            found[-1].append(message)
    return found

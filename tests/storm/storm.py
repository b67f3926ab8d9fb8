"""The whole storm: services, nodes, customers, staff and trouble, and the books when all is calm again."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.storm.aftermath import settled, withheld
from tests.storm.audit import Breach, audit
from tests.storm.books import Books, Message
from tests.storm.databases import Shelter
from tests.storm.fleet import Fleet, launched
from tests.storm.node import NodeOrders
from tests.storm.people import Customers, Progress, Staff, talks
from tests.storm.plan import Plan
from tests.storm.services import ChannelServer, OrderService, serving
from tests.storm.weather import CHANNEL_ODDS, ORDER_ODDS, Fault, Weather


@dataclass
class Result:
    """What the storm left behind. `faults`: of each service; `errors`: that the nodes logged; `seconds`: while
    messages came, and until all was calm."""

    plan: Plan
    database: str
    books: Books
    breaches: list[Breach]
    faults: dict[str, Counter[Fault]]
    errors: Counter[str]
    seconds: tuple[float, float]


@dataclass
class Storm:
    """Everything there is while it rages."""

    plan: Plan
    shelter: Shelter
    fleet: Fleet
    books: Books
    weathers: tuple[Weather, Weather]
    staff: Staff
    lots: random.Random
    progress: Progress = field(default_factory=Progress)

    async def rage(self) -> tuple[float, float]:
        """From the first message until nothing is left to do; returns the seconds of both parts."""
        begun = time.monotonic()
        words = talks(self.plan, self.lots)
        total = sum(len(burst) for talk in words for burst in talk)
        customers = Customers(self.plan, self.fleet, self.books, self.progress, self.lots)
        async with asyncio.TaskGroup() as group:
            group.create_task(customers.write(words))
            group.create_task(self._trouble(total))
            group.create_task(self._claims(total, [message for talk in words for message in talk[0]]))
        raged = time.monotonic()
        for weather in self.weathers:
            weather.clear_up()
        self.books.unsettled = await settled(self.shelter.url, self.plan.settle_seconds)
        self.books.withheld = await withheld(self.shelter.url)
        return raged - begun, time.monotonic() - raged

    async def _trouble(self, total: int) -> None:
        """Processes are killed and the database goes away, one after the other, at certain numbers of messages."""
        kinds = ["kill"] * self.plan.kills + ["outage"] * self.plan.outages
        self.lots.shuffle(kinds)
        for n, kind in enumerate(kinds, 1):
            await self.progress.reach(n * total // (len(kinds) + 1))
            if kind == "kill":
                await self.fleet.restart(self.lots.choice(self.fleet.nodes))
            else:
                await self.shelter.fail(self.books)

    async def _claims(self, total: int, first: list[Message]) -> None:
        """Staff take over chats that have begun, and give each back a tenth of the storm later."""
        async with asyncio.TaskGroup() as group:
            for n in range(1, self.plan.claims + 1):
                reached = n * total * 9 // (self.plan.claims + 1) // 10
                await self.progress.reach(reached)
                free = [message.chat for message in first if self._may_be_claimed(message)]
                if free:
                    group.create_task(self._claim(self.lots.choice(free), reached + total // 10))

    def _may_be_claimed(self, message: Message) -> bool:
        return message.acknowledged_at is not None and not any(c.chat == message.chat for c in self.books.claims)

    async def _claim(self, chat: str, until: int) -> None:
        claim = await self.staff.claim(chat)
        await self.progress.reach(until)
        await self.staff.give_back(claim)


async def storm(plan: Plan, shelter: Shelter) -> Result:
    """Let it rage on this database."""
    books, lots = Books(), random.Random(plan.seed)
    channel_weather = Weather(CHANNEL_ODDS, random.Random(plan.seed + 1))
    order_weather = Weather(ORDER_ODDS, random.Random(plan.seed + 2))
    channel, orders = ChannelServer(books, channel_weather), OrderService(books, order_weather)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="storm-nodes")))
        urls = [await stack.enter_async_context(serving(service.app())) for service in (channel, orders)]
        ordered = [
            NodeOrders(f"n{n}", shelter.url, *urls, settings=dict(plan.patience)) for n in range(1, plan.nodes + 1)
        ]
        fleet = await stack.enter_async_context(launched(ordered, books, random.Random(plan.seed + 3), folder))
        weathers = (channel_weather, order_weather)
        seconds = await Storm(plan, shelter, fleet, books, weathers, Staff(fleet, channel, books), lots).rage()
        faults = {"channel": channel_weather.seen, "order service": order_weather.seen}
        return Result(plan, shelter.kind, books, audit(books), faults, fleet.errors(), seconds)

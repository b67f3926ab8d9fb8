"""The whole storm: services, nodes, customers, staff and trouble, and the books when all is calm again."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.storm.audit import Breach
from tests.storm.books import Books, Message
from tests.storm.databases import Shelter
from tests.storm.people import Customers, Progress, talks
from tests.storm.plan import Plan
from tests.storm.stage import Stage, staged
from tests.storm.trouble import trouble
from tests.storm.weather import CHANNEL_ODDS, ORDER_ODDS, Fault, Weather


@dataclass
class Result:
    """What the storm left behind. `faults`: of each service; `warnings`: of the nodes; `seconds`: while
    messages came, and until all was calm."""

    plan: Plan
    database: str
    books: Books
    breaches: list[Breach]
    faults: dict[str, Counter[Fault]]
    warnings: Counter[str]
    seconds: tuple[float, float]


@dataclass
class Storm:
    """What happens on the stage, in which order."""

    plan: Plan
    shelter: Shelter
    stage: Stage
    weathers: Sequence[Weather]
    lots: random.Random
    progress: Progress = field(default_factory=Progress)

    async def rage(self) -> None:
        """Until the last message was acknowledged; then the weather is good again."""
        words = talks(self.plan, self.lots)
        total = sum(len(burst) for talk in words for burst in talk)
        customers = Customers(self.plan, self.stage.fleet, self.stage.books, self.progress, self.lots)
        async with asyncio.TaskGroup() as group:
            group.create_task(customers.write(words))
            group.create_task(trouble(self.plan, self.shelter, self.stage, self.progress, total, self.lots))
            group.create_task(self._claims(total, [message for talk in words for message in talk[0]]))
        for weather in self.weathers:
            weather.clear_up()

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
        return message.acknowledged_at is not None and not any(c.chat == message.chat for c in self.stage.books.claims)

    async def _claim(self, chat: str, until: int) -> None:
        claim = await self.stage.staff.claim(chat)
        await self.progress.reach(until)
        await self.stage.staff.give_back(claim)


async def storm(plan: Plan, shelter: Shelter) -> Result:
    """Let it rage on this database."""
    weathers = tuple(Weather(odds, random.Random(plan.seed)) for odds in (CHANNEL_ODDS, ORDER_ODDS))
    async with staged(shelter.url, plan.nodes, plan.patience, seed=plan.seed) as stage:
        stage.channel.lot, stage.orders.lot = (weather.draw for weather in weathers)
        begun = time.monotonic()
        await Storm(plan, shelter, stage, weathers, random.Random(plan.seed)).rage()
        raged = time.monotonic()
        faults = {name: weather.seen for name, weather in zip(("channel", "order service"), weathers, strict=True)}
        found = await stage.breaches(plan.settle_seconds)
        seconds = raged - begun, time.monotonic() - raged
        return Result(plan, shelter.kind, stage.books, found, faults, stage.fleet.warnings(), seconds)

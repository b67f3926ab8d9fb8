"""Everything around the WeChat adapter in one place: the strict server, our own, the runtime and its database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, select
from starlette.applications import Starlette

from adapters.wechat import Account, Adapter, Notice
from bot.channel import Service
from bot.dialogue.events import Woke
from bot.messages import Address
from bot.runtime.service import Runtime
from bot.runtime.settings import RuntimeSettings
from bot.store.database import Database
from bot.store.wechat import WechatRecords
from tests.runtime.parts import Echo, Feed, OneLink, OrderDesk
from tests.wechat import platform
from tests.wechat.platform import Platform, Pushed
from tests.wechat.serving import Serving

OPENID = "oABCD1234efgh5678ijkl9012mno"
CHAT = Address("wechat", OPENID)

Clock = Callable[[], float]


def account(api: str, /, **more: Any) -> Account:
    """What the platform's settings page shows for the strict server's account."""
    given: dict[str, Any] = {
        "secret": platform.SECRET,
        "token": platform.TOKEN,
        "aes_key": platform.AES_KEY,
        "name": platform.NAME,
        "after_answer": 0.0,
    }
    return Account(platform.APP_ID, **{**given, "api": api, **more})


NOTICE = Notice(platform.TEMPLATE, fields={"thing1": "您有新的回复，请回复任意内容查看"})


@dataclass
class House:
    """One process of ours."""

    adapter: Adapter
    runtime: Runtime
    desk: OrderDesk

    async def calm(self) -> None:
        """Until nothing is under way beside the pushes."""
        await self.adapter.reception.finish()

    async def news(self, id: str = "news") -> None:
        """Something that the bot tells unasked."""
        await self.runtime.happen(CHAT.conversation, Woke(id), id)


class Household:
    """Each `open` is another process of ours, as it were, on the same database: the one before answers no more."""

    def __init__(self, database: Database, clock: Clock, wechat: Platform) -> None:
        self.database = database
        self.clock = clock
        self.wechat = wechat
        self.serving = Serving()
        self._adapters: list[Adapter] = []
        self._houses: list[House] = []

    def adapter(self, **more: Any) -> Adapter:
        made = Adapter(account(self.wechat.url, **more), WechatRecords(self.database), self.clock)
        self._adapters.append(made)
        return made

    async def serve(self, adapter: Adapter, service: Service) -> None:
        adapter.connect(service)
        await self.serving.serve(Starlette(routes=adapter.routes()))
        self.wechat.hook = f"{self.serving.url}/wechat"

    async def open(self, desk: OrderDesk | None = None, work: bool = True, **more: Any) -> House:
        """A runtime that works in the background, and the adapter before it. `desk`: who reads and acts; without
        `work`, it only takes messages. `more`: of the account."""
        adapter, desk = self.adapter(**more), desk or OrderDesk()
        parts = (Echo(), desk.performers, {adapter.channel.name: adapter.channel}, Feed(), OneLink())
        house = House(adapter, Runtime(self.database, *parts, RuntimeSettings(language="en")), desk)
        house.runtime.start(work)
        self._houses.append(house)
        await self.serve(adapter, house.runtime)
        return house

    async def kill(self, house: House) -> None:
        """Nothing of it goes on, and its connections break; what it had begun is left as it is."""
        self.serving.cut()
        await house.adapter.reception.stop()
        await house.runtime.stop()

    async def all(self, table: Table, column: str, least: int = 1) -> bool:
        """Whether there are rows, and all of them have at least this."""
        values = [row[column] for row in await self.rows(table)]
        return bool(values) and all(value >= least for value in values)

    async def stop(self) -> None:
        await self.serving.stop()
        for house in self._houses:
            await house.runtime.stop()
        for adapter in self._adapters:
            if hasattr(adapter, "reception"):
                await adapter.close()

    async def rows(self, table: Table) -> list[dict[str, Any]]:
        def read(connection: Any) -> list[dict[str, Any]]:
            return [dict(row._mapping) for row in connection.execute(select(table))]

        return await self.database.run(read)


async def settled(runtime: Runtime, adapter: Adapter, *pushes: Callable[[], Awaitable[Pushed]]) -> list[Pushed]:
    """Make the pushes one after another, each once the one before has reached the core, and do all that follows."""
    tasks: list[asyncio.Future[Pushed]] = []
    with runtime.watch(CHAT.conversation) as wake:
        for push in pushes:
            tasks.append(asyncio.ensure_future(push()))
            await _either(wake.wait(), tasks[-1])
        await runtime.settle()
        while under_way := [task for task in tasks if not task.done()]:
            await _either(wake.wait(), *under_way)
            await runtime.settle()
    await quiet(runtime, adapter)
    return [task.result() for task in tasks]


async def _either(waiting: Coroutine[Any, Any, bool], *tasks: asyncio.Future[Pushed]) -> None:
    woken = asyncio.ensure_future(waiting)
    await asyncio.wait({woken, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    woken.cancel()


async def quiet(runtime: Runtime, adapter: Adapter) -> None:
    """Do everything that is due, beside the pushes too."""
    await runtime.settle()
    await adapter.reception.finish()
    await adapter.reception.look_after()


async def until(found: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait for what another task, or another process, brings about."""
    async with asyncio.timeout(10):
        while True:
            seen = found()
            if seen if isinstance(seen, bool) else await seen:
                return
            await asyncio.sleep(0.01)


def texts(wechat: Platform, openid: str = OPENID) -> Sequence[str]:
    """What the customer has seen so far."""
    return [shown.text for shown in wechat.customer(openid).shown]

"""WeChat, joined: made from an account, handed the service, started and stopped with the process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.routing import BaseRoute

from adapters.wechat.account import Account
from adapters.wechat.channel import MOST_BYTES, WeChat
from adapters.wechat.door import Door
from adapters.wechat.reception import Reception
from adapters.wechat.records import Records
from bot.channel import Service


class Adapter:
    """Made before the runtime, because the runtime wants its channel; `connect` hands it the runtime.

    `clock`: seconds since 1970. `most`: bytes of one file of a customer.
    """

    def __init__(self, account: Account, records: Records, clock: Callable[[], float], most: int = MOST_BYTES) -> None:
        self.channel = WeChat(account, records, clock, most)
        self._tasks: list[asyncio.Task[None]] = []

    def connect(self, service: Service) -> None:
        """Hand over the service that takes messages; once, before anything is started."""
        self.reception = Reception(self.channel, service)
        self.door = Door(self.channel, self.reception)
        self.channel.postman.files = service.attachment
        self._links = self.channel.files.routes(service)

    def routes(self) -> list[BaseRoute]:
        """The address that WeChat pushes to, and those of files for customers."""
        return [*self.door.routes, *self._links]

    def start(self) -> None:
        """Look after what had to wait, until `stop`."""
        self._tasks.append(asyncio.create_task(self.reception.run()))

    async def stop(self) -> None:
        """Stop looking after it. Messages can still be sent until `close`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def close(self) -> None:
        """Drop what is under way, all of which is in the store, and close the connections."""
        await self.reception.stop()
        await self.channel.close()

"""The desk with tickets and health, on a real socket, beside customers who write by telephone."""

from __future__ import annotations

import time
from typing import Any

from starlette.routing import BaseRoute

from adapters.desk import Desk, routes
from bot.bootstrap import assemble
from bot.config import load
from bot.desk.people import Agent, Role
from tests.conftest import Clock
from tests.desk.office import COMPANY, Office
from tests.support.floor import Floor, Phone

ENVIRONMENT = {"TEPAI_SECRET": "a secret of the tests"}


class Now(Clock):
    """The server's and everybody's."""

    def __call__(self) -> float:
        return time.time()


class House(Office):
    """`floor`: another process on the same database, for what customers and colleagues do."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        self.floor = Floor(url, Now())

    def routes(self) -> list[BaseRoute]:
        settings = load(environ={**ENVIRONMENT, "DATABASE_URL": self._url})
        bench = assemble(settings, [Phone()]).workbench
        return routes(Desk(bench.people, COMPANY, tickets=bench.tickets, health=bench.health, **self._options))

    async def complaint(self, words: str = "骑手把箱子摔坏了", chat: str = "a", **more: Any) -> str:
        """A customer's ticket; returns its number."""
        mei = Agent("mei", "小梅", Role.LEAD, "zh")
        await self.floor.says("你好", chat)
        about = more.get("about", "complaint")
        return await self.floor.app.workbench.tickets.open(
            mei, f"{chat}{self.floor.ids}", f"phone:{chat}", about, words, more.get("order", "")
        )

    async def close(self) -> None:
        """Both processes' databases."""
        await self.floor.close()
        await self.outside.close()

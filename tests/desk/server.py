"""The desk on a real socket, over the desk in memory."""

from __future__ import annotations

from typing import Any

from starlette.routing import BaseRoute

from adapters.desk import Desk, routes
from tests.desk.memory_desk import MemoryDesk, MemoryOrders, MemoryPeople
from tests.serving import Serving

COMPANY = {"zh": "特派", "en": "Tepai"}


class DeskServer(Serving):
    """`options` go to `Desk`."""

    def __init__(self, desk: MemoryDesk, people: MemoryPeople, **options: Any) -> None:
        super().__init__()
        self._parts = {"people": people, "work": desk, "talks": desk, "orders": MemoryOrders(desk)}
        self._options = {"company": COMPANY, "hotline": "400 820 1234", **options}

    def routes(self) -> list[BaseRoute]:
        return routes(Desk(**self._parts, **self._options))

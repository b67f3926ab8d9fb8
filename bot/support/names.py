"""Customers' names for the desk, as the order service has them."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from bot.desk.reports import DeadLetter, Found, Listed
from bot.desk.tickets import TicketLine
from bot.errors import OrderServiceError
from bot.orders.gateway import Gateway

KNOWN_SECONDS = 600.0
MOST_KNOWN = 5000
AT_ONCE = 8

Row = TypeVar("Row", Found, Listed, TicketLine, DeadLetter)


class Names:
    """Asks once in a while; a list must not wait for a slow order service. `limit`: seconds it may take."""

    def __init__(self, gateway: Gateway, limit: float = 1.0) -> None:
        self._gateway = gateway
        self._limit = limit
        self._known: OrderedDict[str, tuple[float, str]] = OrderedDict()

    async def of(self, customers: Iterable[str | None]) -> Mapping[str, str]:
        """Customer → name, for those that can be told now."""
        now = time.monotonic()
        wanted = {customer for customer in customers if customer}
        new = [one for one in wanted if one not in self._known or self._known[one][0] < now]
        slots = asyncio.Semaphore(AT_ONCE)
        try:
            async with asyncio.timeout(self._limit):
                await asyncio.gather(*(self._ask(one, slots) for one in new))
        except TimeoutError:
            pass
        return {one: self._known[one][1] for one in wanted if one in self._known and self._known[one][1]}

    async def call(self, rows: Sequence[Row]) -> list[Row]:
        """The same, each with its customer's name instead of the id where it can be told."""
        names = await self.of(row.customer for row in rows)
        return [replace(row, customer=names.get(row.customer or "", row.customer)) for row in rows]

    async def _ask(self, customer: str, slots: asyncio.Semaphore) -> None:
        async with slots:
            try:
                found = await self._gateway.customer(customer)
            except OrderServiceError:
                return
        self._known[customer] = time.monotonic() + KNOWN_SECONDS, found.name if found else ""
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

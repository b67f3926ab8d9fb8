"""Where it all happens: both services, the nodes, and the books they are checked by."""

from __future__ import annotations

import random
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.storm.aftermath import settled, withheld
from tests.storm.audit import Breach, audit
from tests.storm.books import Books
from tests.storm.fleet import Fleet, launched
from tests.storm.node import NodeOrders
from tests.storm.people import Staff
from tests.storm.services import ChannelServer, OrderService, serving
from tests.storm.weather import Fault


@dataclass
class Stage:
    """Everything there is while it rages. `url`: of the database."""

    url: str
    books: Books
    channel: ChannelServer
    orders: OrderService
    fleet: Fleet

    @property
    def staff(self) -> Staff:
        return Staff(self.fleet, self.channel, self.books)

    async def breaches(self, within: float) -> list[Breach]:
        """Wait until all is at rest, at most so many seconds, and compare the books."""
        await self.close_books(within)
        return audit(self.books)

    async def close_books(self, within: float) -> None:
        """Wait until all is at rest, at most so many seconds, and enter what only the nodes know."""
        self.books.unsettled = await settled(self.url, within)
        self.books.withheld = await withheld(self.url)
        self.fleet.hear_out()


@asynccontextmanager
async def staged(
    url: str,
    nodes: int,
    patience: Mapping[str, float],
    *,
    seed: int,
    without: str | None = None,
    engine: bool = False,
) -> AsyncIterator[Stage]:
    """Good weather, and running nodes. `without`: the safeguard that they lack; `engine`: with the real dialogue."""
    books = Books()
    channel, orders = ChannelServer(books, _no_fault), OrderService(books, _no_fault)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="storm-nodes")))
        channel_url = await stack.enter_async_context(serving(channel.app()))
        orders_url = await stack.enter_async_context(serving(orders.app()))
        ordered = [
            NodeOrders(
                f"n{n}", url, channel_url, orders_url, str(folder / f"n{n}.heard"), without, engine, dict(patience)
            )
            for n in range(1, nodes + 1)
        ]
        fleet = await stack.enter_async_context(launched(ordered, books, random.Random(seed), folder))
        yield Stage(url, books, channel, orders, fleet)


def _no_fault(_: object) -> Fault:
    return Fault.NONE

"""Echo, floor and Tepai under the same load, by turns in one run, on both databases."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from benchmarks.databases import Store
from benchmarks.load import Load, Phones, Target, Window, middle
from benchmarks.processes import Server, server, total
from benchmarks.recording import recorded
from benchmarks.servers import SECRET
from benchmarks.talk import PERSON, TALK, Line
from bot.identity.links import Links

T = TypeVar("T")

WARM_UP = 0.4
SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Cost:
    """What a span of load cost. CPU in µs a message, `database` outside the server; waits in ms."""

    per_second: float
    p50: float
    p99: float
    server: float
    database: float

    @classmethod
    def of(cls, window: Window, server: float, database: float) -> Cost:
        """From the seconds of processor time that were spent meanwhile."""
        messages = len(window.waits)
        cpu = (server / messages * 1e6, database / messages * 1e6)
        return cls(window.per_second, window.wait(0.5), window.wait(0.99), *cpu)


def median_of(costs: Sequence[Cost]) -> Cost:
    """Each number's median."""
    return Cost(*(middle([getattr(cost, name) for cost in costs]) for name in Cost.__slots__))


@dataclass(frozen=True, slots=True)
class Subject:
    """Servers to be put under load, and the database behind them."""

    servers: Sequence[Server]
    target: Target
    store: Store | None = None

    async def cost(self, parallel: int, seconds: float = SECONDS, talk: Sequence[Line] = TALK) -> Cost:
        """What so many customers in parallel cost."""
        async with Load(self.target, parallel, talk=talk).running() as load:
            await load.measured(WARM_UP)
            before = self._spent()
            window = await load.measured(seconds)
            server, database = (after - was for after, was in zip(self._spent(), before, strict=True))
        return Cost.of(window, server, database)

    def _spent(self) -> tuple[float, float]:
        return total(self.servers), self.store.cpu() if self.store else 0.0


@contextlib.asynccontextmanager
async def tepai(store: Store, phones: Phones, count: int = 1, *options: object) -> AsyncIterator[Subject]:
    """So many processes of Tepai on one new database."""
    url = await store.fresh()
    async with contextlib.AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(server("tepai", "--url", url, "--phones", phones.port, *options))
            for _ in range(count)
        ]
        yield Subject(servers, Target([one.port for one in servers], link(), phones), store)


@contextlib.asynccontextmanager
async def floor(store: Store, name: str = "floor") -> AsyncIterator[Subject]:
    """The floor, or the cheapest one, on a new database."""
    with tempfile.TemporaryDirectory(prefix="tepai-") as folder:
        rows = Path(folder) / "rows.json"
        rows.write_text(json.dumps(await recorded(TALK)), encoding="utf-8")
        async with server(name, "--url", await store.fresh(), "--rows", rows) as one:
            yield Subject([one], Target([one.port], link()), store)


def link() -> str:
    """A deep link of the customer who writes."""
    return Links(SECRET, 72).make(PERSON)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run it on the loop that the servers have, too: the generator should be cheap."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)

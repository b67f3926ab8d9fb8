"""What is put under load, and what a span of load costs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
import uvloop

from benchmarks.databases import Store
from benchmarks.load import Chats, Load, Phones, Target, Window, fresh, middle
from benchmarks.processes import Server, cpu_of, machine_cpu, server, total
from benchmarks.recording import recorded
from benchmarks.servers import SECRET
from benchmarks.talk import PERSON, TALK, Line
from bot.identity.links import Links

T = TypeVar("T")

WARM_UP = 0.3
SECONDS = 1.2


@dataclass(frozen=True, slots=True)
class Cost:
    """What a span of load cost. Waits in ms; CPU in µs a message: `database` what is outside the server, `load` what
    it took to make it. `others`: how many cores were busy with something else."""

    per_second: float
    p50: float
    p99: float
    server: float
    database: float
    load: float
    others: float

    @classmethod
    def of(cls, window: Window, spent: Sequence[float], busy: float) -> Cost:
        """From the seconds of processor time that server, database and load took meanwhile, and all there was."""
        server, database, load = (seconds / len(window.waits) * 1e6 for seconds in spent)
        others = max(0.0, busy - sum(spent)) / window.seconds
        return cls(window.per_second, window.wait(0.5), window.wait(0.99), server, database, load, others)

    @property
    def cores(self) -> float:
        """How many cores all of it kept busy."""
        return (self.server + self.database + self.load) * self.per_second / 1e6


def median_of(costs: Sequence[Cost]) -> Cost:
    """Each number's median."""
    return Cost(*(middle([getattr(cost, name) for cost in costs]) for name in Cost.__slots__))


@dataclass(frozen=True, slots=True)
class Subject:
    """Servers to be put under load, and the database behind them."""

    servers: Sequence[Server]
    target: Target
    store: Store | None = None

    async def cost(
        self, parallel: int, seconds: float = SECONDS, talk: Sequence[Line] = TALK, chats: Chats = fresh
    ) -> Cost:
        """What so many customers in parallel cost."""
        async with Load(self.target, parallel, chats, talk).running() as load:
            await load.measured(WARM_UP)
            before = self._spent()
            window = await load.measured(seconds)
            *spent, busy = (after - was for after, was in zip(self._spent(), before, strict=True))
        return Cost.of(window, spent, busy)

    def _spent(self) -> tuple[float, ...]:
        database = self.store.cpu() if self.store else 0.0
        return total(self.servers), database, cpu_of(psutil.Process()), machine_cpu()


@contextlib.asynccontextmanager
async def tepai(store: Store, phones: Phones, count: int = 1, *options: object) -> AsyncIterator[Subject]:
    """So many processes of Tepai on one new database."""
    async with serving(store, await store.fresh(), phones, count, *options) as subject:
        yield subject


@contextlib.asynccontextmanager
async def serving(store: Store, url: str, phones: Phones, count: int = 1, *options: object) -> AsyncIterator[Subject]:
    """So many processes of Tepai on the database at `url`."""
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

"""A server is killed while it sends: how soon another one sends what it had in hand."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from uuid import uuid4

from benchmarks.databases import Store, stores
from benchmarks.figures import Figure, Report
from benchmarks.load import Phones
from benchmarks.subjects import Subject, run, tepai
from benchmarks.talk import TALK, webhook
from benchmarks.wire import Caller
from bot.runtime.settings import RuntimeSettings

CHATS = 16
MORE = 2
"""Seconds that may pass after the killed server's lease has ended."""
PATIENCE = 60


class Deaf(Phones):
    """A channel that takes messages, but never says so to one process."""

    def __init__(self) -> None:
        super().__init__()
        self.killed = 0
        self.arrived: dict[str, float] = {}
        self._held: set[str] = set()
        self._grown = asyncio.Event()

    def take(self, body: bytes) -> bool:
        """See `Phones.take`."""
        sent = json.loads(body)
        answered: bool = sent["process"] != self.killed
        if not answered:
            self._held.add(sent["chat"])
        elif sent["chat"] in self._held:
            self.arrived.setdefault(sent["chat"], time.perf_counter())
        self._grown.set()
        return answered

    async def until_held(self, count: int) -> None:
        """Wait until the deaf ear has heard so many chats."""
        await self._until(lambda: len(self._held) >= count)

    async def until_sent(self) -> None:
        """Wait until each of them was sent to by somebody else."""
        await self._until(lambda: len(self.arrived) == len(self._held))

    async def _until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not done():
                self._grown.clear()
                await self._grown.wait()


def measure() -> Report:
    """Seconds from `kill -9` to the last answer, on both databases."""
    lease = RuntimeSettings().lease
    with stores() as both:
        waits = run(_on_all(both))
    names = [f"kill -9 to the last answer from another process, {store.name}" for store in both]
    return Report(
        [Figure(name, wait, f"s (lease {lease:g})", lease + MORE) for name, wait in zip(names, waits, strict=True)]
    )


async def _on_all(both: Sequence[Store]) -> list[float]:
    return await asyncio.gather(*map(_seconds, both))


async def _seconds(store: Store) -> float:
    async with Deaf().open() as phones, tepai(store, phones, 2) as subject:
        phones.killed = subject.servers[0].pid
        await _write_to_all(subject)
        await phones.until_held(CHATS // 4)
        killed = time.perf_counter()
        await subject.servers[0].kill()
        await phones.until_sent()
    return max(phones.arrived.values()) - killed


async def _write_to_all(subject: Subject) -> None:
    caller = await Caller.connected(subject.servers[0].port)
    for _ in range(CHATS):
        body = webhook(uuid4().hex, "m0", 0, TALK[0], link=subject.target.link, token=None)
        await caller.post("/hook", json.dumps(body).encode())
    caller.close()

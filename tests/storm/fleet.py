"""The processes of Tepai: started, asked, killed and started again."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp

from tests.storm.books import Books, Kill
from tests.storm.node import NodeOrders

ROOT = Path(__file__).parents[2]
RETRY_SECONDS = 0.05


@dataclass
class Node:
    """One process. `lives` counts its starts; `url` is None while it is down."""

    orders: NodeOrders
    log: Path
    lives: int = 0
    url: str | None = None
    process: asyncio.subprocess.Process | None = None

    @property
    def name(self) -> str:
        """Of this life: `NAME.LIFE`."""
        return f"{self.orders.name}.{self.lives}"

    async def start(self) -> None:
        """Start, and wait until it serves."""
        self.lives += 1
        orders = replace(self.orders, name=self.name)
        command = (sys.executable, "-m", "tests.storm.node", orders.to_json())
        pipe = asyncio.subprocess.PIPE
        with self.log.open("a") as log:
            self.process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=log)
        assert self.process.stdout is not None
        port = await self.process.stdout.readline()
        if not port:
            raise RuntimeError(f"a node did not start:\n{self.log.read_text()[-2000:]}")
        self.url = f"http://127.0.0.1:{int(port)}"

    async def kill(self) -> None:
        """As `kill -9` does."""
        self.url = None
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


class Fleet:
    """Several nodes on one database, and a client that asks any of them until one has answered."""

    def __init__(self, nodes: Sequence[Node], books: Books, lots: random.Random, client: aiohttp.ClientSession) -> None:
        self.nodes = nodes
        self._books = books
        self._lots = lots
        self._client = client
        self._came_up = asyncio.Condition()

    @property
    def up(self) -> list[Node]:
        """The nodes that serve."""
        return [node for node in self.nodes if node.url is not None]

    async def several_up(self) -> None:
        """Wait until more than one node serves."""
        async with self._came_up:
            await self._came_up.wait_for(lambda: len(self.up) > 1)

    async def restart(self, node: Node) -> None:
        """Kill a node and start it again."""
        self._books.kills.append(Kill(time.monotonic(), node.name))
        await node.kill()
        await node.start()
        async with self._came_up:
            self._came_up.notify_all()

    async def ask_until_done(self, path: str, body: dict[str, Any], node: Node | None = None) -> dict[str, Any]:
        """Ask any node, or this one, again and again, until one answers 200."""
        while True:
            status, told = await self.ask(path, body, node)
            self._books.webhooks[status] += 1
            if status == 200:
                return told
            await asyncio.sleep(self._lots.uniform(0.5, 1.5) * RETRY_SECONDS)

    async def ask(self, path: str, body: dict[str, Any], node: Node | None = None) -> tuple[int, dict[str, Any]]:
        """Ask once; 0 for no answer."""
        asked = node or self._lots.choice(self.nodes)
        if asked.url is None:
            return 0, {}
        try:
            async with self._client.post(asked.url + path, json=body) as answer:
                return answer.status, await answer.json() if answer.status == 200 else {}
        except (aiohttp.ClientError, TimeoutError):
            return 0, {}

    def hear_out(self) -> None:
        """See `hear_out`."""
        hear_out(self._books, [Path(node.orders.notes) for node in self.nodes])

    def warnings(self) -> Counter[str]:
        """What the nodes warned of, by the event's name."""
        found: Counter[str] = Counter()
        for node in self.nodes:
            for line in node.log.read_text().splitlines():
                found[_event(line)] += 1
        return found


@asynccontextmanager
async def launched(
    orders: Sequence[NodeOrders], books: Books, lots: random.Random, folder: Path
) -> AsyncIterator[Fleet]:
    """A fleet of running nodes; killed at the end."""
    nodes = [Node(one, folder / f"{one.name}.log") for one in orders]
    timeout = aiohttp.ClientTimeout(total=15)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as client:
        try:
            await asyncio.gather(*(node.start() for node in nodes))
            yield Fleet(nodes, books, lots, client)
        finally:
            await asyncio.gather(*(node.kill() for node in nodes))


def hear_out(books: Books, notes: Iterable[Path]) -> None:
    """Enter in the books when senders heard the channel's answers, or gave up waiting for them."""
    ended: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for file in notes:
        for note in file.read_text().splitlines():
            request, how, at = note.split()
            ended[how][request] = float(at)
    for sending in books.sendings:
        sending.heard_at = ended["heard"].get(sending.request)
        sending.left_at = ended["left"].get(sending.request)


def _event(line: str) -> str:
    try:
        told = json.loads(line)
        return " ".join(str(told[key]) for key in ("event", "error", "why") if key in told)
    except ValueError:
        return line[:120]

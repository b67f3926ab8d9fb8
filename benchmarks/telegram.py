"""What a message on Telegram costs: webhook in, answer on the Bot API's socket, beside the same HTTP without Tepai.

And whether two processes answer many chats at once, each update delivered twice, in order and once.
"""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from benchmarks.figures import Figure
from bot.identity.links import Links
from tests.command.tepai import start
from tests.postgres import throwaway
from tests.telegram.crowd import faults
from tests.telegram.customer import Customer
from tests.telegram.server import BotApi
from tests.telegram.tepai import SECRET

ROOT = Path(__file__).parent.parent
KEY = "a secret of the benchmark"
REPETITIONS = 5
ROUNDS = 3
CUSTOMERS = 16
MESSAGES = 12
"""Of each customer, each after the answer to the one before."""
LIMIT = 1200
UPDATES, CHATS = 2_000, 200
WORDS = "我的订单怎么还没人接"
CONFIG = "telegram: {{mode: webhook, url: '{url}', base_url: '{api}', messages_per_second: 100000}}\n"


def measure() -> list[Figure]:
    """µs of the server process' CPU a message over the floor's, and what went wrong with many chats."""
    floors, whole = asyncio.run(_costs())
    over = statistics.median(mine - floor for mine, floor in zip(whole, floors, strict=True))
    wrong = asyncio.run(_wrong())
    return [
        Figure("Telegram: the same HTTP in and out without Tepai", statistics.median(floors), "µs CPU"),
        Figure("Telegram: webhook in to answer out, over that", over, "µs CPU", LIMIT),
        Figure(f"Telegram: {UPDATES} updates twice, {CHATS} chats, two processes", float(wrong), "chats wrong", 0),
    ]


async def _costs() -> tuple[list[float], list[float]]:
    async with _server(_floor) as floor, _server(_tepai) as tepai:
        by_turns = [(await floor(), await tepai()) for _ in range(REPETITIONS)]
    floors, whole = zip(*by_turns, strict=True)
    return list(floors), list(whole)


async def _wrong() -> int:
    with throwaway() as server:
        await server.create("bench")
        await _migrated(server.url("bench"))
        api = BotApi()
        await api.start()
        found = await faults(api, server.url("bench"), CHATS, UPDATES)
        await api.stop()
        return len(found)


async def _migrated(url: str) -> None:
    from bot.store.migrate import upgrade

    await upgrade(url)


Started = Callable[[BotApi, str, Path], subprocess.Popen[str]]


@asynccontextmanager
async def _server(started: Started) -> AsyncIterator[Callable[[], Awaitable[float]]]:
    """A server process under the Bot API server's updates; calling it measures one repetition."""
    api = BotApi(redeliver=0.05)
    await api.start()
    with tempfile.TemporaryDirectory(prefix="tepai-") as folder, socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        door.close()
        child = started(api, url, Path(folder))
        try:
            while api.books.webhook is None:
                await api.updates.looked()
            seen = psutil.Process(child.pid)
            numbers = iter(range(1, 10_000))

            async def cost() -> float:
                spent = 0.0
                for _ in range(ROUNDS):
                    customers = [Customer(api, api.chat(next(numbers))) for _ in range(CUSTOMERS)]
                    await asyncio.gather(*[_talk(api, customer, 2) for customer in customers])
                    before = _cpu(seen)
                    await asyncio.gather(*[_talk(api, customer, MESSAGES) for customer in customers])
                    spent += _cpu(seen) - before
                return spent / (ROUNDS * CUSTOMERS * MESSAGES) * 1_000_000

            yield cost
        finally:
            child.kill()
            child.communicate()
            await api.stop()


async def _talk(api: BotApi, customer: Customer, messages: int) -> None:
    """A customer who asks the same again, and each time waits for the answer."""
    for _ in range(messages):
        heard = len(customer.chat.by_bot())
        if heard:
            customer.says(WORDS)
        else:
            customer.starts(Links(KEY, 72).make("lin"))
        while len(customer.chat.by_bot()) == heard:
            await api.updates.looked()


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _tepai(api: BotApi, url: str, folder: Path) -> subprocess.Popen[str]:
    """The product itself."""
    (folder / "config.yaml").write_text(CONFIG.format(url=url, api=api.url), encoding="utf-8")
    environ = {"TEPAI_SECRET": KEY, "TEPAI_TELEGRAM_TOKEN": api.token, "TEPAI_TELEGRAM_WEBHOOK_SECRET": SECRET}
    return start(folder, "run", PORT=url.rpartition(":")[2], **environ)


def _floor(api: BotApi, url: str, _: Path) -> subprocess.Popen[str]:
    """The same server and client, and nothing between them."""
    command: Sequence[str] = (sys.executable, "-m", "benchmarks.telegram_floor", url, f"{api.url}/bot{api.token}")
    return subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE, text=True)

"""The staff desk: how soon a customer's words are on the pages of the agents who look, 50 of them on one process."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import aiohttp
from pydantic import SecretStr

from benchmarks.databases import Store, stores
from benchmarks.figures import Figure
from benchmarks.load import percentile
from benchmarks.server import address
from bot import config
from bot.desk.people import Agent, Role
from bot.desk_parts import OPERATOR, people
from bot.store.database import Database
from tests.command.tepai import start
from tests.desk.page import COOKIE
from tests.webchat.browser import Browser

AGENTS = 50
MESSAGES = 200
PER_SECOND = 10
TOGETHER = 24
PER_SECOND_TOGETHER = 2
LIMIT = 100
PATIENCE = 30
SECRET = "a secret of the benchmarks"


class Screen:
    """One agent's open page. `at`: when each of the words looked for were there."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.http = http
        self.at: dict[str, float] = {}
        self.ready = asyncio.Event()

    async def follow(self, conversation: str) -> None:
        """Show this conversation until cancelled."""
        async with self.http.ws_connect(f"/desk/live?c={quote(conversation)}") as socket:
            async for message in socket:
                at = time.perf_counter()
                text: str = message.data
                if text.startswith('{"type":"ready"'):
                    self.ready.set()
                elif text.startswith('{"type":"lines"'):
                    for line in json.loads(text)["lines"]:
                        self.at.setdefault(line["text"], at)


def measure() -> list[Figure]:
    """The 95th percentile on each database: every agent in a conversation of their own, and all in the same."""
    found = []
    with stores() as both:
        for store in both:
            apart, together = asyncio.run(_measured(store))
            name = f"{AGENTS} agents on one process, {store.name}: message in to visible"
            found += [
                Figure(f"{name}, p95", percentile(apart, 0.95) * 1000, "ms", LIMIT),
                Figure(f"{name} to all who look at it, p95", percentile(together, 0.95) * 1000, "ms", LIMIT),
            ]
    return found


async def _measured(store: Store) -> tuple[Sequence[float], Sequence[float]]:
    url = await store.fresh()
    with tempfile.TemporaryDirectory(prefix="tepai-") as folder:
        environment = {"PORT": "0", "DATABASE_URL": url, "TEPAI_SECRET": SECRET}
        process = start(Path(folder), "run", **environment)
        try:
            at, _ = await asyncio.to_thread(address, process)
            async with AsyncExitStack() as stack:
                customers = [await stack.enter_async_context(Browser(at)) for _ in range(AGENTS)]
                screens = [await stack.enter_async_context(_signed_in(at, token)) for token in await _hired(url)]
                chats = [f"web:{await customer.chat()}" for customer in customers]
                await _taken(customers, screens, chats)
                apart = await _apart(customers, screens, chats)
                together = await _together(customers[0], screens, chats[0])
            return apart, together
        finally:
            process.kill()
            process.communicate()


async def _hired(url: str) -> list[str]:
    """So many members of staff, each with a session."""
    settings = config.load(environ={"DATABASE_URL": url, "TEPAI_SECRET": SecretStr(SECRET).get_secret_value()})
    database = Database(url)
    staff = people(settings, database)
    tokens = []
    for number in range(AGENTS):
        link = await staff.add(OPERATOR, Agent(f"agent{number}", f"Agent {number}", Role.AGENT, "en"))
        tokens.append((await staff.sign_in_by_link(link, "a benchmark")).token)
    await database.close()
    return tokens


@asynccontextmanager
async def _signed_in(at: str, token: str) -> AsyncIterator[Screen]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(at, headers={"Origin": at}, cookies={COOKIE: token}, cookie_jar=jar) as http:
        yield Screen(http)


async def _taken(customers: Sequence[Browser], screens: Sequence[Screen], chats: Sequence[str]) -> None:
    """Everybody asks for a person, and gets one of their own."""
    for customer, screen, chat in zip(customers, screens, chats, strict=True):
        await customer.say("转人工")
        async with screen.http.post(f"/desk/api/c/{quote(chat)}/claim", json={}) as answer:
            answer.raise_for_status()


@asynccontextmanager
async def _looking(screens: Sequence[Screen], chats: Sequence[str]) -> AsyncIterator[None]:
    for screen in screens:
        screen.ready.clear()
    following = [asyncio.create_task(screen.follow(chat)) for screen, chat in zip(screens, chats, strict=True)]
    await asyncio.gather(*(screen.ready.wait() for screen in screens))
    yield
    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)


async def _apart(customers: Sequence[Browser], screens: Sequence[Screen], chats: Sequence[str]) -> list[float]:
    said: dict[int, dict[str, float]] = defaultdict(dict)
    async with _looking(screens, chats):
        saying = []
        for number in range(MESSAGES):
            place = number % AGENTS
            saying.append(asyncio.create_task(_say(customers[place], said[place])))
            await asyncio.sleep(1 / PER_SECOND)
        await asyncio.gather(*saying)
        await _until_all_is_visible([(screens[place], texts) for place, texts in said.items()])
    return [screens[place].at[text] - begun for place, texts in said.items() for text, begun in texts.items()]


async def _together(customer: Browser, screens: Sequence[Screen], chat: str) -> list[float]:
    said: dict[str, float] = {}
    async with _looking(screens, [chat] * len(screens)):
        for _ in range(TOGETHER):
            await asyncio.gather(_say(customer, said), asyncio.sleep(1 / PER_SECOND_TOGETHER))
        await _until_all_is_visible([(screen, said) for screen in screens])
    return [screen.at[text] - begun for screen in screens for text, begun in said.items()]


async def _until_all_is_visible(expected: Sequence[tuple[Screen, Collection[str]]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while any(text not in screen.at for screen, texts in expected for text in texts):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def _say(customer: Browser, said: dict[str, float]) -> None:
    text = f"还在等 {uuid4().hex}"
    said[text] = time.perf_counter()
    status, _ = await customer.say(text)
    if status != 202:
        raise RuntimeError(f"a message was not taken: {status}")

"""An agent's page as far as the server can tell: the session's cookie, an Origin, the live line and what it keeps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import aiohttp

COOKIE = "tepai_desk"


class AgentPage:
    """`agent`: the token, which is the id in these tests. `queue` and `lines` hold what a page would show."""

    def __init__(self, url: str, agent: str) -> None:
        self.url = url
        self.queue: dict[str, dict[str, Any]] = {}
        self.lines: dict[str, dict[int, dict[str, Any]]] = {}
        self.asides: dict[str, dict[str, Any]] = {}
        self.told: list[dict[str, Any]] = []
        self.http = aiohttp.ClientSession(
            url,
            headers={"Origin": url},
            cookies={COOKIE: agent},
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            timeout=aiohttp.ClientTimeout(10),
            connector=aiohttp.TCPConnector(force_close=True),  # a restarted server knows no old connection
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.http.close()

    def take(self, news: dict[str, Any]) -> str:
        """Show it as a page would; its type."""
        self.told.append(news)
        match news["type"]:
            case "queue":
                self.queue = {} if news["all"] else self.queue
                self.queue |= {row["conversation"]: row for row in news["rows"]}
                for conversation in news["gone"]:
                    self.queue.pop(conversation, None)
            case "lines":
                self.lines.setdefault(news["c"], {}).update({line["seq"]: line for line in news["lines"]})
            case "aside":
                self.asides[news["c"]] = news["aside"]
        return str(news["type"])

    def texts(self, conversation: str) -> list[str]:
        return [line["text"] for _, line in sorted(self.lines.get(conversation, {}).items())]

    @asynccontextmanager
    async def socket(self, conversation: str = "", after: int = 0) -> AsyncIterator[Socket]:
        query = {"c": conversation, "after": str(after)}
        async with self.http.ws_connect("/desk/live", params=query) as socket:
            yield Socket(self, socket)

    async def by_events(self, conversation: str, after: int = 0) -> AsyncIterator[dict[str, Any]]:
        query = {"c": conversation, "after": str(after)}
        async with self.http.get("/desk/api/events", params=query) as answer:
            assert answer.content_type == "text/event-stream"
            async for raw in answer.content:
                if raw.startswith(b"data: "):
                    yield json.loads(raw.removeprefix(b"data: "))

    async def at_once(self, conversation: str = "", after: int = 0) -> None:
        async with self.http.get("/desk/api/news", params={"c": conversation, "after": str(after)}) as answer:
            assert answer.status == 200
            for news in (await answer.json())["told"]:
                self.take(news)

    async def post(self, path: str, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
        async with self.http.post(path, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def get(self, path: str) -> tuple[int, dict[str, Any]]:
        async with self.http.get(path) as answer:
            return answer.status, await answer.json()


class Socket:
    """An open line."""

    def __init__(self, page: AgentPage, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._page = page
        self._socket = socket

    async def until(self, *kinds: str) -> None:
        """Take news until one of each kind has come."""
        missing = set(kinds)
        async with asyncio.timeout(10):
            while missing:
                missing.discard(await self.next())

    async def next(self) -> str:
        return self._page.take(await self._socket.receive_json(timeout=10))

    async def until_it_holds(self, holds: Any) -> None:
        async with asyncio.timeout(10):
            while not holds():
                await self.next()

    async def say(self, text: str) -> None:
        await self._socket.send_str(text)

    async def open(self, conversation: str, after: int = 0) -> None:
        await self._socket.send_json({"open": conversation, "after": after})

    async def closed(self) -> int | None:
        """The code with which the server ends it."""
        while not (await self._socket.receive(timeout=15)).type.name.startswith("CLOS"):
            pass
        return self._socket.close_code

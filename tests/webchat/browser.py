"""A customer's browser as far as the server can tell: cookies, an Origin, and the page's own calls."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import aiohttp


class Browser:
    def __init__(self, url: str) -> None:
        self.url = url
        self.http = aiohttp.ClientSession(
            url,
            headers={"Origin": url},
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            timeout=aiohttp.ClientTimeout(10),
            connector=aiohttp.TCPConnector(force_close=True),  # a restarted server knows no old connection
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.http.close()

    async def open(self, query: str = "") -> str:
        """The chat page's HTML."""
        async with self.http.get(f"/chat{query}") as answer:
            assert answer.status == 200
            return await answer.text()

    async def chat(self) -> str:
        """The chat's id, as the page knows it."""
        found = re.search(r'id="settings">(.*?)</script>', await self.open())
        assert found is not None
        chat: str = json.loads(found[1])["chat"]
        return chat

    async def say(self, text: str, message_id: str | None = None) -> tuple[int, dict[str, Any]]:
        return await self.post({"id": message_id or str(uuid4()), "text": text})

    async def post(self, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.http.post("/chat/messages", data=data, headers=headers) as answer:
            return answer.status, await answer.json()

    async def upload(self, name: str, media_type: str, data: bytes) -> tuple[int, dict[str, Any]]:
        form = aiohttp.FormData()
        form.add_field("id", str(uuid4()))
        form.add_field("file", data, filename=name, content_type=media_type)
        async with self.http.post("/chat/files", data=form) as answer:
            return answer.status, await answer.json()

    async def history(self, after: int = 0) -> list[dict[str, Any]]:
        async with self.http.get("/chat/history", params={"after": after}) as answer:
            assert answer.status == 200
            entries: list[dict[str, Any]] = (await answer.json())["entries"]
            return entries

    async def by_socket(self, after: int = 0) -> AsyncIterator[dict[str, Any] | None]:
        """Entries; None for a beat."""
        async with aclosing(self.told_by_socket(after)) as told:
            async for name, news in told:
                if name != "counterpart":
                    yield news

    async def by_events(self, after: int = 0, last_event_id: str | None = None) -> AsyncIterator[dict[str, Any] | None]:
        """The same."""
        async with aclosing(self.told_by_events(after, last_event_id)) as told:
            async for name, news in told:
                if name != "counterpart":
                    yield news

    async def told_by_socket(self, after: int = 0) -> AsyncGenerator[tuple[str, dict[str, Any] | None]]:
        """Everything that is told, by its kind."""
        async with self.http.ws_connect(f"/chat/live?after={after}") as socket:
            async for message in socket:
                news = message.json()
                yield news["type"], news.get(news["type"])

    async def told_by_events(
        self, after: int = 0, last_event_id: str | None = None
    ) -> AsyncGenerator[tuple[str, dict[str, Any] | None]]:
        """The same."""
        headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
        async with self.http.get("/chat/events", params={"after": after}, headers=headers) as answer:
            assert answer.content_type == "text/event-stream"
            event = ""
            async for raw in answer.content:
                name, _, value = raw.decode().rstrip("\n").partition(": ")
                if name == "event":
                    event = value
                elif name == "data":
                    yield event, json.loads(value) or None


async def replayed(lines: AsyncIterator[dict[str, Any] | None]) -> list[dict[str, Any]]:
    """What a live line gives until it has caught up."""
    found = []
    async for entry in lines:
        if entry is None:
            return found
        found.append(entry)
    raise AssertionError("the line ended before it had caught up")

"""How updates reach the bot: by webhook, again until it says 200, or by getUpdates until they are confirmed."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from typing import Any

import aiohttp
from aiohttp import web

from tests.telegram.books import Books
from tests.telegram.rules import Refused

HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Deliveries:
    """The updates in their order. `attempts`: (update_id, status) of every webhook call, 0 for none or a cut one."""

    def __init__(self, books: Books, patience: float, redeliver: float) -> None:
        self._books = books
        self._patience = patience
        self._redeliver = redeliver
        self._last = 1000
        self._waiting: deque[dict[str, Any]] = deque()
        self._queues: defaultdict[int, deque[dict[str, Any]]] = defaultdict(deque)
        self._senders: dict[int, asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None
        self._came = asyncio.Event()
        self._asking: asyncio.Event | None = None
        self.shown = asyncio.Event()
        self.attempts: list[tuple[int, int]] = []
        self.twice = False
        """Send every update twice, as when an answer was lost."""
        self.turns: list[str] = []
        """Where webhook calls go by turns, as behind a load balancer; else where the webhook is."""

    def put(self, update: dict[str, Any], chat: int) -> int:
        """One more update of this chat; returns its number."""
        self._last += 1
        numbered = {"update_id": self._last, **update}
        if self._books.webhook is None:
            self._waiting.append(numbered)
            self._came.set()
        else:
            self._send(chat, numbered)
        return self._last

    def go_on(self) -> None:
        """A webhook was set: it gets what waits."""
        while self._waiting:
            update = self._waiting.popleft()
            self._send(update["update_id"], update)

    async def delivered(self) -> None:
        """Return when every update of the webhook was taken."""
        while self._senders:
            await asyncio.wait(self._senders.values())

    async def stop(self) -> None:
        for task in self._senders.values():
            task.cancel()
        await asyncio.gather(*self._senders.values(), return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def looked(self) -> None:
        """Return after something more has happened: a webhook call, a question for updates, a message shown."""
        self.shown.clear()
        await asyncio.wait_for(self.shown.wait(), 20)

    @property
    def is_asked(self) -> bool:
        """Whether a getUpdates waits for its answer."""
        return self._asking is not None

    @property
    def unconfirmed(self) -> list[int]:
        return [update["update_id"] for update in self._waiting]

    async def ask(self, parameters: dict[str, Any], request: web.Request) -> list[dict[str, Any]]:
        """getUpdates. A second one ends the first."""
        self.shown.set()
        if self._books.webhook is not None:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        if self._asking is not None:
            self._asking.set()
        mine = self._asking = asyncio.Event()
        offset = parameters.get("offset", 0)
        while self._waiting and self._waiting[0]["update_id"] < offset:
            self._waiting.popleft()
            self.shown.set()
        if not self._waiting and parameters.get("timeout", 0):
            self._came.clear()
            waits = [asyncio.create_task(event.wait()) for event in (self._came, mine)]
            await asyncio.wait(waits, timeout=parameters["timeout"], return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
        if mine.is_set():
            raise Refused(409, "Conflict: terminated by other getUpdates request")
        self._asking = None
        return list(self._waiting)[: parameters.get("limit", 100)]

    def _send(self, chat: int, update: dict[str, Any]) -> None:
        self._queues[chat].append(update)
        if chat not in self._senders:
            self._senders[chat] = asyncio.create_task(self._drain(chat))

    async def _drain(self, chat: int) -> None:
        while self._queues[chat]:
            update = self._queues[chat][0]
            await asyncio.gather(*[self._until_taken(update) for _ in range(2 if self.twice else 1)])
            self._queues[chat].popleft()
        del self._senders[chat]

    async def _until_taken(self, update: dict[str, Any]) -> None:
        while await self._post(update) != 200:  # noqa: ASYNC110 -- Telegram, too, just tries again
            await asyncio.sleep(self._redeliver)

    async def _post(self, update: dict[str, Any]) -> int:
        hook = self._books.webhook
        if hook is None:
            return 200
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=hook.get("max_connections", 40))
            self._session = aiohttp.ClientSession(connector=connector)
        headers = {HEADER: hook["secret_token"]} if "secret_token" in hook else {}
        try:
            timeout = aiohttp.ClientTimeout(total=self._patience)
            url = self.turns[len(self.attempts) % len(self.turns)] if self.turns else hook["url"]
            async with self._session.post(url, json=update, headers=headers, timeout=timeout) as answer:
                status = answer.status
                await answer.read()
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        self.attempts.append((update["update_id"], status))
        self.shown.set()
        return status

"""The channel and the order service: real servers with books of their own, and whatever weather they are given."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.storm.books import Booking, Books, Sending
from tests.storm.weather import Fault, Weather, answer

Answering = Callable[[web.Request], Any]


class ChannelServer:
    """Takes bots' messages for customers. It knows which chats a person has claimed, and writes down what a bot
    said there all the same. `on_taken` is called with every sending that was taken."""

    def __init__(self, books: Books, weather: Weather) -> None:
        self._books = books
        self._weather = weather
        self.claimed: set[str] = set()
        self.before: Callable[[dict[str, Any]], Any] | None = None
        self.grown = asyncio.Event()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/messages", self._take)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        sent = await request.json()
        if self.before is not None:
            await self.before(sent)
        fault = self._weather.draw()
        self._write_down(sent, fault)
        return await answer(request, fault, {})

    def _write_down(self, sent: dict[str, Any], fault: Fault) -> None:
        by_bot = sent["sender"] == "bot"
        self._books.sendings.append(
            Sending(
                at=time.monotonic(),
                node=sent["node"],
                chat=sent["chat"],
                seq=sent["seq"],
                line=json.loads(sent["text"]),
                taken=fault.is_done,
                told=fault is Fault.NONE,
                after_claim=by_bot and sent["chat"] in self.claimed,
            )
        )
        self.grown.set()


class OrderService:
    """Cancels orders: every call that it carries out is booked, and only its key keeps it from being booked again."""

    def __init__(self, books: Books, weather: Weather) -> None:
        self._books = books
        self._weather = weather
        self._by_key: dict[str, Booking] = {}

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/orders/{number}", self._look)
        app.router.add_post("/cancellations", self._cancel)
        return app

    async def _look(self, request: web.Request) -> web.Response:
        return await answer(request, self._weather.draw(), {"order": request.match_info["number"]})

    async def _cancel(self, request: web.Request) -> web.Response:
        wanted, key = await request.json(), request.headers["Idempotency-Key"]
        fault = self._weather.draw()
        if not fault.is_done:
            return await answer(request, fault, {})
        booking = self._by_key.get(key)
        if booking is None:
            booking = Booking(len(self._by_key) + 1, key, wanted["order"], wanted["amount"])
            self._by_key[key] = booking
            self._books.bookings.append(booking)
        return await answer(
            request, fault, {"booking": booking.number, "order": booking.order, "amount": booking.amount}
        )


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """Serve on a free port; gives the URL. A handler ends when its client has gone."""
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024, shutdown_timeout=0.1).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()

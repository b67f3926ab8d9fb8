"""The channel and the order service: real servers with books of their own, and whatever weather they are given."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.storm.books import Booking, Books, Sending, line_of
from tests.storm.weather import Fault, answer

Lot = Callable[[dict[str, Any]], Fault]
Hold = Callable[[dict[str, Any]], Awaitable[None]]


async def at_once(_: dict[str, Any]) -> None:
    """Nothing is waited for."""


class ChannelServer:
    """Takes bots' messages for customers. It knows which chats a person has claimed, and writes down what a bot
    said there all the same. `lot` says what happens to a request; `hold` delays the answer to what was taken."""

    def __init__(self, books: Books, lot: Lot, hold: Hold = at_once) -> None:
        self._books = books
        self.lot = lot
        self.hold = hold
        self.claimed: set[str] = set()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/messages", self._take)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        sent = await request.json()
        fault = self.lot(sent)
        sending = self._write_down(sent, fault)
        if fault is Fault.NONE:
            await self.hold(sent)
            sending.told = True
        return await answer(request, fault, {})

    def _write_down(self, sent: dict[str, Any], fault: Fault) -> Sending:
        sending = Sending(
            request=sent["request"],
            at=time.monotonic(),
            node=sent["node"],
            chat=sent["chat"],
            seq=sent["seq"],
            line=line_of(sent["key"], sent["text"]),
            taken=fault.is_done,
            after_claim=sent["sender"] == "bot" and sent["chat"] in self.claimed,
        )
        self._books.sendings.append(sending)
        return sending


class OrderService:
    """Cancels orders: every call that it carries out is booked, and only its key keeps it from being booked again.
    `hold` delays the answer to somebody who only looks."""

    def __init__(self, books: Books, lot: Lot, hold: Hold = at_once) -> None:
        self._books = books
        self.lot = lot
        self.hold = hold
        self._by_key: dict[str, Booking] = {}

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/orders/{number}", self._look)
        app.router.add_post("/cancellations", self._cancel)
        return app

    async def _look(self, request: web.Request) -> web.Response:
        asked = {"order": request.match_info["number"]}
        await self.hold(asked)
        return await answer(request, self.lot(asked), asked)

    async def _cancel(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        fault = self.lot(wanted)
        if not fault.is_done:
            return await answer(request, fault, {})
        booked = self._book(request.headers["Idempotency-Key"], wanted)
        return await answer(request, fault, {"booking": booked.number, "order": booked.order, "amount": booked.amount})

    def _book(self, key: str, wanted: dict[str, Any]) -> Booking:
        if key not in self._by_key:
            booking = Booking(len(self._by_key) + 1, key, wanted["order"], wanted["amount"])
            self._by_key[key] = booking
            self._books.bookings.append(booking)
        return self._by_key[key]


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """Serve on a free port; gives the URL. A handler ends when its client has gone."""
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()

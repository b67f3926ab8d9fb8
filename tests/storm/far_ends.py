"""A node's own side of the two services: the channel's adapter and the performers of orders, over real HTTP."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp

from bot.channel import Capabilities
from bot.dialogue.effects import Outcome
from bot.errors import Later, LinkError, OrderServiceDown
from bot.messages import Address, Outgoing
from bot.orders.effects import CancelOrder, GetOrder
from bot.orders.model import Change
from bot.performer import Performers, Scope

CHANNEL = "storm"


class HttpChannel:
    """Posts each message to the channel's server, and notes in a file when it heard that one was taken, was refused, or
    gave up waiting: what it never heard it has to send again. The clock is one for all processes of a machine."""

    name = CHANNEL
    capabilities = Capabilities()

    def __init__(self, session: aiohttp.ClientSession, url: str, node: str, notes: Path) -> None:
        self._session = session
        self._url = url
        self._node = node
        self._notes = notes.open("a", buffering=1)
        self._count = itertools.count(1)

    async def send(self, address: Address, message: Outgoing, seq: int) -> None:
        request = f"{self._node}-{next(self._count)}"
        body = {"request": request, "node": self._node, "chat": address.chat, "seq": seq}
        words = {"sender": message.sender, "key": message.key, "text": message.text}
        how_it_ended = "refused"
        try:
            await self._post({**body, **words})
            how_it_ended = "heard"
        except asyncio.CancelledError:
            how_it_ended = "left"
            raise
        finally:
            self._notes.write(f"{request} {how_it_ended} {time.monotonic()}\n")

    async def _post(self, body: dict[str, Any]) -> None:
        try:
            async with self._session.post(f"{self._url}/messages", json=body) as answer:
                if answer.status == 429:
                    told = await answer.json()
                    raise Later("busy", after=told["retry_after"], channel_wide=told["channel_wide"])
                if answer.status != 200:
                    raise Later(f"answered {answer.status}")
        except aiohttp.ClientError as error:
            raise Later(type(error).__name__) from None


class HttpOrders:
    """Asks the order service; anything but a clear answer is `OrderServiceDown`."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def read(self, effect: GetOrder, scope: Scope) -> Outcome:
        await self._ask("GET", f"/orders/{effect.number}")
        return Outcome("order_found")

    async def cancel(self, effect: CancelOrder, scope: Scope) -> Outcome:
        wanted = {"order": effect.number, "amount": effect.accepted_fee}
        booked = await self._ask("POST", "/cancellations", json=wanted, headers={"Idempotency-Key": scope.key})
        return Outcome("cancelled", booked)

    async def changes(self, after: int, limit: int) -> Sequence[Change]:
        return []

    @property
    def performers(self) -> Performers:
        return {GetOrder: self.read, CancelOrder: self.cancel}

    async def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        try:
            async with self._session.request(method, self._url + path, **more) as answer:
                if answer.status != 200:
                    raise OrderServiceDown(f"answered {answer.status}")
                told: dict[str, Any] = await answer.json()
                return told
        except aiohttp.ClientError as error:
            raise OrderServiceDown(type(error).__name__) from None


class NoLinks:
    """Nobody comes by a link here."""

    def verify(self, token: str) -> str:
        raise LinkError("there are no links in a storm")

"""WeChat as a channel of the runtime."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from adapters.wechat import wording
from adapters.wechat.account import Account
from adapters.wechat.api import CALL_SECONDS, Api
from adapters.wechat.files import Files
from adapters.wechat.postman import Postman
from adapters.wechat.problems import ApiRefused
from adapters.wechat.reading import NAME
from adapters.wechat.records import Records
from bot.channel import Capabilities, Standing
from bot.messages import Address, Outgoing, outgoing_to_json

MOST_BYTES = 10 * 1024 * 1024
TYPING_LASTS = 15.0
"""Seconds for which WeChat shows the sign, or until a message comes; a second one meanwhile is refused."""


@dataclass(frozen=True, slots=True)
class OnlyAnswers:
    """The standing with an account that may send nothing by itself; see `bot.channel.Standing`."""

    kept: int
    reserved: bool
    now: float
    left: int = 0
    until: float | None = None
    why: str | None = "account"


class WeChat:
    """Keeps every message durably, to go back in the answer to a push that waits, or by the API, or when the customer
    writes again. `most`: bytes of one file. `clock`: seconds since 1970."""

    name = NAME
    capabilities = Capabilities(buttons=False, typing=True, max_text=wording.MOST_CHARACTERS)

    def __init__(self, account: Account, records: Records, clock: Callable[[], float], most: int = MOST_BYTES) -> None:
        self.account = account
        self.records = records
        self.clock = clock
        self.api = Api(account, records, clock, most)
        self.postman = Postman(account, records, self.api)
        self.files = Files(account, clock)
        self._typed: dict[str, float] = {}
        self._begun: set[asyncio.Task[None]] = set()

    async def send(self, address: Address, message: Outgoing, seq: int) -> None:
        """See `bot.channel.Channel.send`. What stands right behind it in the log goes out together with it."""
        # A caller whose time is over must not cut off a call whose outcome then nobody would note.
        self._typed.pop(address.chat, None)
        await asyncio.shield(self._begin(self._send(address, message, seq)))

    async def _send(self, address: Address, message: Outgoing, seq: int) -> None:
        conversation, postman, payload = address.conversation, self.postman, outgoing_to_json(message)
        cut = partial(wording.cut, offer=self.files.offer(address))
        parcel = await self.records.put(conversation, seq, payload, cut, postman.pack, api=postman.may_call)
        if parcel is not None:
            await postman.post(conversation, parcel)
        else:
            await postman.call_back(conversation)

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._begun.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._begun.discard(task)
        if not task.cancelled():
            task.exception()  # where its caller has left, nobody else asks for it

    async def typing(self, address: Address) -> None:
        """Show that somebody is writing, until the next message or for some seconds."""
        openid, now = address.chat, self.clock()
        self._typed = {each: at for each, at in self._typed.items() if now - at < TYPING_LASTS}
        if openid not in self._typed:
            self._typed[openid] = now
            self._begin(self.show_typing(openid))

    async def show_typing(self, openid: str) -> None:
        """Show it if we may. WeChat refuses it when the customer was silent for half a minute."""
        if self.postman.may_call:
            with contextlib.suppress(ApiRefused):
                await self.api.typing(openid)

    async def standing(self, address: Address) -> Standing:
        """How many messages may still be sent to this customer, until when and why: the countdown for staff."""
        found = await self.records.standing(address.conversation)
        return found if self.postman.may_call else OnlyAnswers(found.kept, found.reserved, found.now)

    async def close(self) -> None:
        """Let the calls under way end, and give the connections back."""
        if self._begun:
            await asyncio.wait(self._begun, timeout=CALL_SECONDS)
        await self.api.close()

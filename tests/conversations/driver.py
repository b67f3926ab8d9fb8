"""How a script reaches the bot. Another channel is another `Driver`: the scripts stay the same."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol
from uuid import uuid4

from bot.channel import Capabilities
from bot.messages import Address, Attachment, AttachmentKind, Choice, Incoming, Outgoing
from bot.runtime.service import Runtime

CHAT = Address("script", "7")


class Driver(Protocol):
    """One customer in one chat. Every call returns once all that follows from it at this time is done."""

    async def say(self, text: str, times: int = 1) -> None:
        """Say something; the channel delivers it so many times."""

    async def say_at_once(self, texts: Sequence[str]) -> None:
        """Several messages before the first is answered."""

    async def press(self, token: str, label: str) -> None:
        """Press a button, new or old, real or forged."""

    async def attach(self, kind: str, words: str) -> None:
        """Send a picture, a file or the like, with words or without."""

    async def open_link(self, token: str) -> None:
        """Come by a deep link."""

    async def let_happen(self) -> None:
        """Let everything that came due meanwhile happen."""

    async def answers(self) -> list[Outgoing]:
        """What was shown since the last call, as it arrived."""


class Phone:
    """A channel that remembers what arrived."""

    name = CHAT.channel
    capabilities = Capabilities()

    def __init__(self) -> None:
        self.arrived: list[Outgoing] = []

    async def send(self, address: Address, message: Outgoing, seq: int) -> None:
        self.arrived.append(message)


class RuntimeDriver:
    """Straight to the runtime, without a channel's server in between."""

    def __init__(self, runtime: Runtime, phone: Phone, language: str) -> None:
        self._runtime = runtime
        self._phone = phone
        self._language = language

    async def say(self, text: str, times: int = 1) -> None:
        await self._receive(*[self._message(text)] * times)

    async def say_at_once(self, texts: Sequence[str]) -> None:
        await self._receive(*map(self._message, texts))

    async def press(self, token: str, label: str) -> None:
        await self._receive(self._message("", pressed=token))

    async def attach(self, kind: str, words: str) -> None:
        file = Attachment(AttachmentKind(kind), uuid4().hex, f"it.{kind}", "application/octet-stream", 3)
        await self._receive(self._message(words, attachments=(file,)))

    async def open_link(self, token: str) -> None:
        await self._receive(self._message("", link=token))

    async def let_happen(self) -> None:
        await self._runtime.settle()

    async def answers(self) -> list[Outgoing]:
        arrived, self._phone.arrived = self._phone.arrived, []
        return arrived

    def _message(self, text: str, **more: object) -> Incoming:
        return Incoming(CHAT, uuid4().hex, text, language=self._language, **more)  # type: ignore[arg-type]

    async def _receive(self, *messages: Incoming) -> None:
        await asyncio.gather(*map(self._runtime.receive, messages))
        await self._runtime.settle()


def buttons(messages: Sequence[Outgoing]) -> list[Choice]:
    """The buttons of the newest message that has any."""
    return list(next((message.choices for message in reversed(messages) if message.choices), ()))

"""Conversation scripts through Telegram: said in a client, taken by webhook or polling, heard on its server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from adapters.telegram import Adapter
from adapters.telegram.pieces import STAFF
from adapters.telegram.words import words
from bot.dialogue.engine import Engine
from bot.messages import Address, Choice, Outgoing
from bot.runtime.service import Runtime
from tests.conversations.ground import Ground
from tests.conversations.world import World, world
from tests.telegram.books import Shown
from tests.telegram.customer import Customer
from tests.telegram.rules import MAX_TEXT
from tests.telegram.server import BotApi
from tests.telegram.tepai import Door, adapter

JPEG = b"\xff\xd8\xff" + b"\0" * 64
CONTACT_LINES = tuple(words(language)["share_contact"] for language in ("zh", "en"))


class Overheard:
    """The adapter's channel; remembers which text each message was made from, which Telegram does not show."""

    def __init__(self, adapter: Adapter) -> None:
        self._channel = adapter.channel
        self.name = adapter.channel.name
        self.capabilities = adapter.channel.capabilities
        self.sent: list[Outgoing] = []

    async def send(self, address: Address, message: Outgoing, seq: int) -> None:
        await self._channel.send(address, message, seq)
        self.sent.append(message)


class TelegramDriver:
    """See `tests.conversations.driver.Driver`."""

    def __init__(self, customer: Customer, adapter: Adapter, overheard: Overheard, runtime: Runtime) -> None:
        self.customer = customer
        self._api = customer.api
        self._adapter = adapter
        self._overheard = overheard
        self._runtime = runtime
        self._read = 0

    async def say(self, text: str, times: int = 1) -> None:
        shown = self.customer.says(text[:MAX_TEXT])
        for _ in range(times - 1):
            self.customer.put({"message": self._api.books.as_json(self.customer.chat, shown)})
        await self.let_happen()

    async def say_at_once(self, texts: Sequence[str]) -> None:
        for text in texts:
            self.customer.says(text[:MAX_TEXT])
        await self.let_happen()

    async def press(self, token: str, label: str) -> None:
        query = self.customer.presses(token)
        await self.let_happen()
        assert query in self._api.books.answered, "the button's clock still runs"

    async def attach(self, kind: str, words: str) -> None:
        customer, caption = self.customer, {"caption": words} if words else {}
        match kind:
            case "image":
                customer.sends_photo(JPEG, words)
            case "file":
                customer.sends_file("document", b"%PDF-1.7", "it.pdf", "application/pdf", **caption)
            case "voice":
                customer.sends_file("voice", b"OggS", "", "audio/ogg", **caption)
            case "video":
                customer.sends_file("video", b"ftyp", "it.mp4", "video/mp4", **caption)
            case "sticker":
                customer.sends_sticker()
            case "location":
                customer.sends_location()
            case "contact":
                customer.shares_contact(own=False)
        await self.let_happen()

    async def open_link(self, token: str) -> None:
        assert len(token) <= 64, "Telegram passes no longer payload"
        self.customer.starts(token)
        await self.let_happen()

    async def let_happen(self) -> None:
        if self._api.books.webhook is None:
            await self._adapter.poller.once(0)
            await self._adapter.poller.once(0)
        else:
            await self._api.updates.delivered()
        await self._adapter.albums.hand_on_due()
        await self._runtime.settle()
        await self._adapter.channel.aside.settle()

    async def answers(self) -> list[Outgoing]:
        shown = self.customer.chat.by_bot()[self._read :]
        self._read += len(shown)
        shown = [message for message in shown if message.versions[0][0] not in CONTACT_LINES]
        sent, self._overheard.sent = self._overheard.sent, []
        heard = [_heard(message, shown) for message in sent]
        assert not shown, "Telegram shows more than was said"
        assert self._api.books.refusals() == []
        return heard


@asynccontextmanager
async def through_telegram(
    api: BotApi, ground: Ground, engine: Engine, language: str, *, at: str = "14:30", stalls: bool = False
) -> AsyncIterator[tuple[World, TelegramDriver]]:
    """The scripts' world with a chat in Telegram: Chinese customers by webhook, English ones by polling."""
    door = Door() if language == "zh" else None
    telegram = adapter(api, ground.database, door.url if door else None)
    overheard = Overheard(telegram)
    around = await world(ground, engine, at, stalls=stalls, channel=overheard)
    telegram.connect(around.runtime)
    if door is not None:
        await door.open(Starlette(routes=telegram.routes()))
    await telegram._announcer.announce()
    customer = Customer(api, api.chat(7, language={"zh": "zh-hans", "en": "en-GB"}[language]))
    try:
        yield around, TelegramDriver(customer, telegram, overheard, around.runtime)
    finally:
        await telegram.close()
        if door is not None:
            await door.close()


def _heard(message: Outgoing, shown: list[Shown]) -> Outgoing:
    """The message as it stands in the chat: its pieces joined, and the buttons of the last one."""
    text, labels = "", {}
    meant = STAFF + message.text if message.sender == "staff" else message.text
    while len("".join(text.split())) < len("".join(meant.split())):
        piece, labels = shown.pop(0).versions[0]
        text = f"{text}\n{piece}" if text else piece
    assert text.split() == meant.split() or len(text) > MAX_TEXT
    assert list(labels) == [choice.token for choice in message.choices]
    choices = tuple(Choice(token, label) for token, label in labels.items())
    return Outgoing(text, choices, key=message.key, values=message.values)

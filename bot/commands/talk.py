"""`tepai talk`: the chat in a terminal, or through a pipe."""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import click

from bot.channel import Capabilities
from bot.config import Settings
from bot.messages import Address, Entry, Incoming, Outgoing
from bot.sections import DatabaseSection

if TYPE_CHECKING:
    from bot.bootstrap import App


@click.command()
@click.option("--lang", type=click.Choice(["zh", "en"]), help="The language to begin in; else the customer's own.")
@click.option("--as", "persona", default="lin", show_default=True, help="The customer to be.")
@click.option("--database", metavar="URL", help="Talk on this database and keep everything, not on a throw-away one.")
def talk(lang: str | None, persona: str, database: str | None) -> None:
    """Talk to the bot here, as a demo customer with an order that is stuck.

    With piped input, each line is one message; answers go to standard output.
    """
    from bot import config, logs

    logs.configure(level=logging.WARNING)
    settings = config.load()
    for stream in (sys.stdin, sys.stdout):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    if database:
        kept = settings.model_copy(update={"database": DatabaseSection(url=database)})
        asyncio.run(_talk(kept, persona, lang))
        return
    with tempfile.TemporaryDirectory(prefix="tepai-") as folder:
        file = DatabaseSection(url=f"sqlite:///{Path(folder) / 'talk.db'}")
        asyncio.run(_talk(settings.model_copy(update={"database": file, "demo": True}), persona, lang))


class Terminal:
    """A terminal as a channel. It reads the conversation's log, so that nothing has to be handed to it."""

    name = "terminal"
    capabilities = Capabilities(buttons=False)

    async def send(self, address: Address, message: Outgoing, seq: int) -> None:
        """In the log already."""


class Talk:
    """One conversation, and how much of it was shown."""

    def __init__(self, app: App, language: str) -> None:
        self._runtime = app.runtime
        self._address = Address(Terminal.name, uuid4().hex)
        self._language = language
        self._shown = 0

    async def open(self, link: str) -> None:
        """Come in by a deep link."""
        await self._runtime.receive(Incoming(self._address, uuid4().hex, link=link, language=self._language))

    async def say(self, text: str) -> None:
        """Say one thing."""
        await self._runtime.receive(Incoming(self._address, uuid4().hex, text, language=self._language))

    async def news(self) -> list[Entry]:
        """What the bot said since the last call."""
        entries = await self._runtime.history(self._address.conversation, self._shown)
        self._shown = entries[-1].seq if entries else self._shown
        return [entry for entry in entries if entry.sender != "customer"]

    async def follow(self) -> AsyncIterator[Entry]:
        """What the bot says, asked or not, for ever."""
        with self._runtime.watch(self._address.conversation) as wake:
            while True:
                for entry in await self.news():
                    yield entry
                await wake.wait()


async def _talk(settings: Settings, persona: str, lang: str | None) -> None:
    from bot.bootstrap import assemble

    app = assemble(settings, [Terminal()])
    if sys.stdin.isatty():
        async with app.running(), _opened(app, persona, lang) as chat:
            await _converse(chat)
        return
    async with app.ready(), _opened(app, persona, lang) as chat:
        await _pipe(app, chat)


@asynccontextmanager
async def _opened(app: App, persona: str, lang: str | None) -> AsyncIterator[Talk]:
    customer = await app.gateway.customer(persona)
    if customer is None:
        raise click.BadParameter(f"no such customer; in the demo there are {_names()}", param_hint="--as")
    chat = Talk(app, lang or customer.language)
    await chat.open(app.links.make(persona))
    yield chat


def _names() -> str:
    from bot.orders.sql.seed import PERSONAS

    return ", ".join(persona.id for persona in PERSONAS)


async def _pipe(app: App, chat: Talk) -> None:
    """Answer line by line. Everything that is due is done before the next line is read, as if its writer waited."""
    await app.runtime.settle()
    _print(await chat.news())
    for line in sys.stdin:
        await chat.say(line.rstrip("\r\n"))
        await app.runtime.settle()
        _print(await chat.news())


def _print(entries: Iterable[Entry]) -> None:
    for entry in entries:
        click.echo(_written(entry))


def _written(entry: Entry) -> str:
    choices = [f"  {place}. {choice.label}" for place, choice in enumerate(entry.choices, 1)]
    return "\n".join([entry.text, *choices])


async def _converse(chat: Talk) -> None:
    """A prompt below, the bot's messages above it whenever they come."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.patch_stdout import patch_stdout

    following = asyncio.create_task(_show(chat))
    session: PromptSession[str] = PromptSession("› ")
    try:
        with patch_stdout(raw=True):
            while True:
                await chat.say(await session.prompt_async())
    except (EOFError, KeyboardInterrupt):
        return
    finally:
        following.cancel()


async def _show(chat: Talk) -> None:
    from rich.console import Console
    from rich.text import Text

    async for entry in chat.follow():
        # Anew for each message: while the prompt is shown, standard output is another.
        Console(file=sys.stdout, force_terminal=True).print(Text(_written(entry), style="cyan"), end="\n\n")

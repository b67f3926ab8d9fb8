"""What Tepai keeps for every line of a conversation: so the floor writes rows of the same size."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.demo import hold_orders
from benchmarks.servers import CHANNEL, incoming, settings
from benchmarks.talk import PERSON, Line, webhook
from bot.bootstrap import assemble
from bot.channel import Capabilities
from bot.messages import Address, Outgoing, outgoing_to_json
from bot.store.conversations import whose

CHAT = "recorded"
CONVERSATION = Address(CHANNEL, CHAT).conversation


class Notes:
    """A channel that writes down what it is to send."""

    name = CHANNEL
    capabilities = Capabilities()

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    async def send(self, address: Address, message: Outgoing, seq: int) -> None:
        """See `bot.channel.Channel.send`."""
        del address, seq
        self.sent.append(message)

    def token(self, place: int) -> str:
        """A button of the newest question."""
        return next(message for message in reversed(self.sent) if message.choices).choices[place].token


async def recorded(talk: Sequence[Line]) -> list[dict[str, Any]]:
    """For every line the conversation's state after it, and the first answer to it: {"state", "out"}."""
    with tempfile.TemporaryDirectory(prefix="tepai-") as folder:
        return [kept async for kept in _kept(f"sqlite:///{Path(folder) / 'tepai.db'}", talk)]


async def held(url: str, talk: Sequence[Line]) -> str:
    """Hold one conversation on a new database, and return its id."""
    async for _ in _kept(url, talk):
        pass
    return CONVERSATION


async def _kept(url: str, talk: Sequence[Line]) -> AsyncIterator[dict[str, Any]]:
    notes = Notes()
    app = assemble(settings(url), [notes])
    async with app.ready():
        await hold_orders(app.database)
        for place, line in enumerate(talk):
            token = notes.token(line) if isinstance(line, int) else None
            body = webhook(CHAT, f"m{place}", place, line, link=app.links.make(PERSON), token=token)
            before = len(notes.sent)
            await app.runtime.receive(incoming(body))
            await app.runtime.settle()
            state = (await app.database.run(whose, CONVERSATION)).state
            yield {"state": dict(state), "out": outgoing_to_json(notes.sent[before])}

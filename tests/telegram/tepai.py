"""Tepai with Telegram as its channel, joined to the Bot API server of the tests."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from typing import Any

import uvicorn
from starlette.applications import Starlette

from adapters.telegram import Adapter, Desk, Habits, Options, Store
from bot.dialogue.turn import Dialogue
from bot.runtime.service import Runtime
from bot.runtime.settings import RuntimeSettings
from bot.store import attachments
from bot.store.albums import StoredAlbums
from bot.store.database import Database
from bot.store.notes import Reachability, StoredNotes, StoredTurns
from bot.telegram import asks_contact, card
from tests.runtime.parts import Echo, Feed, OneLink, OrderDesk
from tests.telegram.server import BotApi

SECRET = "a-webhook-secret-of-the-tests"
FAST = 100_000.0


class Door:
    """The web server that takes webhook calls: uvicorn on a real socket, in the loop that runs.

    Without uvicorn's own loop, which only looks every 0.1 s whether to stop.
    """

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self._server: uvicorn.Server | None = None

    async def open(self, app: Any) -> None:
        config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1)
        config.load()
        self._server = uvicorn.Server(config)
        self._server.lifespan = config.lifespan_class(config)
        await self._server.startup(sockets=[self.socket])

    async def close(self) -> None:
        if self._server is not None:
            await self._server.shutdown(sockets=[self.socket])
        self.socket.close()


def adapter(api: BotApi, database: Database, url: str | None, **options: Any) -> Adapter:
    """The adapter as bootstrap joins it. `url`: ours for the webhook, None for polling."""
    wanted = Options(
        api.token, url=url, secret=SECRET, base_url=api.url, **{"per_second": FAST, "chat_burst": 10_000, **options}
    )
    store = Store(
        StoredNotes(database),
        StoredTurns(database),
        lambda address, ref: database.run(partial(attachments.find, conversation=address.conversation, ref=ref)),
        Reachability(database),
        StoredAlbums(database),
    )
    return Adapter(wanted, store, Habits(asks_contact, card))


class Tepai:
    """One process, as it were. It works in the background only after `start`; until then `settle` does it.

    `webhook`: updates come by webhook, else by polling. `staff`: what their group works on.
    """

    def __init__(
        self,
        api: BotApi,
        database: Database,
        *,
        webhook: bool = True,
        dialogue: Dialogue | None = None,
        settings: RuntimeSettings | None = None,
        staff: Callable[[Runtime], Desk] | None = None,
        **options: Any,
    ) -> None:
        self.api = api
        self.database = database
        self.door = Door() if webhook else None
        self.desk = OrderDesk()
        self.adapter = adapter(api, database, self.door.url if self.door else None, **options)
        channels = {self.adapter.channel.name: self.adapter.channel}
        parts = (dialogue or Echo(), self.desk.performers, channels, Feed(), OneLink(), settings or RuntimeSettings())
        self.runtime = Runtime(database, *parts)
        self.adapter.connect(self.runtime, staff(self.runtime) if staff else None)

    async def open(self) -> None:
        """Open the door, and tell Telegram where it is."""
        if self.door is not None:
            await self.door.open(Starlette(routes=self.adapter.routes()))
        await self.adapter._announcer.announce()

    async def close(self) -> None:
        await self.adapter.stop()
        await self.runtime.stop()
        await self.adapter.close()
        if self.door is not None:
            await self.door.close()

    async def settle(self) -> None:
        """Let everything that is due now happen, on both sides."""
        await self.take_in()
        await self.adapter.albums.hand_on_due()
        await self.runtime.settle()
        await self.adapter.channel.aside.settle()

    async def take_in(self) -> None:
        """Until Telegram has nothing more for us."""
        if self.door is not None:
            await self.api.updates.delivered()
            return
        await self.adapter.poller.once(0)
        await self.adapter.poller.once(0)

"""Telegram, joined: made from settings, handed the service, started and stopped with the process."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from starlette.routing import BaseRoute
from telegram.error import TelegramError
from telegram.ext import ExtBot

from adapters.telegram.albums import Albums, Parts
from adapters.telegram.announcing import Announcer
from adapters.telegram.calls import Bot, Calls
from adapters.telegram.channel import Files, Telegram
from adapters.telegram.files import FileFetcher
from adapters.telegram.groups import Groups
from adapters.telegram.limits import CHAT_BURST, Limits
from adapters.telegram.pieces import Habits
from adapters.telegram.polling import Poller
from adapters.telegram.receiver import MarkReachable, Receiver
from adapters.telegram.refusals import delivery_error
from adapters.telegram.request import AiohttpRequest
from adapters.telegram.staff_desk import Desk
from adapters.telegram.staff_follower import Follower
from adapters.telegram.staff_group import LINK, StaffGroup
from adapters.telegram.staff_topics import Board
from adapters.telegram.webhook import Webhook
from bot.channel import Notes, Service, Turns


@dataclass(frozen=True, slots=True)
class Options:
    """How to reach Telegram, and how it reaches us.

    `url`: our public address for the webhook, None for polling. `base_url`: the Bot API server. `per_second`:
    messages to all chats; `chat_burst`: to one chat at once. `most_bytes`: one file of a customer. `language`: of
    whoever shows no other. `staff_group`: the chat in which staff have a topic for each conversation.
    """

    token: str
    url: str | None = None
    secret: str = ""
    base_url: str = "https://api.telegram.org"
    per_second: float = 30.0
    chat_burst: int = CHAT_BURST
    connections: int = 40
    most_bytes: int = 10 * 1024 * 1024
    language: str = "zh"
    staff_group: int | None = None


@dataclass(frozen=True, slots=True)
class Store:
    """What the adapter is handed of the store."""

    notes: Notes
    turns: Turns
    files: Files
    reachable: MarkReachable
    albums: Parts


class Adapter:
    """Made before the runtime, because the runtime wants its channel; `connect` hands it the runtime."""

    def __init__(self, options: Options, store: Store, habits: Habits) -> None:
        self._options = options
        self._store = store
        self._request = AiohttpRequest()
        self.bot: Bot = ExtBot(
            options.token,
            base_url=f"{options.base_url.rstrip('/')}/bot",
            base_file_url=f"{options.base_url.rstrip('/')}/file/bot",
            request=self._request,
            get_updates_request=self._request,
        )
        self._calls = Calls(self.bot)
        self.channel = Telegram(
            self._calls, store.notes, store.files, habits, Limits(options.per_second, options.chat_burst)
        )
        self._announcer = Announcer(
            self.bot, options.language, options.url, options.secret, options.connections, group=options.staff_group
        )
        self._tasks: list[asyncio.Task[None]] = []

    def connect(self, service: Service, desk: Desk | None = None) -> None:
        """Hand over the service that takes messages, and what the staff's group works on, if there is one; once,
        before anything is started."""
        store = self._store
        files = FileFetcher(self.bot, service, self._options.most_bytes)
        groups = Groups(self.bot, store.notes)
        self.albums = Albums(store.albums, service)
        self.staff: StaffGroup | None = None
        self.follower: Follower | None = None
        if desk is not None and self._options.staff_group is not None:
            self._join_staff(desk, self._options.staff_group, files)
        self.receiver = Receiver(
            self.bot, service, self.channel, groups, files, self.albums, store.reachable, self.staff
        )
        self.poller = Poller(self.bot, self.receiver, store.turns)

    def _join_staff(self, desk: Desk, chat: int, fetcher: FileFetcher) -> None:
        board = Board(self._calls, chat, desk.topics, self._store.files)
        self.staff = StaffGroup(self._calls, chat, desk, fetcher)
        self.follower = Follower(desk, board, self._store.turns)

    async def staff_link(self, token: str) -> str:
        """Where a member of staff hands in the token from their own account. Raises `errors.DeliveryError`."""
        try:
            me = await self.bot.get_me()
        except TelegramError as error:
            raise delivery_error(error) from None
        return f"https://t.me/{me.username}?start={LINK}{token}"

    def routes(self) -> list[BaseRoute]:
        """The webhook, where one is wanted."""
        if self._options.url is None:
            return []
        return [Webhook(self.receiver, self._options.secret).route()]

    def start(self) -> None:
        """Announce the bot, and ask for updates where there is no webhook, until `stop`."""
        work = [self._announcer.run(), self.albums.run()]
        if self._options.url is None:
            work.append(self.poller.run())
        if self.follower is not None:
            work.append(self.follower.run())
        self._tasks += [asyncio.create_task(each) for each in work]

    async def stop(self) -> None:
        """Stop asking. What was not confirmed comes again. Messages can still be sent until `close`."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        self._tasks.clear()

    async def close(self) -> None:
        """Close the connections to Telegram."""
        await self.channel.aside.stop()
        await self._request.shutdown()

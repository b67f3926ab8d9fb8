"""Takes updates, from the webhook or from polling: durably, each once, and never stopped by one that is broken."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import structlog
from telegram.error import TelegramError

from adapters.telegram.albums import Albums
from adapters.telegram.calls import Bot
from adapters.telegram.channel import Telegram
from adapters.telegram.files import CannotFetch, FileFetcher
from adapters.telegram.groups import Groups
from adapters.telegram.inbound import Found, Heard, InGroup, InTopic, Nothing, Press, Reach, kind_of, read, salvage
from adapters.telegram.staff_group import StaffGroup, link_token
from adapters.telegram.words import words
from bot.channel import Service
from bot.errors import StoreUnavailable
from bot.messages import Address, Incoming

log = structlog.get_logger(__name__)

MOST_TRIES = 4
"""Of an update that fails for another reason than the store; then it is given up, so that the next ones get through."""
MOST_KNOWN = 10_000

MarkReachable = Callable[[Address, bool], Awaitable[None]]


class NotTaken(Exception):
    """The update was not taken and may be delivered again."""


class Receiver:
    """`reachable` is told when a customer blocks the bot or lets it in again; `staff`: the staff's own group."""

    def __init__(
        self,
        bot: Bot,
        service: Service,
        channel: Telegram,
        groups: Groups,
        files: FileFetcher,
        albums: Albums,
        reachable: MarkReachable,
        staff: StaffGroup | None = None,
    ) -> None:
        self._bot = bot
        self._service = service
        self._channel = channel
        self._groups = groups
        self._files = files
        self._albums = albums
        self._reachable = reachable
        self._staff = staff
        self._failed: OrderedDict[Any, int] = OrderedDict()
        self._taken: OrderedDict[Any, None] = OrderedDict()

    async def take(self, data: Mapping[str, Any]) -> None:
        """Return when the update is durable, or nothing will ever come of it. Raises `NotTaken`."""
        number = data.get("update_id")
        # Only saves work, such as fetching a file again: the service knows what it has.
        if number in self._taken:
            return
        await self._take_new(data)
        self._taken[number] = None
        if len(self._taken) > MOST_KNOWN:
            self._taken.popitem(last=False)

    async def _take_new(self, data: Mapping[str, Any]) -> None:
        try:
            found = read(data)
        except Exception as error:  # whatever Telegram's future brings, the next update must get through
            log.warning("telegram_update_unreadable", kind=kind_of(data), error=type(error).__name__)
            found = salvage(data) or Nothing("unreadable")
        try:
            await self._take(found)
        except StoreUnavailable as error:
            raise NotTaken from error
        except Exception as error:
            if self._is_hopeless(data.get("update_id")):
                log.error("telegram_update_given_up", kind=kind_of(data), error=type(error).__name__)  # noqa: TRY400
                return
            log.warning("telegram_update_not_taken", kind=kind_of(data), error=type(error).__name__)
            raise NotTaken from error

    async def _take(self, found: Found) -> None:
        match found:
            case Heard():
                await self._heard(found)
            case Press():
                await self._albums.hand_on_first(found.incoming.address.conversation)
                self._channel.expect(found)
                receipt = await self._service.receive(found.incoming)
                if not receipt.duplicate:
                    self._channel.aside.do(self._channel.acknowledge(found))
            case InTopic():
                await self._in_topic(found)
            case InGroup():
                if self._staff is None or self._staff.chat != found.chat:
                    await self._groups.answer(found)
            case Reach():
                await self._reachable(found.address, found.reachable)
            case Nothing(kind=kind):
                log.info("telegram_update_ignored", kind=kind)

    async def _in_topic(self, said: InTopic) -> None:
        if self._staff is not None and self._staff.chat == said.chat:
            await self._staff.heard(said)
        else:
            await self._take(said.elsewhere)

    async def _heard(self, heard: Heard) -> None:
        token = link_token(heard.incoming.link) if self._staff else None
        if self._staff and token:
            await self._staff.linked(token, int(heard.incoming.address.chat), heard.incoming.language)
            return
        conversation = heard.incoming.address.conversation
        if heard.album:
            with self._albums.arriving(conversation):
                if (picture := await self._whole(heard)) is not None:
                    await self._albums.add(picture, heard.album, heard.number)
            return
        await self._albums.hand_on_first(conversation)
        if (incoming := await self._whole(heard)) is not None:
            await self._service.receive(incoming)

    async def _whole(self, heard: Heard) -> Incoming | None:
        """The message with its file; None where there is nothing left of it without the file."""
        incoming = heard.incoming
        if heard.file is None:
            return incoming
        try:
            file = await self._files.fetch(incoming.address, heard.file)
        except CannotFetch as why:
            await self._explain(heard, why.key)
            return incoming if incoming.text else None
        return replace(incoming, attachments=(*incoming.attachments, file))

    async def _explain(self, heard: Heard, key: str) -> None:
        said = words(heard.incoming.language)[key].format(megabytes=self._files.megabytes)
        try:
            await self._bot.send_message(int(heard.incoming.address.chat), said)
        except TelegramError as error:  # delivered again, it would only fail again
            log.info("telegram_file_not_explained", error=type(error).__name__)

    def _is_hopeless(self, update: Any) -> bool:
        tries = self._failed.pop(update, 0) + 1
        if tries >= MOST_TRIES:
            return True
        self._failed[update] = tries
        if len(self._failed) > MOST_KNOWN:
            self._failed.popitem(last=False)
        return False

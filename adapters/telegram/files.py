"""Pictures, voice messages and files of customers: fetched from Telegram before their message counts as taken."""

from __future__ import annotations

import asyncio

from telegram.error import BadRequest, Forbidden, InvalidToken

from adapters.telegram.calls import Bot
from adapters.telegram.inbound import Wanted
from bot.channel import Service
from bot.content import file_name, media_type
from bot.messages import Address, Attachment

MEGABYTE = 1024 * 1024
TELEGRAMS_OWN = 20 * MEGABYTE
"""More than this the Bot API does not hand out."""
AT_ONCE = 4
"""Files are held in memory while they are fetched."""


class CannotFetch(Exception):
    """The file never will be had. `key`: the text that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class FileFetcher:
    """`most`: bytes of one file."""

    def __init__(self, bot: Bot, service: Service, most: int) -> None:
        self._bot = bot
        self._service = service
        self._most = min(most, TELEGRAMS_OWN)
        self._room = asyncio.Semaphore(AT_ONCE)

    @property
    def megabytes(self) -> int:
        """What customers are told is the most."""
        return self._most // MEGABYTE

    async def fetch(self, address: Address, wanted: Wanted) -> Attachment:
        """Keep the file. Raises `CannotFetch`, `TelegramError` when it may be tried again, or `StoreUnavailable`."""
        if wanted.size > self._most:
            raise CannotFetch("too_large")
        async with self._room:
            data = await self._bytes(wanted)
            if len(data) > self._most:
                raise CannotFetch("too_large")
            kind = media_type(wanted.media_type, data)
            try:
                return await self._service.keep_attachment(address, file_name(wanted.name), kind, data)
            except ValueError:
                raise CannotFetch("unreadable") from None

    async def _bytes(self, wanted: Wanted) -> bytes:
        try:
            file = await self._bot.get_file(wanted.file_id)
            if file.file_size and file.file_size > self._most:
                raise CannotFetch("too_large")
            return bytes(await file.download_as_bytearray())
        except BadRequest as error:
            raise CannotFetch("too_large" if "too big" in error.message else "unreadable") from None
        except (Forbidden, InvalidToken) as error:  # a file that expired answers like a wrong token
            raise CannotFetch("unreadable") from error

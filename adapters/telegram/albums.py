"""Albums. Customers send one message with several pictures; Telegram hands it over picture by picture.

Each picture is kept durably when it comes, because Telegram sends the next one of a chat only when the one before was
acknowledged. When no more have come for a moment, they are taken as one message.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Protocol

import structlog

from bot.channel import Service
from bot.errors import StoreUnavailable
from bot.messages import Incoming

log = structlog.get_logger(__name__)

QUIET_SECONDS = 1.0
"""When nothing has come for so long the album is whole. What comes later all the same is a message of its own."""
LOOK_SECONDS = 0.25
SWEEP_SECONDS = 10.0
"""How often is looked for albums of a process that died."""


class Parts(Protocol):
    """Pictures that came and were not taken yet, shared by all processes. Raises `errors.StoreUnavailable`."""

    async def add(self, message: Incoming, album: str, number: int) -> None:
        """Keep one durably; the same `number` (Telegram's message) again, even much later, changes nothing."""

    async def due(self, quiet: float) -> Sequence[tuple[str, str]]:
        """(conversation, album) of those of which nothing has come for `quiet` seconds."""

    async def waiting(self, conversation: str, album: str) -> Sequence[tuple[int, Incoming]]:
        """What has come, by number."""

    async def taken(self, conversation: str, album: str, numbers: Sequence[int]) -> None:
        """These need not be taken any more."""


class Albums:
    """Gathers them, and hands each on once."""

    def __init__(self, parts: Parts, service: Service) -> None:
        self._parts = parts
        self._service = service
        self._open: set[tuple[str, str]] = set()
        self._arriving: Counter[str] = Counter()
        self._turn = asyncio.Lock()
        self._woken = asyncio.Event()

    @contextmanager
    def arriving(self, conversation: str) -> Iterator[None]:
        """While a picture is being fetched its album is not whole."""
        self._arriving[conversation] += 1
        try:
            yield
        finally:
            self._arriving[conversation] -= 1
            if not self._arriving[conversation]:
                del self._arriving[conversation]

    async def add(self, message: Incoming, album: str, number: int) -> None:
        """Keep one picture durably. Raises `StoreUnavailable`."""
        await self._parts.add(message, album, number)
        self._open.add((message.address.conversation, album))
        self._woken.set()

    async def hand_on_first(self, conversation: str) -> None:
        """Something else came from there: what was sent before it is taken before it, as far as this process knows
        of it. Raises `StoreUnavailable`."""
        for key in [key for key in self._open if key[0] == conversation]:
            await self._hand_on(*key)

    async def hand_on_due(self) -> None:
        """Take the albums that are whole. Raises `StoreUnavailable`."""
        for conversation, album in await self._parts.due(QUIET_SECONDS):
            if conversation not in self._arriving:
                await self._hand_on(conversation, album)

    async def run(self) -> None:
        """Take what becomes whole, until cancelled."""
        while True:
            try:
                await self.hand_on_due()
            except StoreUnavailable as error:
                log.warning("telegram_albums_wait", why=str(error))
            except Exception as error:  # a defect must not leave pictures lying
                log.error("telegram_albums_failed", error=type(error).__name__)  # noqa: TRY400
            await self._pause()

    async def _pause(self) -> None:
        self._woken.clear()
        if self._open:
            await asyncio.sleep(LOOK_SECONDS)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(SWEEP_SECONDS):
                await self._woken.wait()

    async def _hand_on(self, conversation: str, album: str) -> None:
        async with self._turn:
            self._open.discard((conversation, album))  # before looking: what comes meanwhile opens it again
            try:
                found = await self._parts.waiting(conversation, album)
                if found:
                    await self._service.receive(joined(found))
                    await self._parts.taken(conversation, album, [number for number, _ in found])
            except BaseException:
                self._open.add((conversation, album))
                raise


def joined(parts: Sequence[tuple[int, Incoming]]) -> Incoming:
    """One message of an album's pictures. Its id is the same when the same pictures are joined again."""
    (first, message), (last, _) = parts[0], parts[-1]
    return Incoming(
        message.address,
        f"g{first}-{last}",
        "\n".join(part.text for _, part in parts if part.text),
        attachments=tuple(file for _, part in parts for file in part.attachments),
        language=message.language,
    )

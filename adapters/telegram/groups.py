"""In a group everybody listens: one polite line, and never a word about orders."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from telegram.error import TelegramError

from adapters.telegram.calls import Bot
from adapters.telegram.inbound import NAME, InGroup
from adapters.telegram.words import words
from bot.channel import Notes
from bot.messages import Address

log = structlog.get_logger(__name__)

QUIET_SECONDS = 3600.0
"""For so long the bot says nothing more in the same group."""


class Groups:
    """Says the line, in any process, at most once in a while."""

    def __init__(self, bot: Bot, notes: Notes, clock: Callable[[], float] = time.time) -> None:
        self._bot = bot
        self._notes = notes
        self._clock = clock

    async def answer(self, spoken: InGroup) -> None:
        """Send customers to the private chat. Raises `StoreUnavailable`."""
        key = Address(NAME, str(spoken.chat)).conversation
        told = (await self._notes.read(key)).get("told", 0.0)
        if self._clock() - told < QUIET_SECONDS:
            return
        await self._notes.write(key, {"told": self._clock()})
        try:
            await self._bot.send_message(
                spoken.chat,
                words(spoken.language)["group"],
                reply_to_message_id=spoken.reply_to,
                allow_sending_without_reply=True,
            )
        except TelegramError as error:
            log.info("telegram_group_not_told", error=type(error).__name__)

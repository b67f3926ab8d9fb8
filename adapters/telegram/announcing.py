"""What Telegram is told about the bot at start-up: its commands, and how it gets its updates."""

from __future__ import annotations

import asyncio
import random

import structlog
from telegram import BotCommandScopeChat
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from adapters.telegram.calls import Bot
from adapters.telegram.inbound import KINDS
from adapters.telegram.refusals import pause_of, reason
from adapters.telegram.webhook import PATH
from adapters.telegram.words import LANGUAGES, words

log = structlog.get_logger(__name__)

LONGEST_PAUSE = 300.0


class Announcer:
    """`url`: our public address, None for polling; `secret`: what Telegram sends along with its calls; `group`: the
    staff's, which has commands of its own."""

    def __init__(
        self,
        bot: Bot,
        language: str,
        url: str | None,
        secret: str,
        connections: int,
        pause: float = 1.0,
        group: int | None = None,
    ) -> None:
        self._bot = bot
        self._language = language
        self._url = url
        self._secret = secret
        self._connections = connections
        self._pause = pause
        self._group = group

    async def run(self) -> None:
        """Announce, again and again until Telegram has taken it. Messages flow meanwhile, as far as they can."""
        tries = 0
        while True:
            try:
                await self.announce()
            except TelegramError as error:
                tries += 1
                pause = min(self._pause * 2.0**tries, LONGEST_PAUSE) * random.uniform(0.75, 1.25)  # noqa: S311 -- no secret
                if isinstance(error, RetryAfter):
                    pause = max(pause, pause_of(error))
                log.warning("telegram_not_announced", error=type(error).__name__, seconds=round(pause))
                await asyncio.sleep(pause)
            else:
                log.info("telegram_announced", by="polling" if self._url is None else "webhook")
                return

    async def announce(self) -> None:
        """Once. Raises `TelegramError`. Updates that wait at Telegram are kept."""
        if self._url is None:
            await self._bot.delete_webhook(drop_pending_updates=False)
        else:
            await self._bot.set_webhook(
                self._url.rstrip("/") + PATH,
                allowed_updates=list(KINDS),
                secret_token=self._secret,
                max_connections=self._connections,
                drop_pending_updates=False,
            )
        await self._bot.set_my_commands(_commands(self._language))
        for language in LANGUAGES:
            await self._bot.set_my_commands(_commands(language), language_code=language)
        if self._group is not None:
            await self._announce_to_staff(self._group)

    async def _announce_to_staff(self, group: int) -> None:
        """A bot that is not there (yet) is no reason to keep customers waiting."""
        scope = BotCommandScopeChat(group)
        try:
            await self._bot.set_my_commands(_commands(self._language, "staff_commands"), scope=scope)
            for language in LANGUAGES:
                commands = _commands(language, "staff_commands")
                await self._bot.set_my_commands(commands, scope=scope, language_code=language)
        except (BadRequest, Forbidden) as error:
            log.warning("telegram_staff_group_refused", why=reason(error))


def _commands(language: str, key: str = "commands") -> list[tuple[str, str]]:
    return list(words(language)[key].items())

"""We ask Telegram: for a bot without a public address. An offset is confirmed only when what came before is durable."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog
from telegram.error import Conflict, RetryAfter, TelegramError

from adapters.telegram.calls import Bot
from adapters.telegram.inbound import KINDS
from adapters.telegram.receiver import NotTaken, Receiver
from adapters.telegram.refusals import pause_of
from bot.channel import Turns
from bot.errors import StoreUnavailable

log = structlog.get_logger(__name__)

TURN = "telegram-polling"
ASK_SECONDS = 20
"""How long Telegram holds an empty answer back."""
TURN_SECONDS = 9.0
"""After this another process asks when this one died; who lives prolongs it."""
BATCH_SECONDS = 120.0
"""A turn that takes longer hangs, and is ended; what it took is not taken again."""
PAUSE_SECONDS = 3.0
BATCH = 100


class Poller:
    """Asks for updates while it has the turn, of however many processes."""

    def __init__(
        self,
        bot: Bot,
        receiver: Receiver,
        turns: Turns,
        ask_seconds: int = ASK_SECONDS,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        self._bot = bot
        self._receiver = receiver
        self._turns = turns
        self._ask_seconds = ask_seconds
        self._pause = pause
        self._offset: int | None = None

    async def run(self) -> None:
        """Ask until cancelled. Whatever goes wrong, it goes on: a loop that ends silently would look like silence."""
        while True:
            try:
                async with asyncio.timeout(BATCH_SECONDS):
                    waited = await self.once()
                if waited:
                    continue
            except StoreUnavailable as error:
                log.warning("telegram_polling_waits", why=str(error))
            except RetryAfter as error:
                log.warning("telegram_polling_waits", why="Telegram asks for a pause")
                await asyncio.sleep(pause_of(error))
            except Conflict:
                log.warning("telegram_polling_waits", why="somebody else is asking, or a webhook is set")
            except (TelegramError, NotTaken, TimeoutError) as error:
                log.warning("telegram_polling_waits", why=type(error).__name__)
            except Exception as error:  # a defect must not silence the bot
                log.error("telegram_polling_failed", error=type(error).__name__)  # noqa: TRY400
            await asyncio.sleep(self._pause)

    async def once(self, ask_seconds: int | None = None) -> bool:
        """Ask once and take what came; False when somebody else has the turn. Raises `TelegramError`, `NotTaken` or
        `StoreUnavailable`; then what was not taken comes again."""
        token = await self._turns.take(TURN, TURN_SECONDS)
        if token is None:
            return False
        kept = asyncio.create_task(self._keep(token))
        try:
            await self._take(await self._ask(self._ask_seconds if ask_seconds is None else ask_seconds))
        finally:
            kept.cancel()
            await self._turns.leave(TURN, token)
        return True

    async def _keep(self, token: str) -> None:
        """Without the store the turn runs out, and then nothing can be taken anyway."""
        with suppress(StoreUnavailable):
            while await self._turns.keep(TURN, token, TURN_SECONDS):  # noqa: ASYNC110 -- until it is cancelled
                await asyncio.sleep(TURN_SECONDS / 3)

    async def _ask(self, seconds: int) -> Sequence[Mapping[str, Any]]:
        """The updates as Telegram sent them: one that the library cannot parse must not stop the others."""
        parameters = {"offset": self._offset, "timeout": seconds, "limit": BATCH, "allowed_updates": list(KINDS)}
        # In this spelling the library hands the answer on unparsed; the Bot API takes any.
        found = await self._bot.do_api_request(
            "GetUpdates",
            {name: value for name, value in parameters.items() if value is not None},
            read_timeout=seconds + 5,
        )
        return [update for update in found if isinstance(update, dict)] if isinstance(found, list) else []

    async def _take(self, updates: Sequence[Mapping[str, Any]]) -> None:
        """Chats side by side, each in its order. The offset moves when all of them are durable."""
        chats: defaultdict[object, list[Mapping[str, Any]]] = defaultdict(list)
        for update in updates:
            chats[_chat(update)].append(update)
        outcomes = await asyncio.gather(*map(self._take_in_order, chats.values()), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        numbers = [update["update_id"] for update in updates if isinstance(update.get("update_id"), int)]
        if numbers:
            self._offset = max(numbers) + 1

    async def _take_in_order(self, updates: Sequence[Mapping[str, Any]]) -> None:
        for update in updates:
            await self._receiver.take(update)


def _chat(update: Mapping[str, Any]) -> object:
    """Whose order must be kept: the update's chat, or, where there is none, the update by itself."""
    for kind in KINDS:
        part = update.get(kind)
        if isinstance(part, dict):
            holder = part.get("message", part) if kind == "callback_query" else part
            chat = holder.get("chat") if isinstance(holder, dict) else None
            if isinstance(chat, dict):
                return chat.get("id")
    return ("update", update.get("update_id"))

"""How fast Telegram takes messages: about one a second in a chat, after a short burst, and 30 a second in all."""

from __future__ import annotations

from collections import OrderedDict

from aiolimiter import AsyncLimiter

from bot.errors import Later

CHAT_BURST = 20
MOST_CHATS = 10_000


class Limits:
    """One process' share. `per_second`: messages to all chats together; `burst`: in one chat at once, refilled by one
    a second."""

    def __init__(self, per_second: float, burst: int = CHAT_BURST) -> None:
        self._burst = burst
        self._all = AsyncLimiter(per_second, 1.0)
        self._chats: OrderedDict[int, AsyncLimiter] = OrderedDict()

    async def admit(self, chat: int) -> None:
        """Wait for a place among all chats. Raises `Later` for a chat that is ahead of its share."""
        lane = self._lane(chat)
        if not lane.has_capacity():
            raise Later("this chat has had its share of messages", after=1.0)
        await lane.acquire()
        await self._all.acquire()

    def _lane(self, chat: int) -> AsyncLimiter:
        lane = self._chats.pop(chat, None) or AsyncLimiter(self._burst, float(self._burst))
        self._chats[chat] = lane
        if len(self._chats) > MOST_CHATS:
            self._chats.popitem(last=False)
        return lane

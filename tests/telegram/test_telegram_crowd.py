"""Two processes, every update delivered twice, both at the same time."""

from __future__ import annotations

from tests.telegram.crowd import faults
from tests.telegram.server import BotApi


async def test_each_update_is_answered_once_and_in_order(api: BotApi, database_url: str) -> None:
    assert await faults(api, database_url, chats=40, updates=200) == []
    assert len(api.updates.attempts) >= 400
    assert len(api.books.done("sendMessage")) == 200

"""The Telegram accounts from which members of staff answer. Implements `bot.desk.people.Phones`."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable

from bot.desk.people import Agent
from bot.store import phones as store
from bot.store.database import Database

LINK_SECONDS = 600.0
"""Long enough to pick up the telephone."""
TOKEN_BYTES = 32


class StaffPhones:
    """`address`: where whoever opens it on Telegram hands in a token; raises `errors.DeliveryError`."""

    def __init__(self, database: Database, address: Callable[[str], Awaitable[str]]) -> None:
        self._database = database
        self._address = address

    async def is_linked(self, agent: Agent) -> bool:
        """See `Phones.is_linked`."""
        return await self._database.run(store.is_linked, agent.id)

    async def offer(self, agent: Agent) -> str:
        """See `Phones.offer`."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        address = await self._address(token)
        await self._database.run(store.offer, agent.id, _hash(token), LINK_SECONDS)
        return address

    async def unlink(self, agent: Agent) -> None:
        """See `Phones.unlink`."""
        await self._database.run(store.unlink, agent.id)

    async def link(self, token: str, account: int) -> Agent:
        """See `Phones.link`."""
        return await self._database.run(store.link, _hash(token), str(account))

    async def member(self, account: int) -> Agent | None:
        """See `Phones.member`."""
        return await self._database.run(store.member, str(account))


def _hash(token: str) -> str:
    """A token is random enough that a plain hash of it tells nothing."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()

"""What staff look up: lines by their words, and conversations in lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.content import clean
from bot.desk.people import Agent
from bot.desk.reports import PAGE, Found, Listed
from bot.messages import Address
from bot.store import lookup as store
from bot.store.database import Database
from bot.support.indexer import spoken
from bot.support.names import Names
from bot.support.teams import teams_of
from bot.support.tokens import marked, query

MOST_SHOWN = 240
"""Characters of a line that was found."""


class StoredLookup:
    """Implements `bot.desk.reports.Lookup`. `names`: what customers are called; without it, by their ids."""

    def __init__(self, database: Database, names: Names | None = None) -> None:
        self._database = database
        self._names = names

    async def search(self, agent: Agent, words: str, *, before: int | None = None) -> Sequence[Found]:
        """See `Lookup.search`."""
        sought = query(clean(words))
        if not sought:
            return []
        lines = await self._database.look(store.search, sought, teams_of(agent), before, PAGE)
        found = [
            Found(
                line.id,
                line.conversation,
                Address.of(line.conversation).channel,
                line.seq,
                line.at,
                line.sender,
                marked(_text(line), sought, MOST_SHOWN),
                line.customer,
            )
            for line in lines
        ]
        return await self._names.call(found) if self._names else found

    async def conversations(
        self, agent: Agent, *, owner: str = "", tag: str = "", channel: str = "", before: str = ""
    ) -> Sequence[Listed]:
        """See `Lookup.conversations`."""
        which = store.Which(owner, tag, channel, _place(before))
        rows = await self._database.look(store.conversations, which, teams_of(agent), PAGE)
        found = [_listed(row) for row in rows]
        return await self._names.call(found) if self._names else found

    async def choices(self, agent: Agent) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
        """See `Lookup.choices`."""
        del agent
        return await self._database.look(store.narrowing)


def _text(line: store.FoundLine) -> str:
    return (line.words or "") if line.payload is None else spoken(line.payload)


def _listed(row: Any) -> Listed:
    key = _key(row.at, row.conversation)
    return Listed(key, row.conversation, row.channel, row.customer, row.owner, row.at, row.last, bool(row.waits))


def _key(at: float, conversation: str) -> str:
    return f"{at!r}/{conversation}"


def _place(key: str) -> tuple[float, str] | None:
    at, slash, conversation = key.partition("/")
    try:
        return (float(at), clean(conversation)) if slash else None
    except ValueError:
        return None

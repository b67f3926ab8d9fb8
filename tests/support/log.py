"""Conversations' logs as the hot path writes them, for who reads them afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from sqlalchemy import insert, update

from bot.store.clock import dbnow
from bot.store.conversations import Line, Source, Taken, Ticket, load
from bot.store.database import Database
from bot.store.keeping import keep
from bot.store.support_tables import handover, note, tag
from bot.store.tables import conversation

_numbers = count(1)


def bots(text: str, key: str = "", **more: Any) -> Line:
    """Something the bot says."""
    return Line("message", {"text": text, "choices": [], "attachments": [], "key": key, "sender": "bot", **more})


async def say(
    database: Database,
    chat: str,
    text: str = "",
    *lines: Line,
    source: Source = Source.CUSTOMER,
    id: str = "",
    ways: Sequence[str] = (),
    customer: str | None = None,
    **payload: Any,
) -> int:
    """The customer says something, and it is answered; the seq of their line."""
    ticket = Ticket(chat, chat.partition(":")[0], source, id or f"m{next(_numbers)}")
    came: Mapping[str, Any] = {"text": text, **payload, **({"ways": list(ways)} if ways else {})}
    loaded = await load(database, ticket)
    kept = await keep(database, ticket, loaded, Taken(came, {}, customer, lines), None)
    assert kept is not None
    return kept.seq


async def take_note(database: Database, chat: str, words: str, key: str = "n1") -> None:
    values = {"conversation": chat, "key": key, "author": "li", "words": words, "at": dbnow()}
    await database.run(lambda c: c.execute(insert(note).values(values)) and None)


async def put_tag(database: Database, chat: str, name: str) -> None:
    values = {"conversation": chat, "name": name, "author": "li", "at": dbnow()}
    await database.run(lambda c: c.execute(insert(tag).values(values)) and None)


async def hand_over(database: Database, chat: str, **more: Any) -> None:
    values = {"conversation": chat, "key": f"h{next(_numbers)}", "reason": "asked", "brief": {}, "language": "zh"}
    values |= {"status": "waiting", "opened_at": dbnow()}
    await database.run(lambda c: c.execute(insert(handover).values(values | more)) and None)


async def own(database: Database, chat: str, agent: str) -> None:
    owned = update(conversation).where(conversation.c.id == chat).values(owner=agent)
    await database.run(lambda c: c.execute(owned) and None)

"""Tickets know whose their conversation is, whatever way it came to a team."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, insert, literal, select

from bot.runtime.ages import Ages
from bot.store import handovers, queueing, support, teams
from bot.store.callbacks import Wait
from bot.store.database import Database
from bot.store.housekeeping import visit_conversations
from bot.store.queueing import NewHandover
from bot.store.support import NewTicket
from bot.store.support_tables import ticket
from bot.store.tables import conversation

CHAT = "phone:a"
numbers = itertools.count(1)
Step = Callable[[Connection], Any]


def begun(connection: Connection, key: str = CHAT, at: float = 0.0) -> None:
    row = {"id": key, "channel": "phone", "version": 1, "state": {}, "customer": "lin"}
    connection.execute(insert(conversation).values(**row, created_at=at, updated_at=at))


def opened(connection: Connection, key: str = CHAT) -> None:
    new = NewTicket(key, f"k{next(numbers)}", None, "other", None, "", (), None)
    support.open_ticket(connection, new, lambda _: (f"T{n}" for n in numbers), lambda *_: None, posted=False)


def asked(team: str, key: str = CHAT) -> Step:
    new = NewHandover(key, f"k{next(numbers)}", "asked", {}, "zh", 0, team)
    return lambda connection: queueing.hand_over(connection, new, Wait(0.0, None, lambda _: ()))


def given(team: str) -> Step:
    return lambda connection: handovers.requeue(connection, CHAT, 0.0, team=team)


def taken(connection: Connection) -> None:
    handovers.take(connection, CHAT, "mei", id="t", language="zh")


def closed(connection: Connection) -> None:
    handovers.close(connection, CHAT, "solved")


def kept(connection: Connection) -> set[tuple[str, str]]:
    """Each ticket's team, and that of its conversation."""
    rows = connection.execute(select(ticket.c.team, teams.team_of(ticket.c.conversation)))
    return {(row[0], row[1]) for row in rows}


@pytest.mark.parametrize(
    ("steps", "team"),
    [
        ([opened], ""),
        ([opened, asked("care")], "care"),
        ([asked("care"), opened], "care"),
        ([opened, asked("care"), asked("orders")], "orders"),
        ([opened, asked("care"), taken, given("orders")], "orders"),
        ([opened, asked("care"), closed, asked("orders")], "orders"),
        ([opened, asked("care"), closed, taken], ""),
    ],
)
async def test_a_ticket_goes_with_its_conversation(database: Database, steps: list[Step], team: str) -> None:
    for step in (begun, *steps):
        await database.run(step)
    assert await database.run(kept) == {(team, team)}


async def test_a_ticket_that_is_opened_while_its_conversation_is_handed_over(database: Database) -> None:
    chats = [f"phone:{number}" for number in range(16)]
    for chat in chats:
        await database.run(begun, chat)
    both = [step for chat in chats for step in (asked("care", chat), lambda c, chat=chat: opened(c, chat))]
    await asyncio.gather(*(database.run(step) for step in both))
    assert await database.run(kept) == {("care", "care")}


async def test_a_conversation_that_is_forgotten_leaves_its_tickets_to_anybody(database: Database) -> None:
    for step in (begun, asked("care"), opened, closed):
        await database.run(step)
    await database.run(lambda c: c.execute(ticket.update().values(state="closed", closed_at=2e9)))
    await database.run(visit_conversations, Ages(*[10.0] * 7, records=1e12), "")
    assert await database.run(lambda c: c.scalar(select(teams.team_of(literal(CHAT))))) == ""
    assert await database.run(kept) == {("", "")}

"""A seeded order service, and codes as a chat asks for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection, Table, select

from bot.dialogue.effects import CheckCode, Effect, Outcome, SendCode
from bot.identity.codes import performers
from bot.identity.guard import Limits
from bot.orders.policy import Policy
from bot.orders.sql import rows
from bot.orders.sql.gateway import SqlGateway
from bot.orders.sql.seed import seed
from bot.performer import Scope
from bot.store.database import Database

LIMITS = Limits(code_seconds=600, tries=5, pauses=(300, 900, 3600, 14400, 86400))
LIN = "+8619900000101"
NOBODY = "+8613800000000"


class Interrupted(SqlGateway):
    """An order service in which something happens just before a code is sent."""

    async def meanwhile(self) -> None:
        """Replaced by what happens."""

    async def send_code(self, customer: str, contact: str, code: str, *, key: str) -> None:
        await self.meanwhile()
        await super().send_code(customer, contact, code, key=key)


@dataclass
class Desk:
    """Performs effects for chats, each with a key of its own unless one is given."""

    database: Database
    gateway: Interrupted
    keys: Any = field(default_factory=count)

    async def perform(self, effect: Effect, chat: str = "web:a", key: str | None = None) -> Outcome:
        scope = Scope(chat, "lin", "zh", now=0.0, key=key or f"{chat}#{next(self.keys)}")
        performer = performers(self.database, self.gateway, "a secret for tests", LIMITS)[type(effect)]
        return await performer(effect, scope)

    async def send(self, contact: str = LIN, **where: Any) -> Outcome:
        return await self.perform(SendCode(contact), **where)

    async def check(self, code: str, **where: Any) -> Outcome:
        return await self.perform(CheckCode(code), **where)

    async def codes(self) -> list[str]:
        """What was sent, newest first."""
        return [sent.code for sent in await self.gateway.outbox()]

    async def wrong_code(self) -> str:
        """Six digits that were never sent."""
        sent = await self.codes()
        return next(code for code in (f"{number:06}" for number in range(100)) if code not in sent)

    async def table(self, table: Table) -> list[dict[str, Any]]:
        def read(connection: Connection) -> list[dict[str, Any]]:
            return [dict(row._mapping) for row in connection.execute(select(table))]

        return await self.database.run(read)


async def _opened(database: Database) -> Desk:
    await database.run(lambda connection: seed(connection, rows.now(connection)))
    return Desk(database, Interrupted(database, Policy()))


@pytest.fixture
async def desk(database: Database) -> Desk:
    return await _opened(database)


@pytest.fixture
async def timed(sqlite_url: str, clock: Any) -> AsyncIterator[Desk]:
    """Only on SQLite, whose clock tests move."""
    database = Database(sqlite_url, clock)
    yield await _opened(database)
    await database.close()

"""The staff side as the runtime sees it, and a real mail server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from sqlalchemy import Connection, Table, select

from bot.dialogue.effects import Effect, Outcome
from bot.performer import Scope
from bot.sections import Company
from bot.store.database import Database
from bot.support.hours import OpeningHours
from bot.support.performers import performers
from tests.conftest import Clock
from tests.support.floor import Floor

HOURS = OpeningHours.model_validate(
    {"weekdays": ["08:00-22:00"], "weekends": ["09:00-21:00"], "holidays": [], "holiday_dates": ["10-01"]}
)
COMPANY = Company(hotline="400-111-2222", hotline_hours=HOURS, email="support@tepai.example")
TUESDAY_NOON = 1_795_492_800.0  # 2026-11-24 12:00 in China


@dataclass
class Office:
    """Performs effects for chats."""

    database: Database
    on_mail: Callable[[], None] | None = None

    async def perform(
        self,
        effect: Effect,
        key: str = "k",
        chat: str = "web:a",
        customer: str | None = None,
        language: str = "zh",
        now: float = TUESDAY_NOON,
    ) -> Outcome:
        performer = performers(self.database, COMPANY, self.on_mail)[type(effect)]
        return await performer(effect, Scope(chat, customer, language, now, key))

    async def table(self, table: Table) -> list[dict[str, Any]]:
        def read(connection: Connection) -> list[dict[str, Any]]:
            return [dict(row._mapping) for row in connection.execute(select(table))]

        return await self.database.run(read)


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


@pytest.fixture
async def floor(database_url: str, clock: Clock) -> AsyncIterator[Floor]:
    clock.now = TUESDAY_NOON
    made = Floor(database_url, clock)
    yield made
    await made.close()


class MailServer:
    """Keeps the mails it gets. `refusal` and `refuses_recipients`: what it answers instead, such as "451 later"."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.arrived = asyncio.Event()
        self.refusal = ""
        self.refuses_recipients = ""
        self.port = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, hostname="mail.example"), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if self.refuses_recipients:
            return self.refuses_recipients
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.refusal:
            return self.refusal
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        self.arrived.set()
        return "250 OK"


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    server = MailServer()
    await server.start()
    yield server
    await server.stop()

"""The real dialogue in a storm: what every customer reads must be what they read on a calm day."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot import bootstrap
from bot.config import Settings, load
from bot.dialogue.turn import Dialogue
from bot.messages import Address, Incoming
from bot.orders.sql.gateway import SqlGateway
from bot.performer import Performers
from bot.runtime.service import Runtime
from bot.store.database import Database
from bot.store.migrate import upgrade
from bot.store.support_tables import ticket
from tests.runtime.parts import Phone
from tests.storm.audit import audit_delivery
from tests.storm.books import Books, Message
from tests.storm.databases import Shelter
from tests.storm.far_ends import NoLinks
from tests.storm.people import Customers, Progress
from tests.storm.plan import Plan
from tests.storm.stage import staged
from tests.storm.trouble import trouble
from tests.storm.weather import CHANNEL_ODDS, Weather

TALKS = (
    ("你好", "收费标准是什么", "骑手是怎么选的", "我要投诉", "不留联系方式", "骑手闯红灯", "是的", "怎么送得更快"),
    ("hello", "what are the fees", "I want to complain", "1", "the rider ran a red light", "yes", "thanks"),
)
DELAYED = "common.delayed"
"""Said when an act meets a database that is away: true in a storm, and not said on a calm day."""
_TICKET = re.compile(r"T\d{6}-\w{4}")

Spoken = list[list[str]]
"""What is said after each message of a customer."""


def parts(url: str, database: Database) -> tuple[Dialogue, Performers, SqlGateway]:
    """The real engine with all flows, the performers, and the embedded order service."""
    settings = _settings(url)
    gateway = SqlGateway(database, settings.orders.policy())
    return bootstrap.dialogue(settings), bootstrap.performers(settings, database, gateway, None), gateway


async def calm() -> list[Spoken]:
    """What each of `TALKS` leads to when nothing goes wrong."""
    with tempfile.TemporaryDirectory(prefix="calm") as folder:
        url = f"sqlite:///{Path(folder) / 'tepai.db'}"
        await upgrade(url)
        database, phone = Database(url), Phone()
        dialogue, performers, gateway = parts(url, database)
        runtime = Runtime(database, dialogue, performers, {phone.name: phone}, gateway, NoLinks())
        found = [await _alone(runtime, phone, f"t{n}", talk) for n, talk in enumerate(TALKS)]
        await database.close()
        return found


async def storm_with_engine(plan: Plan, shelter: Shelter) -> list[str]:
    """Let every chat have one of `TALKS`, and say what was wrong afterwards."""
    wanted, lots = await calm(), random.Random(plan.seed)
    weather = Weather(CHANNEL_ODDS, random.Random(plan.seed))
    async with staged(shelter.url, plan.nodes, plan.patience, seed=plan.seed, engine=True) as stage:
        stage.channel.lot = weather.draw
        answers = Answers(stage.books, wanted)
        stage.channel.hold = answers.came
        talks, progress = [_talk(n) for n in range(plan.chats)], Progress()
        customers = Customers(plan, stage.fleet, stage.books, progress, lots, answers.all_for)
        # Who never gets an answer waits for ever: then the books show whose was lost.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(plan.settle_seconds), asyncio.TaskGroup() as group:
                group.create_task(customers.write(talks))
                group.create_task(trouble(plan, shelter, stage, progress, sum(map(len, talks)), lots))
        weather.clear_up()
        await stage.close_books(plan.settle_seconds)
    wrong = [f"{breach.what}: {breach.example}" for breach in audit_delivery(stage.books)]
    wrong += [f"{chat} read something else" for chat in answers.mistaken()]
    return wrong + await _tickets_not_one_a_chat(shelter.url, plan.chats)


class Answers:
    """What arrived in each chat, and whether it is what had to come."""

    def __init__(self, books: Books, wanted: Sequence[Spoken]) -> None:
        self._books = books
        self._wanted = wanted
        self._grown = asyncio.Condition()

    async def came(self, _: dict[str, Any]) -> None:
        """The channel took something."""
        async with self._grown:
            self._grown.notify_all()

    async def all_for(self, message: Message) -> None:
        """Wait until all that is said after a message, and before it, is there."""
        spoken = self._wanted[_which(message.chat)][: message.burst + 1]
        async with self._grown:
            await self._grown.wait_for(lambda: len(self._read(message.chat)) >= sum(map(len, spoken)))

    def mistaken(self) -> list[str]:
        """The chats that did not read what they had to."""
        chats = {message.chat for message in self._books.messages}
        return [
            chat for chat in sorted(chats) if self._read(chat) != [text for said in self._of(chat) for text in said]
        ]

    def _of(self, chat: str) -> Spoken:
        return self._wanted[_which(chat)]

    def _read(self, chat: str) -> list[str]:
        lines: Mapping[int, dict[str, Any]] = {
            sending.seq: sending.line for sending in self._books.sendings if sending.chat == chat and sending.taken
        }
        said = (lines[seq] for seq in sorted(lines))
        return [_same_on_any_day(line["text"]) for line in said if line["key"] != DELAYED]


async def _alone(runtime: Runtime, phone: Phone, chat: str, talk: Sequence[str]) -> Spoken:
    found = []
    for n, words in enumerate(talk):
        before = len(phone.texts)
        await runtime.receive(Incoming(Address(phone.name, chat), f"m{n}", words))
        await runtime.settle()
        found.append([_same_on_any_day(text) for text in phone.texts[before:]])
    return found


async def _tickets_not_one_a_chat(url: str, chats: int) -> list[str]:
    """Every talk has one complaint."""
    database = Database(url)
    opened: defaultdict[str, int] = defaultdict(int)
    for chat in await database.run(lambda connection: connection.scalars(select(ticket.c.conversation)).all()):
        opened[chat] += 1
    await database.close()
    twice = [f"{chat} has {count} tickets" for chat, count in opened.items() if count != 1]
    return twice + ([f"{chats - len(opened)} chats without a ticket"] if len(opened) != chats else [])


def _talk(number: int) -> list[list[Message]]:
    chat = f"e{number}"
    return [[Message(chat, f"m{n}", n, words=words)] for n, words in enumerate(TALKS[_which(chat)])]


def _which(chat: str) -> int:
    return int(chat[1:]) % len(TALKS)


def _same_on_any_day(text: str) -> str:
    return _TICKET.sub("T", text)


@cache
def _settings(url: str) -> Settings:
    return load(environ={"TEPAI_SECRET": "a secret of the storm", "DATABASE_URL": url})

"""What one durable step costs: a message is received, its answer committed with it, and delivered.

Beside it, in the same run and on the same database, the floor: the three rows that a message means at the least
(the conversation, what came in, what goes out), in one commit.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, insert
from sqlalchemy.dialects import postgresql, sqlite

from benchmarks.figures import Figure, median
from bot.dialogue.conversation import Conversation, Frame, Question
from bot.dialogue.effects import Outcome, Read
from bot.dialogue.events import Event
from bot.dialogue.turn import Turn
from bot.messages import Address, Choice, Incoming, Outgoing, incoming_to_json, outgoing_to_json
from bot.runtime.service import Runtime
from bot.store.clock import dbnow
from bot.store.database import Database
from bot.store.migrate import upgrade
from bot.store.tables import conversation, inbound, outbox
from tests.postgres import throwaway
from tests.runtime.parts import Feed, OneLink

REPETITIONS = 5
CUSTOMERS = 16
MESSAGES = 25
"""Of each customer, each after the answer to the one before."""

ANSWER = Outgoing(
    "订单 TP10024817 还没有骑手接单,所以一直在等待确认。要我怎么帮您?",
    tuple(Choice(f"3.{place}", label) for place, label in enumerate(("继续等", "加感谢费", "取消订单", "找人工客服"))),
    key="pending_order.cause.no_courier",
)
SLOTS = {"order": "TP10024817", "cause": "no_courier"}
TALK = Conversation(customer="lin", frames=[Frame("pending_order", 1, "explaining", SLOTS, Question(3, ANSWER.key))])

Customer = Callable[[str], Awaitable[None]]


class Answering:
    """A dialogue that costs nothing and always says the same."""

    def turn(self, conversation: Conversation, event: Event, now: float) -> Generator[Read, Outcome, Turn]:
        """See `bot.dialogue.turn.Dialogue.turn`."""
        del conversation, event, now
        return Turn(TALK, [ANSWER])
        yield


class Phone:
    """A channel whose customers wait for their answers."""

    name = "phone"
    capabilities: Any = None

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Event] = {}

    def waits(self, chat: str) -> asyncio.Event:
        """Set once the next message has arrived there."""
        self._waiting[chat] = asyncio.Event()
        return self._waiting[chat]

    async def send(self, address: Address, message: Outgoing, seq: int) -> None:
        """See `bot.channel.Channel.send`."""
        del message, seq
        self._waiting[address.chat].set()


def measure() -> list[Figure]:
    """µs of this process's CPU a message on both databases, and how many times the floor that is."""
    with tempfile.TemporaryDirectory(prefix="tepai-") as folder, throwaway() as server:
        asyncio.run(server.create("bench"))
        urls = {"SQLite": f"sqlite:///{Path(folder) / 'tepai.db'}", "PostgreSQL": server.url("bench")}
        return [figure for name, url in urls.items() for figure in asyncio.run(_on(name, url))]


async def _on(name: str, url: str) -> list[Figure]:
    await upgrade(url)
    database = Database(url)
    steps, floors = [], []
    for _ in range(REPETITIONS):
        steps.append(await _steps(database))
        floors.append(await _floors(database))
    await database.close()
    ratio = statistics.median(step / floor for step, floor in zip(steps, floors, strict=True))
    return [
        median(f"durable step, {name}", steps, "µs CPU"),
        median(f"floor, {name}", floors, "µs CPU"),
        Figure(f"durable step to floor, {name}", ratio, "times"),
    ]


async def _steps(database: Database) -> float:
    phone = Phone()
    runtime = Runtime(database, Answering(), {}, {phone.name: phone}, Feed(), OneLink())
    runtime.start()

    async def customer(chat: str) -> None:
        for place in range(MESSAGES):
            arrived = phone.waits(chat)
            await runtime.receive(_message(chat, place))
            await arrived.wait()

    cost = await _all_at_once(customer)
    await runtime.stop()
    return cost


async def _floors(database: Database) -> float:
    async def customer(chat: str) -> None:
        for place in range(MESSAGES):
            message = _message(chat, place)
            rows = {"payload": incoming_to_json(message), "state": TALK.to_json(), "out": outgoing_to_json(ANSWER)}
            await database.run(_three_rows, message, 2 * place + 1, rows)

    return await _all_at_once(customer)


async def _all_at_once(customer: Customer) -> float:
    """µs of CPU a message when all customers write at the same time."""
    chats = [uuid4().hex for _ in range(CUSTOMERS)]
    begun = time.process_time()
    await asyncio.gather(*map(customer, chats))
    return (time.process_time() - begun) / (CUSTOMERS * MESSAGES) * 1_000_000


def _message(chat: str, place: int) -> Incoming:
    return Incoming(Address(Phone.name, chat), f"m{place}", "为什么我的订单还在等待确认?", language="zh")


def _put(dialect: Any) -> Any:
    fresh = dialect.insert(conversation).values(created_at=dbnow(), updated_at=dbnow(), version=1)
    grown = {"version": conversation.c.version + 1, "state": fresh.excluded.state, "updated_at": dbnow()}
    return fresh.on_conflict_do_update(index_elements=["id"], set_=grown)


_PUT = {"sqlite": _put(sqlite), "postgresql": _put(postgresql)}
_TAKE = insert(inbound).values(at=dbnow())
_ADD = insert(outbox).values(at=dbnow())


def _three_rows(connection: Connection, message: Incoming, seq: int, rows: dict[str, Any]) -> None:
    key = message.address.conversation
    talk = {"id": key, "channel": message.address.channel, "state": rows["state"], "customer": "lin"}
    connection.execute(_PUT[connection.dialect.name], talk)
    came = {"conversation": key, "source": "customer", "message_id": message.message_id, "seq": seq}
    connection.execute(_TAKE, {**came, "payload": rows["payload"]})
    goes = {"conversation": key, "seq": seq + 1, "kind": "message", "epoch": 0}
    connection.execute(_ADD, {**goes, "payload": rows["out"]})

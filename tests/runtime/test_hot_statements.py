"""Every statement of the hot path names its conversation, so that a database sharded by it asks one shard."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Pool, Table, event, select
from sqlalchemy.util import await_only

from bot.errors import Later, Undeliverable
from bot.orders.model import Change, State
from bot.runtime.housekeeping import Housekeeper
from bot.runtime.service import Runtime
from bot.store import dead as letters
from bot.store import schema, tables
from bot.store.database import Database
from bot.store.dead import Place
from tests.runtime.parts import ADDRESS, CHAT, World, said
from tests.store.test_housekeeping import AGES


def is_hot(table: Table) -> bool:
    """Whether its key begins with the conversation."""
    first = next(iter(table.primary_key.columns))
    return table is tables.conversation or first.name == "conversation"


BESIDE = {"note", "tag", "draft", "writing", "digest"}
"""What staff, and who reads for them, keep beside a conversation: no message touches it."""
HOT = {table.name for table in schema.metadata.tables.values() if is_hot(table)} - BESIDE

# What must look across conversations: whose turn it is, which timers are due, and who watches an order.
ACROSS = {
    "a claim of lanes that are due": r"WITH due AS .*next_at <= .*UPDATE lane SET .* WHERE lane\.conversation IN ",
    "timers that are due": r"WITH chosen AS .*UPDATE timer SET .* WHERE \(timer\.conversation, timer\.name\) IN ",
    "who watches an order": r"FROM watch JOIN conversation .*watch\.order_number = ",
    "the end of a watched order": r"DELETE FROM watch WHERE watch\.order_number = ",
}


TELEGRAM = {"album_part", "staff_topic"}
"""Kept by the channel, not on the way of a message."""


@dataclass
class Listener:
    """What was executed, as (statement on one line, values), whoever handed it to the driver: SQLite itself tells
    each statement with its values in it; of asyncpg, SQLAlchemy tells its own and the connection all others."""

    heard: list[tuple[str, Sequence[Any]]] = field(default_factory=list)
    deaf: bool = False

    def connected(self, raw: Any, _: object) -> None:
        if isinstance(raw, sqlite3.Connection):
            raw.set_trace_callback(lambda statement: self.note(statement, re.findall(r"'([^']*)'", statement)))
        else:
            raw.driver_connection.add_query_logger(self.asked)

    def asked(self, query: Any) -> None:
        for values in query.args if isinstance(query.args, list) else [query.args]:  # a list: several at once
            self.note(query.query, values)

    def executed(self, connection: Connection, _: Any, statement: str, values: Any, ___: Any, many: bool) -> None:
        if connection.dialect.name == "postgresql":
            for each in values if many else [values]:
                self.note(statement, each)

    def note(self, statement: str, values: Any) -> None:
        if not self.deaf:
            self.heard.append((" ".join(statement.split()), values))

    def misses(self) -> list[str]:
        """Statements on hot tables that neither name a conversation nor may look across them."""
        return [
            statement
            for statement, values in self.heard
            if tables_of(statement) & HOT and not allowed(statement) and not names_one(statement, values)
        ]


def tables_of(statement: str) -> set[str]:
    return set(re.findall(r"(?:FROM|JOIN|INTO|UPDATE) (\w+)", statement))


def allowed(statement: str) -> str | None:
    return next((why for why, pattern in ACROSS.items() if re.search(pattern, statement)), None)


def names_one(statement: str, values: Sequence[Any]) -> bool:
    """Its values hold the conversation, and it compares or inserts one."""
    compares = re.search(rf"(?:conversation\.id|\bconversation) = (?:\$\d|'{CHAT}')", statement)
    return CHAT in values and bool(compares or "INSERT INTO" in statement)


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Hears every connection that is opened from now on."""
    listener = Listener()
    event.listen(Pool, "connect", listener.connected)
    event.listen(Engine, "before_cursor_execute", listener.executed)
    yield listener
    event.remove(Engine, "before_cursor_execute", listener.executed)
    event.remove(Pool, "connect", listener.connected)


def test_the_hot_tables_are_those_that_grow_with_every_message() -> None:
    assert {"conversation", "lane", "inbound", "outbox", "timer", "attachment", "dead"} <= HOT
    assert not HOT & {"lease", "channel_pause", "audit", "mail", "ticket", "contact_lock"}


async def test_every_statement_names_its_conversation(listener: Listener, world: World, runtime: Runtime) -> None:
    await live_through_everything(world, runtime, listener)
    await asyncio.sleep(0)  # asyncpg tells a moment later
    assert listener.misses() == []
    used = {allowed(statement) for statement, _ in listener.heard}
    assert used - {None} == set(ACROSS), "an exception that nobody needs any more"
    touched = set().union(*(tables_of(statement) for statement, _ in listener.heard))
    others = {"feedback", "verification", "channel_note", "wechat_customer", "wechat_push", "wechat_letter", *TELEGRAM}
    assert HOT - others <= touched


async def live_through_everything(world: World, runtime: Runtime, listener: Listener) -> None:
    kept = await runtime.keep_attachment(ADDRESS, "box.png", "image/png", b"\x89PNG")
    await runtime.attachment(ADDRESS, kept.ref)
    for number, words in enumerate(("hello", "ask", "read", "burst", "cancel", "remind", "watch")):
        await runtime.receive(said(words, f"m{number}", link="good" if number == 0 else None))
        await runtime.settle()
    await runtime.receive(said("hello", "m1"))
    await runtime.receive(said("", "m20", pressed="2.0"))
    world.desk.down = 2
    await runtime.receive(said("cancel", "m21"))
    await in_trouble(world, runtime, listener)
    moved = (State.AWAITING_COURIER, State.DELIVERED)
    world.feed.moves = [Change("c1", 1, "mei", "TP1", 0.0, *moved)]
    await runtime.settle()
    await runtime.take_over(CHAT, "li")
    await runtime.receive(said("anybody?", "m30"))
    await runtime.give_back(CHAT, "li")
    await runtime.history(CHAT)
    await runtime.history(CHAT, after=3)


async def in_trouble(world: World, runtime: Runtime, listener: Listener) -> None:
    for number, refusal in enumerate(
        (Later("busy"), Later("flood", after=1, channel_wide=True), Undeliverable("too long"), ValueError("a defect"))
    ):
        world.phone.refusals = [refusal]
        await runtime.receive(said("hello", f"t{number}"))
        for _ in range(2):
            await runtime.settle()
            listener.deaf = True  # it is the test that moves the time
            await world.passes(200)
            listener.deaf = False
    found = await world.database.run(lambda c: c.scalar(select(tables.dead.c.seq).where(dead_of_chat())))
    await world.database.run(letters.retry, Place(CHAT, found or 0), "operator")
    await runtime.settle()


def dead_of_chat() -> Any:
    return tables.dead.c.conversation == CHAT


async def test_one_that_does_not_would_be_seen(listener: Listener, database: Database) -> None:
    await database.run(lambda c: c.execute(select(tables.outbox.c.seq).where(tables.outbox.c.kind == "act")))
    await database.run(lambda c: c.execute(select(tables.lane.c.last_seq).where(tables.lane.c.holder == CHAT)))
    await database.run(lambda c: c.execute(select(tables.lane).where(tables.lane.c.conversation == CHAT)))
    assert [statement.partition(" WHERE ")[2].partition(" ")[0] for statement in listener.misses()] == [
        "outbox.kind",
        "lane.holder",
    ]


async def test_one_past_sqlalchemy_would_be_seen(listener: Listener, database: Database) -> None:
    async def fetch(connection: Any) -> None:
        await connection.fetch("SELECT seq FROM outbox WHERE kind = $1", "act")

    def ask(connection: Connection) -> None:
        raw: Any = connection.connection
        if database.is_sqlite:
            raw.execute("SELECT seq FROM outbox WHERE kind = ?", ("act",))
        else:
            await_only(fetch(raw.driver_connection))

    await database.run(ask)
    await asyncio.sleep(0)
    assert len(listener.misses()) == 1


async def test_housekeeping_looks_across_conversations(listener: Listener, world: World, runtime: Runtime) -> None:
    """It is not hot: a walk over the conversations' keys, some at a time (see docs/scale.md)."""
    await runtime.receive(said("hello"))
    await Housekeeper(world.database, AGES, 60).tidy()
    assert any("conversation.id > " in statement for statement in listener.misses())

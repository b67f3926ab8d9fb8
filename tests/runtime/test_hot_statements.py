"""Every statement of the hot path names its conversation, so that a database sharded by it asks one shard."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, Table, event, select

from bot.errors import Later, Undeliverable
from bot.orders.model import Change, State
from bot.runtime.housekeeping import Housekeeper
from bot.runtime.service import Runtime
from bot.store import dead as letters
from bot.store import tables
from bot.store.database import Database
from bot.store.dead import Place
from tests.runtime.parts import ADDRESS, CHAT, World, said
from tests.store.test_housekeeping import AGES


def is_hot(table: Table) -> bool:
    """Whether its key begins with the conversation."""
    first = next(iter(table.primary_key.columns))
    return table is tables.conversation or first.name == "conversation"


HOT = {table.name for table in tables.metadata.tables.values() if is_hot(table)}

# What must look across conversations: whose turn it is, which timers are due, and who watches an order.
ACROSS = {
    "a claim of lanes that are due": r"UPDATE lane SET .* WHERE lane\.conversation IN \(SELECT .*next_at <= ",
    "timers that are due": r"UPDATE timer SET .* WHERE \(timer\.conversation, timer\.name\) IN ",
    "who watches an order": r"FROM watch JOIN conversation .*watch\.order_number = ",
    "the end of a watched order": r"DELETE FROM watch WHERE watch\.order_number = ",
}


@dataclass
class Listener:
    """What was executed: the statement on one line, and every set of its values."""

    heard: list[tuple[str, Sequence[Any]]] = field(default_factory=list)
    deaf: bool = False

    def __call__(self, _: Any, __: Any, statement: str, values: Any, ___: Any, many: bool) -> None:
        sets = values if many else [values]
        if not self.deaf:
            self.heard += [(" ".join(statement.split()), _flat(each)) for each in sets]

    def misses(self) -> list[str]:
        """Statements on hot tables that neither name a conversation nor may look across them."""
        return [
            statement
            for statement, values in self.heard
            if tables_of(statement) & HOT and not allowed(statement) and not names_one(statement, values)
        ]


def _flat(values: Any) -> Sequence[Any]:
    return list(values.values()) if isinstance(values, Mapping) else list(values)


def tables_of(statement: str) -> set[str]:
    return set(re.findall(r"(?:FROM|JOIN|INTO|UPDATE) (\w+)", statement))


def allowed(statement: str) -> str | None:
    return next((why for why, pattern in ACROSS.items() if re.search(pattern, statement)), None)


def names_one(statement: str, values: Sequence[Any]) -> bool:
    """Its values hold the conversation, and it compares or inserts one."""
    compares = re.search(r"(?:conversation\.id|\.conversation|\bconversation) = [?$:]", statement)
    return CHAT in values and bool(compares or "INSERT INTO" in statement)


@contextmanager
def listening() -> Iterator[Listener]:
    listener = Listener()
    event.listen(Engine, "before_cursor_execute", listener)
    try:
        yield listener
    finally:
        event.remove(Engine, "before_cursor_execute", listener)


def test_the_hot_tables_are_those_that_grow_with_every_message() -> None:
    assert {"conversation", "lane", "inbound", "outbox", "timer", "attachment", "dead"} <= HOT
    assert not HOT & {"lease", "channel_pause", "audit", "mail", "ticket", "contact_lock"}


async def test_every_statement_names_its_conversation(world: World, runtime: Runtime) -> None:
    with listening() as listener:
        await live_through_everything(world, runtime, listener)
    assert listener.misses() == []
    used = {allowed(statement) for statement, _ in listener.heard}
    assert used - {None} == set(ACROSS), "an exception that nobody needs any more"
    touched = set().union(*(tables_of(statement) for statement, _ in listener.heard))
    others = {"feedback", "verification", "channel_note", "wechat_customer", "wechat_push", "wechat_letter"}
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


async def test_one_that_does_not_would_be_seen(database: Database) -> None:
    with listening() as listener:
        await database.run(lambda c: c.execute(select(tables.outbox.c.seq).where(tables.outbox.c.kind == "act")))
        await database.run(lambda c: c.execute(select(tables.lane.c.last_seq).where(tables.lane.c.holder == CHAT)))
        await database.run(lambda c: c.execute(select(tables.lane).where(tables.lane.c.conversation == CHAT)))
    assert [statement.partition(" WHERE ")[2].partition(" ")[0] for statement in listener.misses()] == [
        "outbox.kind",
        "lane.holder",
    ]


async def test_housekeeping_looks_across_conversations_and_is_not_hot(world: World, runtime: Runtime) -> None:
    """The listener does see it: a walk over the conversations' keys, some at a time (see docs/scale.md)."""
    await runtime.receive(said("hello"))
    with listening() as listener:
        await Housekeeper(world.database, AGES, 60).tidy()
    assert any("conversation.id > " in statement for statement in listener.misses())

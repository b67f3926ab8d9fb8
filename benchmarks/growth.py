"""What a message costs when a thousand, a hundred thousand and a million conversations are stored."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import count
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import make_url

from benchmarks.databases import Store, stores
from benchmarks.figures import Figure, Grid, Report, median
from benchmarks.load import Phones
from benchmarks.recording import held
from benchmarks.subjects import Cost, Subject, median_of, run, serving
from benchmarks.talk import FAREWELL
from bot.messages import Address
from bot.store.schema import metadata

STORED = (1_000, 100_000, 1_000_000)
PARALLEL = 16
ROUNDS = 3
FLAT = 1.2
COPIED = {"conversation": "id", "lane": "conversation", "inbound": "conversation", "outbox": "conversation"}
"""The tables that a conversation fills, and the column of each that names it."""
COLUMNS = (("server", "µs CPU"), ("database", "µs CPU"), ("messages/s", ""), ("p99", "ms"))
KEYS = 16**8
STRIDE = 7919
"""Prime, so that chats of any number are all met before one is met again."""

Costs = Mapping[int, Sequence[Cost]]


class Chats:
    """Every other conversation is a stored one that goes on, so that old rows are read, too."""

    def __init__(self, stored: int) -> None:
        self._stored = stored
        self._turns = count()

    def __call__(self) -> str:
        """The next chat."""
        turn = next(self._turns)
        return uuid4().hex if turn % 2 else chat(turn // 2 * STRIDE % self._stored, self._stored)


def chat(place: int, stored: int) -> str:
    """The name of a stored chat; they lie evenly among all the names that new chats may get."""
    return f"{place * (KEYS // stored):08x}"


def measure() -> Report:
    """The cost of a message on both databases, and how much the most conversations add to it."""
    with stores() as both:
        return run(_measured(both))


async def _measured(both: Sequence[Store]) -> Report:
    figures: list[Figure] = []
    rows: dict[str, Sequence[float | None]] = {}
    for store in both:
        costs = await _costs(store)
        figures += told(store.name, costs)
        for stored, found in costs.items():
            cost = median_of(found)
            rows[f"{store.name}, {stored:,}"] = (cost.server, cost.database, cost.per_second, cost.p99)
    return Report(figures, [Grid("by conversations stored", COLUMNS, rows)])


async def _costs(store: Store) -> Costs:
    found: dict[int, list[Cost]] = {stored: [] for stored in STORED}
    async with Phones().open() as phones, contextlib.AsyncExitStack() as stack:
        filled = [await stack.enter_async_context(_filled(store, phones, stored)) for stored in STORED]
        chats = [Chats(stored) for stored in STORED]  # a conversation that the round's end cut off is not met again
        for _ in range(ROUNDS):
            for stored, subject, named in zip(STORED, filled, chats, strict=True):
                found[stored].append(await subject.cost(PARALLEL, chats=named))
    return found


def told(name: str, costs: Costs) -> list[Figure]:
    """How many times the cost of the fewest conversations the others cost."""
    fewest, *more = costs
    return [
        median(
            f"cost of a message with {stored:,} to {fewest:,} conversations, {name}",
            [_all(many) / _all(few) for many, few in zip(costs[stored], costs[fewest], strict=True)],
            "times",
            FLAT,
        )
        for stored in more
    ]


def _all(cost: Cost) -> float:
    return cost.server + cost.database


@contextlib.asynccontextmanager
async def _filled(store: Store, phones: Phones, stored: int) -> AsyncIterator[Subject]:
    url = await store.fresh()
    await fill(url, Address.of(await held(url, FAREWELL)).chat, stored)
    async with serving(store, url, phones) as subject:
        yield subject


async def fill(url: str, seen: str, stored: int) -> None:
    """Store so many conversations as they are after a while: like the chat `seen`, with the newest of its log."""
    on_sqlite = make_url(url).drivername == "sqlite"
    statements = [_copying(table, key, seen, stored, on_sqlite=on_sqlite) for table, key in COPIED.items()]
    await (_fill_sqlite if on_sqlite else _fill_postgresql)(url, statements)


def _copying(table: str, key: str, seen: str, stored: int, *, on_sqlite: bool) -> str:
    columns = [column.name for column in metadata.tables[table].columns if column.name != key]
    newest = f" AND seq = (SELECT max(seq) FROM {table})" if "seq" in columns else ""
    number = f"n * {KEYS // stored}"
    name = f"printf('%08x', {number})" if on_sqlite else f"lpad(to_hex({number}), 8, '0')"
    numbers = f"WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < {stored - 1})"
    if not on_sqlite:
        numbers = f"WITH numbers AS (SELECT generate_series(0::bigint, {stored - 1}) AS n)"
    return (
        f"INSERT INTO {table} ({', '.join([key, *columns])}) {numbers} "
        f"SELECT 'phone:' || {name}, {', '.join(columns)} FROM {table} JOIN numbers ON true "
        f"WHERE {key} = 'phone:{seen}'{newest}"
    )


async def _fill_sqlite(url: str, statements: Sequence[str]) -> None:
    await asyncio.to_thread(_run_all, make_url(url).database or "", statements)


def _run_all(file: str, statements: Sequence[str]) -> None:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def _fill_postgresql(url: str, statements: Sequence[str]) -> None:
    parts = make_url(url)
    connection = await asyncpg.connect(user=parts.username, database=parts.database, host=parts.query["host"])
    for statement in [*statements, "VACUUM ANALYZE", "CHECKPOINT"]:
        await connection.execute(statement)
    await connection.close()

"""How long staff wait for a search and a list with a million messages, and what reading them for that costs."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import make_url

from benchmarks.databases import Store, stores
from benchmarks.figures import Figure, Grid, Report
from bot.desk.people import Agent, Role
from bot.runtime.hub import Grown
from bot.store import migrate
from bot.store.database import Database
from bot.store.schema import metadata
from bot.support.indexer import Indexer
from bot.support.lookup import StoredLookup
from bot.support.tokens import words

MESSAGES = 1_000_000
CHATS = 100_000
READ = 20_000
"""About so many lines on the web are read anew, and those on Telegram, whose names come before."""
ROUNDS = 5
SLOWEST = 200
SINCE = 1_790_000_000.0
BATCH = 20_000

# Words of a courier's customers, the common ones first; the nth is said about 1/n as often as the first.
VOCABULARY = [
    "订单",
    "我的",
    "请问",
    "什么时候",
    "还没有",
    "骑手",
    "接单",
    "取消",
    "为什么",
    "快递",
    "等待",
    "地址",
    "电话",
    "谢谢",
    "配送",
    "修改",
    "确认",
    "退款",
    "多少钱",
    "今天",
    "上午",
    "下午",
    "送到",
    "餐厅",
    "商家",
    "备注",
    "发票",
    "优惠",
    "联系",
    "客服",
    "人工",
    "投诉",
    "包裹",
    "丢失",
    "损坏",
    "文件",
    "鲜花",
    "蛋糕",
    "钥匙",
    "药品",
    "电脑",
    "合同",
    "order",
    "cancel",
    "courier",
    "waiting",
    "refund",
    "address",
    "please",
    "where",
    "when",
    "human",
    "明天",
    "后天",
    "雨天",
    "小区",
    "门口",
    "保安",
    "电梯",
    "学校",
    "医院",
    "机场",
    "火车站",
    "写字楼",
    "前台",
    "签收",
    "代收",
    "加急",
    "预约",
    "保价",
    "冷链",
    "易碎",
    "上楼",
    "搬运",
    "夜间",
    "清晨",
    "周末",
    "假期",
    "加价",
    "小费",
    "路线",
    "拥堵",
    "改派",
]
SOUGHT = (
    *("订单", "我的订单", "骑手接单", "取消", "改派", "拥堵路线", "单骑", "号", "的", "机场 火车站", "改派 易碎 冷链"),
    *("refund", "cancel order", "order refund human", "不存在的词", "单订单订"),
    *("TP{number}", "{ending}", "{phone}", "{phone_ending}"),
)
Ask = Callable[[], Awaitable[Any]]
AGENT = Agent("li", "李", Role.AGENT, "zh")
OF_A_TEAM = Agent("wang", "王", Role.AGENT, "zh", teams=("parcels",))


def measure() -> Report:
    """Both databases."""
    with stores() as both:
        return asyncio.run(_measured(both))


async def _measured(both: Sequence[Store]) -> Report:
    figures: list[Figure] = []
    rows: dict[str, Sequence[float | None]] = {}
    for store in both:
        url = await store.fresh()
        await migrate.upgrade(url)
        await fill(url)
        database = Database(url)
        try:
            figures += await _waits(store.name, database, rows)
            figures.append(await _reading(store, database))
        finally:
            await database.close()
    return Report(
        figures, [Grid("waits with a million messages", (("p50", "ms"), ("p95", "ms"), ("most", "ms")), rows)]
    )


async def _waits(name: str, database: Database, rows: dict[str, Sequence[float | None]]) -> list[Figure]:
    desk = StoredLookup(database)
    figures = []
    for kind, asked in (("search", await _searches(desk)), ("list", list(_lists(desk)))):
        waits = []
        for ask in asked * ROUNDS:
            begun = time.perf_counter()
            await ask()
            waits.append((time.perf_counter() - begun) * 1000)
        waits.sort()
        at = [waits[int(len(waits) * part)] for part in (0.5, 0.95)]
        rows[f"{kind}, {name}"] = (*at, waits[-1])
        figures.append(Figure(f"{kind} among a million messages, p95, {name}", at[1], "ms", SLOWEST))
    return figures


async def _searches(desk: StoredLookup) -> list[Ask]:
    number = str(order(MESSAGES // 3))
    phone = str(phone_of(MESSAGES // 3))
    named = {"number": number, "ending": number[-6:], "phone": phone, "phone_ending": phone[-7:]}
    asks: list[Ask] = []
    for sought in (each.format(**named) for each in SOUGHT):
        asks += [partial(desk.search, agent, sought) for agent in (AGENT, OF_A_TEAM)]
        if found := await desk.search(AGENT, sought):
            asks.append(partial(desk.search, AGENT, sought, before=found[-1].key))
    return asks


def _lists(desk: StoredLookup) -> Iterator[Ask]:
    narrowed: Sequence[dict[str, str]] = ({}, {"channel": "tg"}, {"channel": "wechat"}, {"tag": "急"}, {"tag": "旧"})
    middle = f"{SINCE + MESSAGES - CHATS / 2!r}/x"
    for agent in (AGENT, OF_A_TEAM):
        for each in (*narrowed, {"owner": "li"}):
            yield partial(desk.conversations, agent, **each)
            yield partial(desk.conversations, agent, **each, before=middle)
        yield partial(desk.choices, agent)


async def _reading(store: Store, database: Database) -> Figure:
    """What a line costs the process that reads it, with everything it makes of it."""
    await database.run(
        lambda c: c.exec_driver_sql(f"UPDATE digest SET seq = 0 WHERE conversation < '{key(READ // 10)}'")
    )
    behind = "conversation < '" + key(READ // 10) + "'"
    await database.run(lambda c: c.exec_driver_sql(f"DELETE FROM search_line WHERE {behind}"))
    counted = await database.run(lambda c: c.exec_driver_sql(f"SELECT sum(last_seq) FROM lane WHERE {behind}").scalar())
    begun, elsewhere = time.process_time(), store.cpu()
    await Indexer(database, Grown(), ()).catch_up()
    spent = time.process_time() - begun + store.cpu() - elsewhere
    return Figure(f"reading a line in the background, {store.name}", spent / float(counted) * 1e6, "µs CPU")


# --- a million messages -------------------------------------------------------------------------------------------


def key(number: int) -> str:
    """A conversation's id; every twentieth is on Telegram, every hundredth on WeChat."""
    channel = "wechat" if number % 100 == 1 else "tg" if number % 20 == 1 else "web"
    return f"{channel}:{number:08}"


def order(number: int) -> int:
    """An order number that is said once."""
    return 10_000_000_000 + number * 7919


def phone_of(number: int) -> int:
    """A phone number that is said once."""
    return 13_000_000_000 + number * 9973 % 1_000_000_000


def said(dice: random.Random, weights: Sequence[float], number: int, *, by_bot: bool) -> str:
    """A line: the bot's are longer."""
    chosen = dice.choices(VOCABULARY, cum_weights=weights, k=18 if by_bot else 6)
    text = "".join(f" {word} " if word.isascii() else word for word in chosen)
    if number % 10 == 0:
        text += f"，订单 TP{order(number)}"
    if number % 30 == 0:
        text += f"，电话 {phone_of(number)}"
    return text


def rows(table: str) -> Iterator[Sequence[Any]]:
    """A table's rows, the same each time."""
    if table in LINES:
        yield from _lines(LINES[table])
        return
    for chat in range(CHATS):
        yield from PER_CHAT[table](chat, SINCE + MESSAGES - CHATS + chat)


def _lines(row: Callable[[int, str, int, str], Sequence[Any] | None]) -> Iterator[Sequence[Any]]:
    """In each conversation ten lines, at ten times far apart, of both sides by turns."""
    dice = random.Random(1)
    weights = [sum(1 / (place + 1) for place in range(end + 1)) for end in range(len(VOCABULARY))]
    for number in range(MESSAGES):
        chat, seq = number % CHATS, number // CHATS + 1
        found = row(number, key(chat), seq, said(dice, weights, number, by_bot=seq % 2 == 0))
        if found is not None:
            yield found


def _inbound(number: int, chat: str, seq: int, text: str) -> Sequence[Any] | None:
    return (chat, "customer", f"m{number}", seq, json.dumps({"text": text}), SINCE + number) if seq % 2 else None


def _outbox(number: int, chat: str, seq: int, text: str) -> Sequence[Any] | None:
    payload = {"text": text, "choices": [], "attachments": [], "key": "", "values": {}, "sender": "bot"}
    return None if seq % 2 else (chat, seq, "message", json.dumps(payload), 0, None, SINCE + number)


def _search_line(number: int, chat: str, seq: int, text: str) -> Sequence[Any]:
    at = SINCE + number
    return (int(at * 1000) << 22 | seq << 12, chat, seq, "", "customer" if seq % 2 else "bot", words(text), at)


def _conversation(chat: int, at: float) -> Iterator[Sequence[Any]]:
    state = json.dumps({"language": "zh", "questions": 3, "frames": ["x" * 600]})
    owner = "li" if _is_open(chat) else None
    yield (key(chat), key(chat).partition(":")[0], 5, state, f"c{chat}", owner, 0, False, SINCE, at)


def _lane(chat: int, _: float) -> Iterator[Sequence[Any]]:
    each = MESSAGES // CHATS
    yield (key(chat), key(chat).partition(":")[0], each, each, None, None, 0)


def _digest(chat: int, at: float) -> Iterator[Sequence[Any]]:
    yield (key(chat), key(chat).partition(":")[0], MESSAGES // CHATS, at, 20_000, "什么时候")


def _tag(chat: int, at: float) -> Iterator[Sequence[Any]]:
    """A tag of every tenth conversation, and one of very few."""
    if chat % 10 == 3 or chat % 5_000 == 4:
        yield (key(chat), "急" if chat % 10 == 3 else "旧", "li", at)


def _handover(chat: int, at: float) -> Iterator[Sequence[Any]]:
    """Two of five were once with staff, twenty still are."""
    if chat % 5 in (2, 4):
        team, who = "parcels" if chat % 3 else "fees", "li" if _is_open(chat) else "wang"
        ended = (None, None) if _is_open(chat) else (at, "solved")
        status = "taken" if _is_open(chat) else "closed"
        yield (chat, f"h{chat}", key(chat), "asked", "{}", "zh", 0, status, team, who, 0, at, at, at, at, *ended)


def _is_open(chat: int) -> bool:
    return chat % 5_000 == 7


LINES = {"inbound": _inbound, "outbox": _outbox, "search_line": _search_line}
PER_CHAT = {"conversation": _conversation, "lane": _lane, "digest": _digest, "tag": _tag, "handover": _handover}
TABLES = (*PER_CHAT, *LINES)
COLUMNS: dict[str, Sequence[str]] = {
    table: [column.name for column in metadata.tables[table].columns] for table in TABLES
}
# Columns that later versions add are left to their defaults.
COLUMNS["handover"] = [
    *("id", "key", "conversation", "reason", "brief", "language", "priority", "status", "team", "agent", "returned"),
    *("opened_at", "claimed_at", "answered_at", "due_at", "closed_at", "outcome"),
]


async def fill(url: str) -> None:
    """Store them, already read."""
    if make_url(url).drivername == "sqlite":
        await asyncio.to_thread(_fill_sqlite, str(make_url(url).database))
        return
    parts = make_url(url)
    connection = await asyncpg.connect(user=parts.username, database=parts.database, host=parts.query["host"])
    index = await connection.fetchval("SELECT indexdef FROM pg_indexes WHERE indexname = 'search_words'")
    await connection.execute("DROP INDEX search_words")
    for table in TABLES:
        batches = rows(table)
        while batch := list(islice(batches, BATCH)):
            await connection.copy_records_to_table(table, columns=COLUMNS[table], records=batch)
    await connection.execute("SET maintenance_work_mem = '512MB'")
    await connection.execute(index)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def _fill_sqlite(file: str) -> None:
    connection = sqlite3.connect(file)
    for table in TABLES:
        places = ", ".join("?" * len(COLUMNS[table]))
        batches = rows(table)
        while batch := list(islice(batches, BATCH)):
            connection.executemany(f"INSERT INTO {table} ({', '.join(COLUMNS[table])}) VALUES ({places})", batch)
            connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()

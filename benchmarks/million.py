"""A database as it is after a million messages: 100,000 conversations, with what staff keep of them."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import make_url

from bot.desk.tickets import ABOUTS
from bot.store.schema import metadata
from bot.support.tokens import words

MESSAGES = 1_000_000
CHATS = 100_000
SINCE = 1_790_000_000.0
BATCH = 20_000
REGULAR = "the one who comes every day"

# Words of a courier's customers, the common ones first; the nth is said about 1/n as often as the first.
VOCABULARY = [
    *("订单", "我的", "请问", "什么时候", "还没有", "骑手", "接单", "取消", "为什么", "快递", "等待", "地址"),
    *("电话", "谢谢", "配送", "修改", "确认", "退款", "多少钱", "今天", "上午", "下午", "送到", "餐厅", "商家"),
    *("备注", "发票", "优惠", "联系", "客服", "人工", "投诉", "包裹", "丢失", "损坏", "文件", "鲜花", "蛋糕"),
    *("钥匙", "药品", "电脑", "合同", "order", "cancel", "courier", "waiting", "refund", "address", "please"),
    *("where", "when", "human", "明天", "后天", "雨天", "小区", "门口", "保安", "电梯", "学校", "医院", "机场"),
    *("火车站", "写字楼", "前台", "签收", "代收", "加急", "预约", "保价", "冷链", "易碎", "上楼", "搬运"),
    *("夜间", "清晨", "周末", "假期", "加价", "小费", "路线", "拥堵", "改派"),
]


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
    yield (key(chat), _channel(chat), 5, state, customer_of(chat), _owner(chat), 0, False, SINCE, at)


def customer_of(chat: int) -> str:
    """Most have four conversations, one has a thousand."""
    return REGULAR if chat % 100 == 50 else f"c{chat // 4}"


def _lane(chat: int, _: float) -> Iterator[Sequence[Any]]:
    each = MESSAGES // CHATS
    yield (key(chat), _channel(chat), each, each, None, None, 0)


def _digest(chat: int, at: float) -> Iterator[Sequence[Any]]:
    yield (key(chat), _channel(chat), MESSAGES // CHATS, at, 20_000, "什么时候")


def _channel(chat: int) -> str:
    return key(chat).partition(":")[0]


def _tag(chat: int, at: float) -> Iterator[Sequence[Any]]:
    """A tag of every tenth conversation, and one of very few."""
    if chat % 10 == 3 or chat % 5_000 == 4:
        yield (key(chat), "急" if chat % 10 == 3 else "旧", "li", at)


def _handover(chat: int, at: float) -> Iterator[Sequence[Any]]:
    """Two of five were once with staff, 500 still are: 20 with one colleague, 230 with others, the rest wait."""
    if not _was_with_staff(chat):
        return
    team, owner = _team(chat), _owner(chat)
    if not _is_open(chat):
        taken: Sequence[Any] = ("closed", team, "wang", 0, at, at, at, at, at, "solved")
    elif owner:
        taken = ("taken", team, owner, 0, at, at, None, at, None, None)
    else:
        taken = ("waiting", team, None, 0, at, None, None, at, None, None)
    yield (chat, f"h{chat}", key(chat), "asked", "{}", "zh", 0, *taken)


def _was_with_staff(chat: int) -> bool:
    return chat % 5 in (2, 4)


def _team(chat: int) -> str:
    return ("parcels" if chat % 3 else "fees") if _was_with_staff(chat) else ""


def _is_open(chat: int) -> bool:
    return chat % 200 == 7


def _owner(chat: int) -> str | None:
    if chat % 5_000 == 7:
        return "li"
    return "wang" if chat % 400 == 7 else None


def _ticket(chat: int, at: float) -> Iterator[Sequence[Any]]:
    """100,000 are open, 30,000 are closed. Nearly all are of conversations that staff had, so that who is of another
    team sees few; of half of them it is the company's turn, and half of those are late."""
    for place in range(3 if _was_with_staff(chat) else chat % 10 == 0):
        number = f"T{chat:06}{place}"
        is_closed, is_ours = _was_with_staff(chat) and chat % 4 and place == 2, chat % 2 == place % 2
        state = "closed" if is_closed else ("open" if is_ours else "proposed")
        due = at + (9e9 if chat % 3 else 0.0) if is_ours and not is_closed else None
        about = (ABOUTS[chat % len(ABOUTS)], None, "怎么还没有回复", "[]", None)
        owner = ("li", "wang", None)[chat % 3]
        when = (at, due, None, at if is_closed else None)
        yield (number, number, key(chat), customer_of(chat), *about, state, owner, *when)


def _dead(chat: int, at: float) -> Iterator[Sequence[Any]]:
    """What one of ten conversations was not told."""
    if chat % 10 == 2:
        yield (key(chat), 10, "message", json.dumps({"text": "您好"}), "blocked", at)


LINES = {"inbound": _inbound, "outbox": _outbox, "search_line": _search_line}
PER_CHAT = {
    "conversation": _conversation,
    "lane": _lane,
    "digest": _digest,
    "tag": _tag,
    "handover": _handover,
    "ticket": _ticket,
    "dead": _dead,
}
TABLES = (*PER_CHAT, *LINES)
COLUMNS: dict[str, Sequence[str]] = {
    table: [column.name for column in metadata.tables[table].columns] for table in TABLES
}
# Columns that later versions add are left to their defaults.
COLUMNS["ticket"] = [
    *("number", "key", "conversation", "customer", "about", "order_number", "words", "attachments", "reply_to"),
    *("state", "owner", "opened_at", "due_at", "breached_at", "closed_at"),
]
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

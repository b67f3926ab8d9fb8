"""Some weeks of a busy desk, for what is made of them: conversations, the queue, opinions, ways through the flows."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import insert

from bot.dialogue.book import load_flows
from bot.runtime.hub import Grown
from bot.store.conversations import Line, Source
from bot.store.database import Database
from bot.store.migrate import upgrade
from bot.store.support_tables import feedback
from bot.support.indexer import Indexer
from bot.support.lookup import StoredLookup
from bot.support.reports import StoredReports
from bot.support.ways import Shape, shape_of
from flows.cancel_order.flow import REASONS
from tests.conftest import Clock
from tests.desk.memory_desk import MemoryDesk, MemoryPeople
from tests.desk.server import DeskServer
from tests.support.log import bots, hand_over, own, put_tag, say, take_note

DAY = 86_400.0
CAUSES = ("no_courier", "no_courier", "no_courier", "system_late", "bad_address", "unpaid", "shop_pending", "bad_phone")
CUSTOMERS = ("王女士", "陈先生", "Ben Carter", "林小姐", None)
SAID = (
    "我的订单 TP20261124001 怎么还没有人接单",
    "为什么一直在等待确认？电话 138 1234 5678",
    "我要取消订单，骑手太慢了",
    "收货地址写错了，麻烦改成静安区南京西路 1266 号",
    "Where is my order? It has been waiting for an hour",
    "谢谢，解决了",
)


@contextmanager
def served(folder: Path, people: MemoryPeople, *, days: int, a_day: int) -> Iterator[DeskServer]:
    """A desk on a real socket that has been busy for so many days."""
    clock = Clock()
    database = Database(f"sqlite:///{folder / 'weeks.db'}", clock)

    async def fill() -> None:
        await upgrade(database.url)
        await live_through(database, clock, days=days, a_day=a_day)

    parts = {"lookup": StoredLookup(database), "reports": StoredReports(database, map(shape_of, load_flows()))}
    server = DeskServer(MemoryDesk(), people, **parts)
    # Playwright's loop may be running in this thread.
    with ThreadPoolExecutor() as aside:
        aside.submit(asyncio.run, fill()).result()
        server.start()
        yield server
        server.stop()
        aside.submit(asyncio.run, database.close()).result()


async def live_through(database: Database, clock: Clock, *, days: int, a_day: int, seed: int = 7) -> None:
    """So many days until the clock's now, each with so many conversations; read in the background at the end."""
    dice, now = random.Random(seed), clock.now
    shapes = {shape.name: shape for shape in map(shape_of, load_flows())}
    for day in range(days):
        for number in range(dice.randint(a_day // 2, a_day)):
            clock.now = now - (days - 1 - day) * DAY - dice.uniform(0, 10) * 3600
            await _one(database, dice, f"{dice.choice(('web', 'telegram', 'wechat'))}:{day:02}-{number:03}", shapes)
    clock.now = now
    await Indexer(database, Grown(), REASONS).catch_up()


async def _one(database: Database, dice: random.Random, chat: str, shapes: dict[str, Shape]) -> None:
    cause = dice.choice(CAUSES)
    told = [bots("请稍等，正在为您查询。"), bots(f"订单还在等待骑手接单（{cause}）。", f"pending_order.cause.{cause}")]
    ways = [
        _walk(dice, shapes["pending_order"]),
        _walk(dice, shapes[dice.choice(("cancel_order", "fix_order", "faq"))]),
    ]
    name = dice.choice(CUSTOMERS)
    await say(database, chat, dice.choice(SAID), *told, ways=ways, customer=name)
    if dice.random() < 0.3:
        await _cancel(database, dice, chat, name)
    if dice.random() < 0.4:
        await _think(database, chat, dice.choice(("cancel_order", "fix_order", "staff")), dice.random() < 0.8)
    if dice.random() < 0.35:
        await _with_staff(database, dice, chat)


async def _cancel(database: Database, dice: random.Random, chat: str, name: str | None) -> None:
    act = Line("act", {"id": "1", "effect": "CancelOrder", "fields": {"reason": dice.choice((*REASONS, "不想要了嘛"))}})
    await say(database, chat, "确认取消", act, customer=name, ways=["cancel_order/confirming/affirmed/cancelling"])
    outcome = dice.choice(("cancelled", "cancelled", "refused", "fee_rose"))
    ways = [f"cancel_order/cancelling/{outcome}/{outcome}"]
    await say(database, chat, "", source=Source.INNER, id="act:1", ways=ways, customer=name)


async def _think(database: Database, chat: str, about: str, content: bool) -> None:
    values = {
        "conversation": chat,
        "key": "f",
        "about": about,
        "score": int(content),
        "words": "",
        "at": database.clock(),
    }
    await database.run(lambda c: c.execute(insert(feedback).values(values)) and None)


async def _with_staff(database: Database, dice: random.Random, chat: str) -> None:
    opened = database.clock()
    claimed = opened + dice.expovariate(1 / 90)
    times = {"opened_at": opened, "claimed_at": claimed, "answered_at": claimed + dice.expovariate(1 / 40)}
    reason = dice.choice(("asked", "asked", "stuck", "cannot_cancel", "upset", "lost"))
    if dice.random() < 0.1:
        await hand_over(database, chat, reason=reason, opened_at=opened, status="taken", agent="xiaozhou")
        await own(database, chat, "xiaozhou")
        await put_tag(database, chat, "加急")
        await take_note(database, chat, "客户在开会，下午三点后再联系")
        return
    outcome = dice.choice(("solved", "solved", "solved", "not_solved", "no_answer"))
    closed = claimed + dice.expovariate(1 / 600)
    await hand_over(database, chat, reason=reason, **times, status="closed", closed_at=closed, outcome=outcome)


def _walk(dice: random.Random, shape: Shape) -> str:
    """A way through a flow, given up here and there, as a step notes it."""
    return "/".join([shape.name, *_steps(dice, shape)])


def _steps(dice: random.Random, shape: Shape) -> Iterator[str]:
    state = shape.states[0]
    yield state
    for _ in range(12):
        ways = [way for way in shape.ways if way[0] == state]
        if not ways or (state != shape.states[0] and dice.random() < 0.06):
            return
        first = min(int(dice.expovariate(1.2)), len(ways) - 1)
        _, trigger, state = ways[first]
        yield trigger
        yield state

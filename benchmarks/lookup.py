"""How long staff wait for a search and for each list of the desk with a million messages, and what reading lines for
that costs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from benchmarks.databases import Store, stores
from benchmarks.figures import Figure, Grid, Report
from benchmarks.million import CHATS, MESSAGES, SINCE, fill, key, order, phone_of
from benchmarks.servers import settings
from bot.bootstrap import assemble
from bot.desk.people import Agent, Role
from bot.desk.reports import Lookup
from bot.desk.tickets import TicketDesk, TicketState
from bot.desk_parts import Workbench
from bot.runtime.hub import Grown
from bot.store import migrate
from bot.store.database import Database
from bot.support.indexer import Indexer

READ = 20_000
"""About so many lines on the web are read anew, and those on Telegram, whose names come before."""
ROUNDS = 5
FEWEST = 60
"""Waits of which a percentile tells something; of a list that is asked for in few ways, more rounds."""
SLOWEST = 200
SOUGHT = (
    *("订单", "我的订单", "骑手接单", "取消", "改派", "拥堵路线", "单骑", "机场 火车站", "改派 易碎 冷链"),
    *("号", "的", "鲜", "骑", "re", "T", "or", "单骑 re"),
    *("refund", "cancel order", "order refund human", "不存在的词", "单订单订"),
    *("TP{number}", "{ending}", "{phone}", "{phone_ending}"),
)
"""Words that every tenth line has and such as few have, single signs and beginnings, and numbers that one line has."""
Ask = Callable[[], Awaitable[Any]]
EVERY_TEAMS = Agent("li", "李", Role.AGENT, "zh")
OF_A_TEAM = Agent("wang", "王", Role.AGENT, "zh", teams=("parcels",))
OF_ANOTHER = Agent("zhao", "赵", Role.AGENT, "zh", teams=("returns",))
"""Of a team that has nothing: of what staff had, they see nothing at all."""
AGENTS = (EVERY_TEAMS, OF_A_TEAM, OF_ANOTHER)


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
        app = assemble(settings(url), [])
        try:
            figures += await waits(store.name, app.workbench, rows)
            figures.append(await _reading(store, app.database))
        finally:
            await app.database.close()
    return Report(
        figures, [Grid("waits with a million messages", (("p50", "ms"), ("p95", "ms"), ("most", "ms")), rows)]
    )


async def waits(name: str, bench: Workbench, rows: dict[str, Sequence[float | None]]) -> list[Figure]:
    """The figure of each kind of list on this database, and `rows`."""
    figures = []
    for kind, asked in (await _kinds(bench)).items():
        took = sorted([await _took(ask) for ask in asked * max(ROUNDS, FEWEST // len(asked))])
        at = [took[int(len(took) * part)] for part in (0.5, 0.95)]
        rows[f"{kind}, {name}"] = (*at, took[-1])
        figures.append(Figure(f"{kind} among a million messages, p95, {name}", at[1], "ms", SLOWEST))
    return figures


async def _took(ask: Ask) -> float:
    begun = time.perf_counter()
    await ask()
    return (time.perf_counter() - begun) * 1000


async def _kinds(bench: Workbench) -> Mapping[str, Sequence[Ask]]:
    busy = key(50)  # a customer with a thousand others
    return {
        "search": await _searches(bench.lookup),
        "list": list(_lists(bench.lookup)),
        "list of tickets": list(_tickets(bench.tickets)),
        "queue": [partial(bench.work.queue, agent) for agent in AGENTS],
        "customer's other conversations": [
            partial(bench.talks.elsewhere, agent, chat) for agent in AGENTS for chat in (key(0), busy)
        ],
        "dead letters": [partial(bench.health.dead_letters, agent) for agent in AGENTS],
    }


async def _searches(desk: Lookup) -> list[Ask]:
    number = str(order(MESSAGES // 3))
    phone = str(phone_of(MESSAGES // 3))
    named = {"number": number, "ending": number[-6:], "phone": phone, "phone_ending": phone[-7:]}
    asks: list[Ask] = []
    for sought in (each.format(**named) for each in SOUGHT):
        asks += [partial(desk.search, agent, sought) for agent in (EVERY_TEAMS, OF_A_TEAM)]
        if found := await desk.search(EVERY_TEAMS, sought):
            asks.append(partial(desk.search, EVERY_TEAMS, sought, before=found[-1].key))
    return asks


def _lists(desk: Lookup) -> Iterator[Ask]:
    narrowed: Sequence[dict[str, str]] = ({}, {"channel": "tg"}, {"channel": "wechat"}, {"tag": "急"}, {"tag": "旧"})
    middle = f"{SINCE + MESSAGES - CHATS / 2!r}/x"
    for agent in AGENTS:
        for each in (*narrowed, {"owner": "li"}):
            yield partial(desk.conversations, agent, **each)
            yield partial(desk.conversations, agent, **each, before=middle)
        yield partial(desk.choices, agent)


def _tickets(desk: TicketDesk) -> Iterator[Ask]:
    """Of each list the first page and the last, and the numbers above it."""
    narrowed: Sequence[dict[str, Any]] = (
        {},
        {"owner": "wang"},
        {"overdue": True},
        {"about": "complaint"},
        *({"states": (state,)} for state in TicketState),
        {"states": (TicketState.CLOSED,), "about": "return"},
    )
    for agent in AGENTS:
        for each in narrowed:
            yield partial(desk.tickets, agent, **each)
            yield partial(desk.tickets, agent, **each, page=200)
        yield partial(desk.counts, agent)


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

"""The world around one conversation: a migrated, seeded database, the order service on it, and the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Select, Table, delete, select, update

from bot.bootstrap import performers
from bot.channel import Channel
from bot.config import Settings, load
from bot.desk.people import Agent, Role
from bot.desk.tickets import TicketState
from bot.desk.work import Ending, Resume
from bot.desk.work import Reply as StaffReply
from bot.desk_parts import Workbench, workbench
from bot.dialogue.conversation import Conversation, Frame
from bot.dialogue.engine import Engine
from bot.errors import StoreUnavailable
from bot.identity.links import Links
from bot.orders.sql import rows
from bot.orders.sql.gateway import SqlGateway
from bot.orders.sql.plan import Do, Move, Step, happened
from bot.orders.sql.tables import contacts, customers
from bot.orders.sql.tables import orders as order_table
from bot.runtime.service import Runtime
from bot.runtime.settings import RuntimeSettings
from bot.sections import Support
from bot.store.database import Database
from bot.store.prepared import Prepared, Values
from bot.store.support_tables import ticket
from bot.store.tables import conversation
from bot.support.ticket_desk import TicketOffice
from tests.conversations.driver import Phone
from tests.conversations.ground import DAY, Clock, Ground, words
from tests.conversations.script import Stored

STALL = 0.1
"""Seconds that the bot waits for an order service that never answers; only scripts with one set it so low."""
MEI = Agent("mei", "Mei", Role.AGENT, "zh")
AWAY = 1000.0
"""Seconds after which a colleague who does not answer, and is not there, is waited for no longer."""
RESUMES = {
    "gives back": Resume.SILENT,
    "lets the bot go on": Resume.CONTINUE,
    "lets the bot begin afresh": Resume.FRESH,
}
RUNTIME = RuntimeSettings(language="zh", most_tries=3)


@dataclass
class OrderLine:
    """The order service's own way to its database: up, down, or without an answer."""

    database: Database
    state: str = "up"

    _answers_left: int = 0
    _half_done: bool = False
    _then: Callable[[], Awaitable[None]] | None = None

    async def become(self, state: str | None) -> None:
        """From now on."""
        self.state = state or "up"

    async def later(self, answers: int, then: Callable[[], Awaitable[None]]) -> None:
        """Something happens to the order service after so many more answers; at once after none."""
        if answers == 0:
            await then()
            return
        self._answers_left, self._then = answers, then

    async def run(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        await self._answer()
        return await self.database.run(fn, *args, **kwargs)

    async def fetch(self, statement: Prepared, values: Values) -> Sequence[Any]:
        await self._answer()
        found = await self.database.fetch(statement, values)
        orders = [row for row in found if hasattr(row, "rests_since")]
        self._half_done = ("number" in values and not orders) or not all(map(_is_at_rest, orders))
        return found

    async def fetch_one(self, statement: Prepared, values: Values) -> Any:
        return next(iter(await self.fetch(statement, values)), None)

    async def _answer(self) -> None:
        # A look that finds nothing is followed by a proper question: both are one answer.
        half_done, self._half_done = self._half_done, False
        if not half_done:
            await self._count()
        if self.state == "down":
            raise StoreUnavailable("the order service is away")
        if self.state == "silent":
            await asyncio.Event().wait()

    async def _count(self) -> None:
        if self._then is None:
            return
        if self._answers_left == 0:
            then, self._then = self._then, None
            await then()
        self._answers_left -= 1


def _is_at_rest(row: Any) -> bool:
    return row.rests_since is None and (row.due_at is None or row.due_at > row.now)


@dataclass
class World:
    """Everything but the customer."""

    database: Database
    clock: Clock
    line: OrderLine
    gateway: SqlGateway
    links: Links
    runtime: Runtime
    seeded_data: frozenset[str]
    bench: Workbench
    phone: Phone = field(default_factory=Phone)

    async def courier_takes(self, number: str) -> None:
        """A courier takes this order now."""
        await self.database.run(_take, number, self.clock.now)

    async def order_vanishes(self, number: str) -> None:
        """The order service no longer knows the order."""
        await self.database.run(lambda c: c.execute(delete(order_table).where(order_table.c.number == number)))

    async def account_vanishes(self, customer: str) -> None:
        """The order service no longer knows the customer, who has no orders."""
        await self.database.run(lambda c: c.execute(delete(contacts).where(contacts.c.customer == customer)))
        await self.database.run(lambda c: c.execute(delete(customers).where(customers.c.id == customer)))

    async def other_chat_cancels(self, number: str) -> None:
        """The same customer cancels in another chat, at whatever it costs."""
        order = await self.order(number)
        await self.gateway.cancel(
            order["customer"], number, accepted_fee=10**9, reason="not_needed", key=f"other:{number}"
        )

    async def staff_does(self, what: str) -> None:
        """A colleague does something with the conversation."""
        work, chat = self.bench.work, await self._chat()
        match what:
            case "takes over":
                await work.claim(MEI, chat)
            case "closes" | "closes unanswered":
                await work.close(MEI, chat, Ending.SOLVED if what == "closes" else Ending.NO_ANSWER)
            case "stays away":
                self.clock.now += AWAY
                await self.bench.ownership.look()
            case _:
                await work.hand_back(MEI, chat, RESUMES[what])

    async def staff_says(self, words: str) -> None:
        """A colleague writes to the customer."""
        await self.bench.work.reply(MEI, await self._chat(), StaffReply(uuid4().hex, words))

    async def move_ticket(self, state: str, words: str) -> None:
        """A colleague makes something of the newest ticket."""
        number = (await self.table(ticket))[-1]["number"]
        office = TicketOffice(self.database, self.runtime, Support().due_within)
        await office.move(MEI, uuid4().hex, number, TicketState(state), words)

    async def change_ticket(self, state: str) -> None:
        """The newest ticket is in another state, or "gone", and its customer has not heard it yet."""
        number = (await self.table(ticket))[-1]["number"]
        mine = ticket.c.number == number
        change = delete(ticket).where(mine) if state == "gone" else update(ticket).where(mine).values(state=state)
        await self.database.run(lambda connection: connection.execute(change))

    async def store(self, frame: Stored) -> None:
        """Put a flow under way into the store, as another version of the bot would have left it."""
        await self.database.run(_store, frame)

    async def order(self, number: str) -> dict[str, Any]:
        """The order's row in the order service's own table."""
        return (await self._rows(select(order_table).where(order_table.c.number == number)))[0]

    async def conversation(self) -> Conversation:
        """The conversation as stored."""
        found = await self._rows(select(conversation.c.state))
        return Conversation.from_json(found[0]["state"] if found else {})

    async def _chat(self) -> str:
        """The one conversation there is."""
        found: str = (await self._rows(select(conversation.c.id)))[0]["id"]
        return found

    async def table(self, table: Table) -> list[dict[str, Any]]:
        """All rows of a table."""
        return await self._rows(select(table))

    async def data(self) -> set[str]:
        """Every word of the order service's data as it stands."""
        return await self.database.run(words)

    async def _rows(self, query: Select[Any]) -> list[dict[str, Any]]:
        def read(connection: Connection) -> list[dict[str, Any]]:
            return [row._asdict() for row in connection.execute(query)]

        return await self.database.run(read)


@cache
def settings(url: str, *, stalls: bool) -> Settings:
    """What config.yaml says, on this database."""
    read = load(environ={"TEPAI_SECRET": "a secret of the tests", "DATABASE_URL": url})
    return read.model_copy(update={"orders": read.orders.model_copy(update={"timeout": STALL})}) if stalls else read


async def world(ground: Ground, engine: Engine, at: str, *, stalls: bool, channel: Channel | None = None) -> World:
    """The ground as seeded, at this time of the day. `stalls`: the order service will not answer for a while.
    `channel`: where the chat is, if not on the phone."""
    await ground.put_back(time_of_day(at))
    database, clock = ground.database, ground.clock
    line = OrderLine(database)
    chosen = settings(ground.url, stalls=stalls)
    gateway = SqlGateway(line, chosen.orders.policy())  # type: ignore[arg-type]
    links = Links(chosen.secret.get_secret_value(), chosen.identity.link_hours, clock)
    phone = Phone()
    used = channel or phone
    patience = replace(RUNTIME, read=STALL, act=STALL) if stalls else RUNTIME
    parts = (performers(chosen, database, gateway, None), {used.name: used}, gateway, links, patience)
    runtime = Runtime(database, engine, *parts)
    bench = workbench(chosen, database, runtime, engine, gateway, {}, [used.name])
    return World(database, clock, line, gateway, links, runtime, ground.data, bench, phone)


def time_of_day(told: str) -> float:
    """14:30 on the scripts' day."""
    hours, minutes = map(int, told.split(":"))
    return DAY.replace(hour=hours, minute=minutes).timestamp()


def _take(connection: Connection, number: str, now: float) -> None:
    stored = connection.execute(select(order_table).where(order_table.c.number == number)).one()
    plan = rows.locked(connection, stored.customer, number).woken(now)
    taken = happened(plan.order, Move(0, Do.ACCEPT, "Tao Lin"), now)
    rows.save(connection, replace(plan, order=taken, moves=()))
    rows.record(connection, [Step(taken, plan.order.state, now)])


def _store(connection: Connection, stored: Stored) -> None:
    state = connection.execute(select(conversation.c.state)).scalar_one()
    talk = Conversation.from_json(state)
    talk.frames = [Frame(stored.flow, stored.version, stored.state, dict(stored.slots))]
    connection.execute(update(conversation).values(state={**state, **talk.to_json()}))

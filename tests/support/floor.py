"""The shop floor: customers who write by telephone, the bot with every flow, and members of staff."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from bot.bootstrap import App, assemble
from bot.channel import Receipt
from bot.config import load
from bot.desk.people import Agent, Availability, Role
from bot.desk.talk import Line
from bot.desk.work import Reply, Waiting
from bot.messages import Address, Incoming, Outgoing
from bot.orders.sql import rows
from bot.orders.sql.seed import seed
from bot.sections import Support
from bot.store.database import Database
from bot.store.staff_tables import staff
from bot.store.support_tables import handover, ticket, writing
from bot.store.tables import audit, inbound, lane, lease, outbox, timer
from bot.support.hours import CHINA, OpeningHours
from tests.conftest import Clock

MEI = Agent("mei", "小梅", Role.AGENT, "zh")
LI = Agent("li", "李磊", Role.AGENT, "zh")
LEAD = Agent("zhou", "周敏", Role.LEAD, "zh")
ALWAYS = OpeningHours.model_validate({kind: ["00:00-24:00"] for kind in ("weekdays", "weekends", "holidays")})
TIMED: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (handover, ("opened_at", "claimed_at", "answered_at", "due_at", "missing_since")),
    (staff, ("seen_at",)),
    (inbound, ("at",)),
    (outbox, ("at",)),
    (lane, ("next_at",)),
    (timer, ("due_at",)),
    (lease, ("until",)),
    (ticket, ("opened_at", "due_at")),
    (writing, ("at",)),
)


@dataclass
class Phone:
    """A channel that remembers what arrived, for whom."""

    name: str = "phone"
    capabilities: Any = None
    arrived: list[tuple[str, Outgoing]] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)

    async def send(self, address: Address, message: Outgoing, seq: int) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.arrived.append((address.conversation, message))


@dataclass
class Floor:
    """`process` is one process; `another` starts a second one on the same database."""

    url: str
    clock: Clock
    phone: Phone = field(default_factory=Phone)
    support: Support = Support()  # noqa: RUF009 -- frozen
    hours: OpeningHours = ALWAYS
    processes: list[App] = field(default_factory=list)
    ids: int = 0

    @property
    def app(self) -> App:
        if not self.processes:
            self.another()
        return self.processes[0]

    @property
    def database(self) -> Database:
        return self.app.database

    def another(self) -> App:
        settings = load(environ={"TEPAI_SECRET": "a secret of the tests", "DATABASE_URL": self.url})
        company = settings.company.model_copy(update={"hotline_hours": self.hours})
        settings = settings.model_copy(update={"support": self.support, "company": company})
        self.processes.append(assemble(settings, [self.phone], self.clock))
        return self.processes[-1]

    async def close(self) -> None:
        for process in self.processes:
            await process.runtime.stop()
            await process.database.close()

    # --- customers --------------------------------------------------------------------------------------------

    async def seed(self) -> None:
        await self.database.run(seed, await self.database.run(rows.now))

    async def says(self, text: str, chat: str = "a", settle: bool = True, **more: Any) -> Receipt:
        self.ids += 1
        receipt = await self.app.runtime.receive(Incoming(Address("phone", chat), f"m{self.ids}", text, **more))
        if settle:
            await self.settle()
        return receipt

    async def comes(self, customer: str, chat: str = "a") -> None:
        """By a link that proves who they are."""
        await self.says("", chat, link=self.app.links.make(customer))

    async def settle(self) -> None:
        await self.app.runtime.settle()

    def heard(self, chat: str = "a") -> list[str]:
        """The keys of what arrived there, or the words where a person wrote them."""
        return [said.key or said.text for where, said in self.phone.arrived if where == f"phone:{chat}"]

    # --- staff ------------------------------------------------------------------------------------------------

    async def hires(self, *agents: Agent, availability: Availability = Availability.ONLINE) -> None:
        """They are there from now on."""
        for agent in agents:
            await self.database.run(_hire, agent, availability.value, await self.now())

    async def is_seen(self, agent: Agent, availability: str = "online") -> None:
        now = await self.now()
        alive = update(staff).where(staff.c.id == agent.id).values(seen_at=now, availability=availability)
        await self.database.run(lambda connection: connection.execute(alive).rowcount)

    async def reply(self, agent: Agent, text: str, chat: str = "a", id: str = "", seen: int | None = None) -> Receipt:
        self.ids += 1
        receipt = await self.app.workbench.work.reply(
            agent, f"phone:{chat}", Reply(id or f"r{self.ids}", text, seen=seen)
        )
        await self.settle()
        return receipt

    async def queue(self, agent: Agent = MEI) -> list[Waiting]:
        return list(await self.app.workbench.work.queue(agent))

    async def lines(self, agent: Agent = MEI, chat: str = "a") -> Sequence[Line]:
        return await self.app.workbench.talks.lines(agent, f"phone:{chat}")

    async def audited(self) -> list[tuple[str, str]]:
        return [(row["actor"], row["action"]) for row in await self.table(audit)]

    # --- time and tables ----------------------------------------------------------------------------------------

    def time(self) -> float:
        """Before there is a database to ask; PostgreSQL has this machine's clock."""
        return self.clock.now if self.url.startswith("sqlite") else time.time()

    async def now(self) -> float:
        return float(await self.database.run(rows.now))

    async def passes(self, seconds: float) -> None:
        """Let time pass: on PostgreSQL, which has a clock of its own, by moving back what was ever timed."""
        if self.database.is_sqlite:
            self.clock.forward(seconds)
        else:
            await self.database.run(_move_back, seconds)

    async def table(self, table: Table) -> list[dict[str, Any]]:
        def read(connection: Connection) -> list[dict[str, Any]]:
            return [dict(row._mapping) for row in connection.execute(select(table))]

        return await self.database.run(read)


def shut(hours: int, now: float) -> OpeningHours:
    """Nobody is there for so many hours from now on (at least one), and then for an hour."""
    begin = datetime.fromtimestamp(now + hours * 3600, CHINA)
    span = [f"{begin:%H}:00-{(begin.hour + 1) % 24:02}:00"]
    return OpeningHours.model_validate({"weekdays": span, "weekends": span, "holidays": span})


def of_team(agent: Agent, *teams: str) -> Agent:
    return replace(agent, teams=teams)


def _hire(connection: Connection, agent: Agent, availability: str, now: float) -> None:
    row = {
        "id": agent.id,
        "name": agent.name,
        "role": agent.role.value,
        "language": agent.language,
        "languages": list(agent.languages),
        "teams": list(agent.teams),
    }
    times = {"availability": availability, "active": agent.active, "seen_at": now, "created_at": now}
    connection.execute(insert(staff).values(**row, **times))


def _move_back(connection: Connection, seconds: float) -> None:
    for table, columns in TIMED:
        connection.execute(update(table).values({name: table.c[name] - seconds for name in columns}))

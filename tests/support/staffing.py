"""Members of staff on a real database, and time that passes for what is kept of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Double, Table, select, update

from bot.desk.people import Agent, Role, SignedIn
from bot.identity.guard import Limits
from bot.store.database import Database
from bot.store.sessions import Lifetime
from bot.store.staff_tables import sign_in_guard, staff, staff_link, staff_session
from bot.support.passwords import Passwords
from bot.support.people import Rules, Staff

HOUR = 3600.0
DAY = 24 * HOUR
RULES = Rules(
    Limits(0, 5, (60, 300)), Lifetime(idle=12 * HOUR, whole=14 * DAY), link=DAY, teams=frozenset({"care", "VIP"})
)
SECRET = "a secret for these tests only"
PASSWORD = "correct horse battery"
OPERATOR = Agent("operator", "operator", Role.ADMIN, "en")


def cheap() -> Passwords:
    """As few rounds and as little memory as the library allows, since tests hash a lot."""
    return Passwords(rounds=1, memory=8)


@dataclass
class Team:
    """`told`: the topics that were woken."""

    database: Database
    passwords: Passwords = field(default_factory=cheap)
    rules: Rules = RULES
    told: list[str] = field(default_factory=list)
    by: Agent = OPERATOR

    def __post_init__(self) -> None:
        self.staff = Staff(self.database, SECRET, self.passwords, self.rules, self.told.append)

    async def link(self, id: str = "li", role: Role = Role.AGENT, **said: Any) -> str:
        """A new member of staff's first link."""
        return await self.staff.add(OPERATOR, Agent(id, said.pop("name", "小李"), role, "zh", **said))

    async def come(self, id: str = "li", role: Role = Role.AGENT, **said: Any) -> SignedIn:
        """A new member of staff who came by the link and has set the password."""
        begun = await self.staff.sign_in_by_link(await self.link(id, role, **said), "Firefox · Linux")
        await self.staff.change_password(begun.agent, "", PASSWORD, begun.token)
        return begun

    async def enter(self, id: str = "li", password: str = PASSWORD) -> SignedIn:
        return await self.staff.sign_in(id, password, "Chrome · Windows")

    async def rows(self, table: Table) -> list[dict[str, Any]]:
        def read(connection: Connection) -> list[dict[str, Any]]:
            return [dict(row._mapping) for row in connection.execute(select(table))]

        return await self.database.run(read)

    async def passes(self, seconds: float) -> None:
        """Everything that is kept happened so much earlier: the same on both databases' clocks."""

        def age(connection: Connection) -> None:
            for table in (staff, staff_session, staff_link, sign_in_guard):
                times = [column for column in table.c if isinstance(column.type, Double)]
                connection.execute(update(table).values({column: column - seconds for column in times}))

        await self.database.run(age)

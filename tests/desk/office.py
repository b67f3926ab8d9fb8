"""The desk on a real socket over a real database, and browsers of members of staff as far as a server can tell."""

from __future__ import annotations

import re
from types import TracebackType
from typing import Any, Self

import aiohttp
from starlette.routing import BaseRoute
from yarl import URL

from adapters.desk import Desk, routes
from bot.desk.people import Agent, Role
from bot.store.database import Database
from bot.support.trail import AuditTrail
from tests.serving import Serving
from tests.support.staffing import PASSWORD, Team

COMPANY = {"zh": "特派", "en": "Tepai"}
COOKIE = "tepai_desk"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Office(Serving):
    """`team` works on the same database from outside, as another process would. `options` go to `Desk`."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__()
        self._url = url
        self._options = options
        self.outside = Database(url)
        self.team = Team(self.outside)

    def routes(self) -> list[BaseRoute]:
        database = Database(self._url)
        staff, trail = Team(database).staff, AuditTrail(database)
        return routes(Desk(staff, COMPANY, teams=("care", "VIP"), trail=trail, **self._options))

    async def comes(self, id: str = "li", role: Role = Role.AGENT, **said: Any) -> Member:
        """Somebody new with a browser of theirs, signed in, and with a password."""
        begun = await self.team.come(id, role, **said)
        member = Member(self.url, begun.agent)
        member.holds(begun.token)
        return member


class Member:
    """A browser; it follows redirects only where told to."""

    def __init__(self, url: str, agent: Agent | None = None) -> None:
        self.url = url
        self.agent = agent
        self.http = aiohttp.ClientSession(
            url,
            headers={"Origin": url, "User-Agent": FIREFOX},
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            timeout=aiohttp.ClientTimeout(10),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.http.close()

    def holds(self, token: str) -> None:
        self.http.cookie_jar.update_cookies({COOKIE: token}, URL(self.url))

    @property
    def token(self) -> str:
        return next((cookie.value for cookie in self.http.cookie_jar if cookie.key == COOKIE), "")

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status, and the page or where it leads."""
        async with self.http.get(path, allow_redirects=False, headers=headers) as answer:
            return answer.status, answer.headers.get("Location") or await answer.text()

    async def post(self, path: str, form: Any = None, **headers: str) -> tuple[int, str]:
        async with self.http.post(path, data=form or {"x": ""}, allow_redirects=False, headers=headers) as answer:
            return answer.status, answer.headers.get("Location") or await answer.text()

    async def sign_in(self, name: str = "li", password: str = PASSWORD, next: str = "") -> tuple[int, str]:
        return await self.post("/desk/sign-in", {"name": name, "password": password, "next": next})


def link_on(page: str) -> str:
    """The token of the link a page shows."""
    found = re.search(r'/desk/link#([\w-]+)"', page)
    assert found is not None, page
    return found[1]

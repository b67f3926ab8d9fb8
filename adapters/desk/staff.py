"""The members of staff, for admins: list, add, change, deactivate, a new link, their sessions."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.desk.fields import Fields
from adapters.desk.guarding import signed_in
from adapters.desk.links import link
from adapters.desk.rendering import Part
from adapters.desk.services import Desk
from bot.desk.people import Agent, Role
from bot.errors import NoSuchThing, NotTaken

STAFF = "/desk/staff"
_NOBODY = Agent("", "", Role.AGENT, "zh")


def routes(desk: Desk) -> list[BaseRoute]:
    """The admins' pages."""
    staff = StaffPages(desk)
    one = STAFF + "/{id}"
    return [
        Route(STAFF, staff.show_all),
        Route(STAFF + "/new", staff.show_new),
        Route(STAFF + "/new", staff.add, methods=["POST"]),
        Route(one, staff.show),
        Route(one, staff.edit, methods=["POST"]),
        Route(one + "/link", staff.renew, methods=["POST"]),
        Route(one + "/active", staff.activate, methods=["POST"]),
        Route(one + "/sessions", staff.revoke, methods=["POST"]),
    ]


class StaffPages(Part):
    """A new link is shown once, on the page that answers the press, and stands in no address."""

    @signed_in(Role.ADMIN)
    async def show_all(self, request: Request, agent: Agent) -> Response:
        """Everybody, those who left at the end."""
        everybody = sorted(await self.desk.people.everybody(agent), key=lambda one: not one.active)
        return self.page(request, agent, "staff.html", everybody=everybody)

    @signed_in(Role.ADMIN)
    async def show_new(self, request: Request, agent: Agent) -> Response:
        """An empty form."""
        return self._new(request, agent, replace(_NOBODY, language=agent.language))

    @signed_in(Role.ADMIN)
    async def add(self, request: Request, agent: Agent) -> Response:
        """Somebody new, and the link to give to them."""
        fields = await Fields.of(request)
        said = fields.member(fields.one("id"))
        try:
            token = await self.desk.people.add(agent, said)
        except NotTaken as wrong:
            return self._new(request, agent, said, wrong.key)
        return self.page(request, agent, "staff_link.html", who=said, link=link(_origin(request), token), added=True)

    @signed_in(Role.ADMIN)
    async def show(self, request: Request, agent: Agent) -> Response:
        """One of them."""
        who = await self._who(request, agent)
        return await self._one(request, agent, who, who)

    @signed_in(Role.ADMIN)
    async def edit(self, request: Request, agent: Agent) -> Response:
        """What the form says of them."""
        who = await self._who(request, agent)
        said = replace((await Fields.of(request)).member(who.id), active=who.active)
        try:
            await self.desk.people.edit(agent, said)
        except NotTaken as wrong:
            return await self._one(request, agent, who, said, wrong.key)
        return RedirectResponse(f"{STAFF}/{who.id}?done=saved", 303)

    @signed_in(Role.ADMIN)
    async def activate(self, request: Request, agent: Agent) -> Response:
        """Deactivate, or take back."""
        who = await self._who(request, agent)
        active = (await Fields.of(request)).one("active") == "yes"
        try:
            await self.desk.people.edit(agent, replace(who, active=active))
        except NotTaken as wrong:
            return await self._one(request, agent, who, who, wrong.key)
        return RedirectResponse(f"{STAFF}/{who.id}?done={'activated' if active else 'deactivated'}", 303)

    @signed_in(Role.ADMIN)
    async def renew(self, request: Request, agent: Agent) -> Response:
        """A fresh link for somebody who forgot their password."""
        who = await self._who(request, agent)
        token = await self.desk.people.new_link(agent, who.id)
        return self.page(request, agent, "staff_link.html", who=who, link=link(_origin(request), token), added=False)

    @signed_in(Role.ADMIN)
    async def revoke(self, request: Request, agent: Agent) -> Response:
        """End one of their sessions."""
        who = await self._who(request, agent)
        await self.desk.people.revoke(agent, (await Fields.of(request)).one("session"))
        return RedirectResponse(f"{STAFF}/{who.id}?done=ended", 303)

    async def _who(self, request: Request, agent: Agent) -> Agent:
        id = request.path_params["id"]
        found = next((one for one in await self.desk.people.everybody(agent) if one.id == id), None)
        if found is None:
            raise NoSuchThing
        return found

    def _new(self, request: Request, agent: Agent, said: Agent, wrong: str = "") -> Response:
        status = 422 if wrong else 200
        teams = self.desk.teams
        return self.page(request, agent, "staff_new.html", status=status, said=said, wrong=wrong, teams=teams)

    async def _one(self, request: Request, agent: Agent, who: Agent, said: Agent, wrong: str = "") -> Response:
        return self.page(
            request,
            agent,
            "staff_one.html",
            status=422 if wrong else 200,
            who=who,
            said=said,
            wrong=wrong,
            teams=self.desk.teams,
            sessions=await self.desk.people.sessions(who, ""),
        )


def _origin(request: Request) -> str:
    """Under which address this admin sees the desk; the guard has seen that it is ours."""
    return request.headers.get("origin") or f"{request.url.scheme}://{request.url.netloc}"

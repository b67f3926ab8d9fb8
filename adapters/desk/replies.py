"""Replies that are written once and used often: everybody may read them, leads write them."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.desk.fields import Fields
from adapters.desk.guarding import signed_in
from adapters.desk.rendering import Part
from adapters.desk.services import Desk
from bot.content import clean
from bot.desk.people import Agent, Role
from bot.desk.talk import Canned, Talks
from bot.errors import NoSuchThing, NotTaken

REPLIES = "/desk/replies"
LONGEST = 4000


def routes(desk: Desk) -> list[BaseRoute]:
    """The list and the form."""
    if desk.talks is None:
        return []
    pages = Replies(desk, desk.talks)
    return [
        Route(REPLIES, pages.show_all),
        Route(REPLIES + "/new", pages.show_new),
        Route(REPLIES + "/new", pages.keep, methods=["POST"]),
        Route(REPLIES + "/{id:int}", pages.show),
        Route(REPLIES + "/{id:int}", pages.keep, methods=["POST"]),
        Route(REPLIES + "/{id:int}/drop", pages.drop, methods=["POST"]),
    ]


class Replies(Part):
    """The canned replies."""

    def __init__(self, desk: Desk, talks: Talks) -> None:
        super().__init__(desk)
        self._talks = talks

    @signed_in()
    async def show_all(self, request: Request, agent: Agent) -> Response:
        """All of them; `?done=` says what was just done."""
        leads = agent.role.covers(Role.LEAD)
        return self.page(request, agent, "replies.html", replies=await self._talks.canned(), leads=leads)

    @signed_in(Role.LEAD)
    async def show_new(self, request: Request, agent: Agent) -> Response:
        """An empty form."""
        return self._form(request, agent, Canned(0, "", agent.language, "", ""))

    @signed_in(Role.LEAD)
    async def show(self, request: Request, agent: Agent) -> Response:
        """One of them, to be changed."""
        return self._form(request, agent, await self._one(request))

    @signed_in(Role.LEAD)
    async def keep(self, request: Request, agent: Agent) -> Response:
        """What the form says: a new one, or a change."""
        fields = await Fields.of(request)
        said = Canned(
            request.path_params.get("id", 0),
            clean(fields.one("shortcut")).strip().removeprefix("/"),
            fields.one("language"),
            clean(fields.one("title")).strip(),
            clean(fields.one("words", LONGEST)).strip(),
        )
        try:
            await self._talks.keep_canned(agent, replace(said, title=said.title or said.shortcut))
        except NotTaken as wrong:
            return self._form(request, agent, said, wrong.key)
        return RedirectResponse(f"{REPLIES}?done=saved", 303)

    @signed_in(Role.LEAD)
    async def drop(self, request: Request, agent: Agent) -> Response:
        """Remove it."""
        await self._talks.drop_canned(agent, request.path_params["id"])
        return RedirectResponse(f"{REPLIES}?done=dropped", 303)

    async def _one(self, request: Request) -> Canned:
        found = next((one for one in await self._talks.canned() if one.id == request.path_params["id"]), None)
        if found is None:
            raise NoSuchThing("canned")
        return found

    def _form(self, request: Request, agent: Agent, said: Canned, wrong: str = "") -> Response:
        return self.page(request, agent, "reply.html", status=422 if wrong else 200, said=said, wrong=wrong)

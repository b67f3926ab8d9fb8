"""What members of staff see to for themselves: being there, their language."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.desk.guarding import signed_in, signed_in_api
from adapters.desk.navigation import HOME, entries
from adapters.desk.onward import onward
from adapters.desk.rendering import Part
from adapters.desk.services import Desk
from adapters.web.problems import Problem
from adapters.web.reading import read_form, read_json
from adapters.web.words import language_of
from bot.desk.people import Agent, Availability

ME = "/desk/me"
MAX_JSON = 4096


def routes(desk: Desk) -> list[BaseRoute]:
    """One's own pages."""
    me = Me(desk)
    return [
        Route(ME, me.show),
        Route("/desk/me/language", me.speak, methods=["POST"]),
        Route("/desk/me/availability", me.choose, methods=["POST"]),
        Route("/desk/api/availability", me.choose_here, methods=["POST"]),
        Route("/desk/api/alive", me.alive, methods=["POST"]),
    ]


class Me(Part):
    """What one may change of oneself."""

    @signed_in()
    async def show(self, request: Request, agent: Agent) -> Response:
        """My account."""
        return self.page(request, agent, "me.html")

    @signed_in()
    async def speak(self, request: Request, agent: Agent) -> Response:
        """Another language for the desk, and back to the page where one was."""
        form = await read_form(request)
        language = language_of(str(form.get("language", ""))) or agent.language
        await self.desk.people.describe(agent, name=agent.name, language=language, languages=agent.languages)
        return RedirectResponse(onward(str(form.get("next", ""))), 303)

    @signed_in()
    async def choose(self, request: Request, agent: Agent) -> Response:
        """Online, away or offline, from a page without scripts."""
        form = await read_form(request)
        await self.desk.people.be(agent, _availability(form.get("availability")))
        return RedirectResponse(onward(str(form.get("next", ""))), 303)

    @signed_in_api()
    async def choose_here(self, request: Request, agent: Agent) -> Response:
        """Online, away or offline, from a page that stays."""
        availability = _availability((await read_json(request, MAX_JSON)).get("availability"))
        await self.desk.people.be(agent, availability)
        return JSONResponse({"availability": availability})

    @signed_in_api()
    async def alive(self, request: Request, agent: Agent) -> Response:  # noqa: ARG002 -- a beat says nothing
        """A page is open; answers what holds, which may have been chosen on another page."""
        await self.desk.people.alive(agent)
        return JSONResponse({"availability": agent.availability})


class Home(Part):
    """`GET /desk` where there is no workspace: the first page there is."""

    @signed_in()
    async def show(self, request: Request, agent: Agent) -> Response:  # noqa: ARG002 -- leads on
        """To the first page this member of staff may open."""
        first = next(entry for entry in entries(self.desk, agent) if entry.path != HOME)
        return RedirectResponse(first.path, 303)


def _availability(given: object) -> Availability:
    try:
        return Availability(str(given))
    except ValueError:
        raise Problem(400, "bad_availability", '"availability" must be online, away or offline.') from None

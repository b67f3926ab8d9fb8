"""What members of staff see to for themselves: name, languages, password, sessions, being there."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.desk import session
from adapters.desk.fields import Fields
from adapters.desk.guarding import signed_in, signed_in_api
from adapters.desk.navigation import HOME, entries
from adapters.desk.onward import onward
from adapters.desk.rendering import Part
from adapters.desk.services import Desk
from adapters.web.problems import Problem
from adapters.web.reading import read_json
from adapters.web.words import language_of
from bot.desk.people import Agent, Availability, Phones
from bot.errors import DeliveryError, NotTaken

ME = "/desk/me"
PASSWORD = "/desk/me/password"  # noqa: S105 -- a page
MAX_JSON = 4096


def routes(desk: Desk) -> list[BaseRoute]:
    """One's own pages."""
    me, password = Me(desk), Password(desk)
    return [
        Route(ME, me.show),
        Route(ME, me.describe, methods=["POST"]),
        Route(PASSWORD, password.show),
        Route(PASSWORD, password.change, methods=["POST"]),
        Route("/desk/me/sessions", me.revoke, methods=["POST"]),
        Route("/desk/me/telegram", me.offer, methods=["POST"]),
        Route("/desk/me/telegram/unlink", me.unlink, methods=["POST"]),
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
        return await self._page(request, agent, agent)

    @signed_in()
    async def describe(self, request: Request, agent: Agent) -> Response:
        """Name and languages."""
        fields = await Fields.of(request)
        name, language, languages = fields.one("name"), fields.one("language"), fields.all("languages")
        try:
            await self.desk.people.describe(agent, name=name, language=language, languages=languages)
        except NotTaken as wrong:
            said = Agent(agent.id, name, agent.role, language, languages)
            return await self._page(request, agent, said, wrong=wrong.key)
        return RedirectResponse(f"{ME}?done=saved", 303)

    @signed_in()
    async def revoke(self, request: Request, agent: Agent) -> Response:
        """End one of one's sessions, or with "others" all but this one."""
        wanted = (await Fields.of(request)).one("session")
        if wanted != "others":
            await self.desk.people.revoke(agent, wanted)
            return RedirectResponse(f"{ME}?done=ended", 303)
        for each in await self.desk.people.sessions(agent, session.read(request)):
            if not each.current:
                await self.desk.people.revoke(agent, each.id)
        return RedirectResponse(f"{ME}?done=ended", 303)

    @signed_in()
    async def offer(self, request: Request, agent: Agent) -> Response:
        """A link that makes a Telegram account one's own; it stands on this page only."""
        try:
            link = await _phones(self.desk).offer(agent)
        except DeliveryError:
            return await self._page(request, agent, agent, phone_wrong="telegram_away")
        return await self._page(request, agent, agent, phone_link=link)

    @signed_in()
    async def unlink(self, request: Request, agent: Agent) -> Response:  # noqa: ARG002 -- says nothing more
        """No Telegram account is one's own any more."""
        await _phones(self.desk).unlink(agent)
        return RedirectResponse(f"{ME}?done=unlinked", 303)

    @signed_in()
    async def speak(self, request: Request, agent: Agent) -> Response:
        """Another language for the desk, and back to the page where one was."""
        fields = await Fields.of(request)
        language = language_of(fields.one("language")) or agent.language
        await self.desk.people.describe(agent, name=agent.name, language=language, languages=agent.languages)
        return RedirectResponse(onward(fields.one("next")), 303)

    @signed_in()
    async def choose(self, request: Request, agent: Agent) -> Response:
        """Online, away or offline, from a page without scripts."""
        fields = await Fields.of(request)
        await self.desk.people.be(agent, _availability(fields.one("availability")))
        return RedirectResponse(onward(fields.one("next")), 303)

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

    async def _page(
        self, request: Request, agent: Agent, said: Agent, wrong: str = "", phone_link: str = "", phone_wrong: str = ""
    ) -> Response:
        phones = self.desk.phones
        sessions = await self.desk.people.sessions(agent, session.read(request))
        has_password = await self.desk.people.has_password(agent)
        return self.page(
            request,
            agent,
            "me.html",
            status=503 if phone_wrong else 422 if wrong else 200,
            said=said,
            wrong=wrong,
            sessions=sessions,
            has_password=has_password,
            phones=phones is not None,
            phone_linked=phones is not None and await phones.is_linked(agent),
            phone_link=phone_link,
            phone_wrong=phone_wrong,
        )


class Password(Part):
    """Setting the first password, and changing it."""

    @signed_in()
    async def show(self, request: Request, agent: Agent) -> Response:
        """The form."""
        return await self._page(request, agent)

    @signed_in()
    async def change(self, request: Request, agent: Agent) -> Response:
        """The new one has to be typed twice; all other sessions end."""
        fields = await Fields.of(request)
        old, new = fields.one("old"), fields.one("new")
        first = not await self.desk.people.has_password(agent)
        if new != fields.one("again"):
            return await self._page(request, agent, "password_differs")
        try:
            await self.desk.people.change_password(agent, old, new, session.read(request))
        except NotTaken as wrong:
            return await self._page(request, agent, wrong.key)
        return RedirectResponse(HOME if first else f"{ME}?done=password", 303)

    async def _page(self, request: Request, agent: Agent, wrong: str = "") -> Response:
        has_password = await self.desk.people.has_password(agent)
        return self.page(
            request,
            agent,
            "password.html",
            status=422 if wrong else 200,
            wrong=wrong,
            has_password=has_password,
            length=self.desk.password_length,
        )


class Home(Part):
    """`GET /desk` where there is no workspace: the first page there is."""

    @signed_in()
    async def show(self, request: Request, agent: Agent) -> Response:  # noqa: ARG002 -- leads on
        """To the first page this member of staff may open."""
        first = next(entry for entry in entries(self.desk, agent) if entry.path != HOME)
        return RedirectResponse(first.path, 303)


def _phones(desk: Desk) -> Phones:
    if desk.phones is None:
        raise Problem(404, "no_such_page", "There is no such page.")
    return desk.phones


def _availability(given: object) -> Availability:
    try:
        return Availability(str(given))
    except ValueError:
        raise Problem(400, "bad_availability", '"availability" must be online, away or offline.') from None

"""How the parts are, and what could not be delivered."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.desk.guarding import signed_in
from adapters.desk.rendering import Part
from adapters.desk.services import Desk
from adapters.desk.ticket_forms import one
from adapters.web.problems import Problem
from adapters.web.reading import read_form
from bot.desk import reports
from bot.desk.people import Agent
from bot.errors import HeldByOther, NoSuchThing

HEALTH = "/desk/health"


def routes(desk: Desk) -> list[BaseRoute]:
    """Where the health is looked at."""
    if desk.health is None:
        return []
    page = HealthPage(desk, desk.health)
    return [
        Route(HEALTH, page.show),
        Route(HEALTH + "/again", page.send_again, methods=["POST"]),
        Route(HEALTH + "/drop", page.let_go, methods=["POST"]),
    ]


class HealthPage(Part):
    """One page, which keeps itself fresh (static/health.js)."""

    def __init__(self, desk: Desk, health: reports.Health) -> None:
        super().__init__(desk)
        self._health = health

    @signed_in()
    async def show(self, request: Request, agent: Agent) -> Response:
        """All of it, as it is now."""
        return await self._show(request, agent)

    @signed_in()
    async def send_again(self, request: Request, agent: Agent) -> Response:
        """Put a dead letter back at the end of its lane."""
        conversation, seq = await _place(request)
        try:
            await self._health.send_again(agent, conversation, seq)
        except HeldByOther:
            return await self._show(request, agent, "held_by_other")
        except NoSuchThing:
            return await self._show(request, agent, "gone")
        return RedirectResponse(HEALTH, 303)

    @signed_in()
    async def let_go(self, request: Request, agent: Agent) -> Response:
        """Forget a dead letter."""
        conversation, seq = await _place(request)
        try:
            await self._health.let_go(agent, conversation, seq)
        except NoSuchThing:
            return await self._show(request, agent, "gone")
        return RedirectResponse(HEALTH, 303)

    async def _show(self, request: Request, agent: Agent, wrong: str = "") -> Response:
        parts = await self._health.parts(agent)
        letters = await self._health.dead_letters(agent)
        return self.page(
            request, agent, "health.html", status=409 if wrong else 200, parts=parts, letters=letters, wrong=wrong
        )


async def _place(request: Request) -> tuple[str, int]:
    form = await read_form(request)
    seq = one(form, "seq")
    if not (seq.isascii() and seq.isdecimal() and len(seq) < 19):
        raise Problem(400, "bad_seq", '"seq" must be a number.')
    return one(form, "conversation"), int(seq)

"""Joins the desk's parts into routes for the server."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from adapters.desk import audit, entrance, health, me, replies, reports, search, staff, tickets, workspace
from adapters.desk.guarding import anybody
from adapters.desk.navigation import HOME
from adapters.desk.rendering import FOLDER, STATIC, Part
from adapters.desk.services import Desk
from adapters.web.guard import SecureHeaders
from adapters.web.problems import Problem
from adapters.web.serving import Static


def routes(desk: Desk) -> list[BaseRoute]:
    """Everything under /desk. Each module of pages adds its routes here, those of parts that are there."""
    found: list[BaseRoute] = [
        *entrance.routes(desk),
        *me.routes(desk),
        *workspace.routes(desk),
        *replies.routes(desk),
        *staff.routes(desk),
        *audit.routes(desk),
        *search.routes(desk),
        *reports.routes(desk),
        *tickets.routes(desk),
        *health.routes(desk),
        Route(HOME, me.Home(desk).show),
        Mount(STATIC, Static(FOLDER)),
        Route("/desk/{path:path}", Nowhere(desk).show, methods=["GET", "POST"]),
    ]
    return [_guarded(route) for route in found]


def _guarded(route: BaseRoute) -> BaseRoute:
    """The same route with the security headers on every answer."""
    if isinstance(route, Route | Mount):
        route.app = SecureHeaders(route.app, embedders=None, referrer="same-origin")
    return route


class Nowhere(Part):
    """What the desk does not have."""

    @anybody
    async def show(self, request: Request) -> Response:
        """The page that says so, alike for whoever asks."""
        return self.wrong(request, None, Problem(404, "no_such_page", "There is no such page."))

"""The workspace: the queue, the conversation, and what stands beside it, on one page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from adapters.desk import order_api, session, talk_api
from adapters.desk.feeds import Feeds
from adapters.desk.following import Renewed
from adapters.desk.guarding import signed_in, signed_in_api, signed_in_socket
from adapters.desk.live import Live
from adapters.desk.navigation import HOME
from adapters.desk.rendering import Part, language_for, words
from adapters.desk.services import Desk
from adapters.desk.showing import plain
from bot.desk.people import Agent, Availability
from bot.desk.talk import Talks
from bot.desk.work import Work


def routes(desk: Desk) -> list[BaseRoute]:
    """The page, its live line, and the endpoints behind it; none without conversations to show."""
    if desk.work is None or desk.talks is None:
        return []
    page = Workspace(desk, desk.work, desk.talks)
    return [
        Route(HOME, page.show),
        WebSocketRoute("/desk/live", page.live),
        Route("/desk/api/events", page.events),
        Route("/desk/api/news", page.news),
        Route("/desk/api/colleagues", page.colleagues),
        Route("/desk/api/canned", page.canned),
        Route("/desk/api/conversations", page.conversations),
        *talk_api.routes(desk, desk.work, desk.talks),
        *(order_api.routes(desk, desk.orders) if desk.orders else ()),
    ]


class Workspace(Part):
    """What is not about one conversation alone."""

    def __init__(self, desk: Desk, work: Work, talks: Talks) -> None:
        super().__init__(desk)
        self._talks = talks
        self._live = Live(Feeds(work, talks), talks, desk.heartbeat, desk.clock)

    @signed_in()
    async def show(self, request: Request, agent: Agent) -> Response:
        """The page; `?c=` names the conversation to begin with."""
        language = language_for(request, agent)
        settings: Mapping[str, Any] = {
            "me": {"id": agent.id, "name": agent.name, "role": agent.role.value, "languages": agent.languages},
            "language": language,
            "company": self.desk.company[language],
            "hotline": self.desk.hotline,
            "max_file": self.desk.max_file,
            "teams": list(self.desk.teams),
            "orders": self.desk.orders is not None,
            "tickets": self.desk.tickets is not None,
            "texts": words(language)["workspace"],
        }
        return self.page(request, agent, "workspace.html", settings=settings)

    @signed_in_socket()
    async def live(self, socket: WebSocket, agent: Agent) -> None:
        """News by WebSocket."""
        await self._live.by_socket(socket, agent, self._renewed(socket))

    @signed_in_api()
    async def events(self, request: Request, agent: Agent) -> Response:
        """News by server-sent events."""
        return await self._live.by_events(request, agent, self._renewed(request))

    @signed_in_api()
    async def news(self, request: Request, agent: Agent) -> Response:
        """News at once."""
        return await self._live.at_once(request, agent, self._renewed(request))

    @signed_in_api()
    async def colleagues(self, request: Request, agent: Agent) -> Response:  # noqa: ARG002
        """Who works here, as far as colleagues may know."""
        found = [
            {
                "id": each.id,
                "name": each.name,
                "teams": each.teams,
                "here": each.here and each.availability is Availability.ONLINE,
                "availability": each.availability.value,
            }
            for each in await self.desk.people.colleagues()
        ]
        return JSONResponse({"colleagues": found})

    @signed_in_api()
    async def canned(self, request: Request, agent: Agent) -> Response:  # noqa: ARG002
        """The replies that are written once."""
        return JSONResponse({"canned": [plain(each) for each in await self._talks.canned()]})

    @signed_in_api()
    async def conversations(self, request: Request, agent: Agent) -> Response:
        """The newest conversations, the bot's too, behind the one with the key `?before=`."""
        before = request.query_params.get("before", "")
        found = () if self.desk.lookup is None else await self.desk.lookup.conversations(agent, before=before)
        return JSONResponse({"conversations": [plain(each) for each in found]})

    def _renewed(self, connection: HTTPConnection) -> Renewed:
        token = session.read(connection)
        return lambda: self.desk.people.session(token)

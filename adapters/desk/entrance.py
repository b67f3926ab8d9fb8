"""The way in and out: password, one-time link, sign-out."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.desk import session
from adapters.desk.device import device
from adapters.desk.fields import LONGEST, Fields
from adapters.desk.guarding import SIGN_IN, anybody, signed_in
from adapters.desk.links import LINK
from adapters.desk.me import PASSWORD
from adapters.desk.navigation import HOME
from adapters.desk.onward import onward
from adapters.desk.rendering import Part
from adapters.desk.services import Desk
from adapters.web.guard import RateLimit
from bot.desk.people import Agent, SignedIn
from bot.errors import SignInRefused


def routes(desk: Desk) -> list[BaseRoute]:
    """The pages before the desk itself."""
    entrance = Entrance(desk)
    return [
        Route(SIGN_IN, entrance.show_sign_in),
        Route(SIGN_IN, entrance.sign_in, methods=["POST"]),
        Route(LINK, entrance.show_link),
        Route(LINK, entrance.sign_in_by_link, methods=["POST"]),
        Route("/desk/sign-out", entrance.sign_out, methods=["POST"]),
    ]


class Entrance(Part):
    """Each way in begins a session with a token of its own; what the browser held before is ended."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        # Behind the lock of each name: somebody who tries name after name from one place.
        self._limit = RateLimit(burst=30, seconds=2.0)

    @anybody
    async def show_sign_in(self, request: Request) -> Response:
        """The form."""
        return self._form(request, onward(request.query_params.get("next")))

    @anybody
    async def sign_in(self, request: Request) -> Response:
        """By name and password."""
        self._spend(request)
        fields = await Fields.of(request)
        name, ahead = fields.one("name"), onward(fields.one("next"))
        try:
            begun = await self.desk.people.sign_in(name, fields.one("password"), self._device(request))
        except SignInRefused as refused:
            return self._form(request, ahead, name=name[:LONGEST], refused=True, seconds=refused.seconds)
        return await self._begin(request, begun, ahead)

    @anybody
    async def show_link(self, request: Request) -> Response:
        """The page a one-time link opens. The token stands behind the # of its address, which no server is sent and
        no log keeps, and is used by a press, so that no program that looks at links in mails uses it up."""
        return self.page(request, None, "link.html", refused=False)

    @anybody
    async def sign_in_by_link(self, request: Request) -> Response:
        """Use the link up."""
        self._spend(request)
        token = (await Fields.of(request)).one("token").strip()
        try:
            begun = await self.desk.people.sign_in_by_link(token, self._device(request))
        except SignInRefused:
            return self.page(request, None, "link.html", status=401, refused=True)
        return await self._begin(request, begun, PASSWORD if begun.wants_password else HOME)

    @signed_in()
    async def sign_out(self, request: Request, agent: Agent) -> Response:  # noqa: ARG002 -- the session says who
        """End this session."""
        await self.desk.people.sign_out(session.read(request))
        response = RedirectResponse(SIGN_IN, 303)
        session.clear(response, request)
        response.headers["Clear-Site-Data"] = '"cache"'
        return response

    async def _begin(self, request: Request, begun: SignedIn, ahead: str) -> Response:
        if before := session.read(request):
            await self.desk.people.sign_out(before)
        response = RedirectResponse(ahead, 303, headers={"Cache-Control": "no-store"})
        session.write(response, request, begun.token)
        return response

    def _form(
        self, request: Request, ahead: str, *, name: str = "", refused: bool = False, seconds: int = 0
    ) -> Response:
        status = 429 if seconds else 401 if refused else 200
        minutes = -(-seconds // 60)
        response = self.page(
            request, None, "sign_in.html", status=status, next=ahead, name=name, refused=refused, minutes=minutes
        )
        if seconds:
            response.headers["Retry-After"] = str(seconds)
        return response

    def _spend(self, request: Request) -> None:
        self._limit.spend(request.client.host if request.client else "")

    @staticmethod
    def _device(request: Request) -> str:
        return device(request.headers.get("user-agent", ""))

"""Who gets in: every page, endpoint and socket of the desk asks for a session, and says which role it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from adapters.desk import session
from adapters.desk.refusals import problem_of
from adapters.desk.rendering import Part, here
from adapters.desk.services import Desk
from adapters.web.guard import OriginCheck
from adapters.web.problems import Problem
from adapters.web.words import asked_language
from bot.desk.people import Agent, People, Role
from bot.errors import DeskError, OrderServiceDown, StoreUnavailable

SIGN_IN = "/desk/sign-in"
CLOSE_SIGNED_OUT = 4401
CLOSE_REFUSED = 4403
RECHECK_SECONDS = 5.0
"""How often an open line asks whether its session still runs."""

Owner = TypeVar("Owner", bound=Part)
Endpoint = Callable[[Owner, Request, Agent], Awaitable[Response]]
Guarded = Callable[[Owner, Request], Awaitable[Response]]
Line = Callable[[Owner, WebSocket, Agent], Coroutine[Any, Any, None]]
GuardedLine = Callable[[Owner, WebSocket], Awaitable[None]]
_READING = ("GET", "HEAD")


def signed_in(role: Role = Role.AGENT) -> Callable[[Endpoint[Owner]], Guarded[Owner]]:
    """Guards a page `(self, request, agent)`. Without a session it leads to the sign-in and back; what is wrong
    becomes a page."""

    def guard(endpoint: Endpoint[Owner]) -> Guarded[Owner]:
        @wraps(endpoint)
        async def guarded(owner: Owner, request: Request) -> Response:
            agent = None
            try:
                agent = await admit(owner.desk, request)
                if agent is None:
                    return _to_sign_in(owner, request)
                _require(agent, role)
                return await endpoint(owner, request, agent)
            except (Problem, DeskError, StoreUnavailable, OrderServiceDown) as error:
                return owner.wrong(request, agent, problem_of(error))
            except ClientDisconnect:
                return Response(status_code=499)

        return guarded

    return guard


def signed_in_api(role: Role = Role.AGENT) -> Callable[[Endpoint[Owner]], Guarded[Owner]]:
    """Guards an endpoint `(self, request, agent)` that answers JSON; what is wrong becomes `{"error", "message"}`."""

    def guard(endpoint: Endpoint[Owner]) -> Guarded[Owner]:
        @wraps(endpoint)
        async def guarded(owner: Owner, request: Request) -> Response:
            try:
                agent = await admit(owner.desk, request)
                if agent is None:
                    return _signed_out().response()
                _require(agent, role)
                return await endpoint(owner, request, agent)
            except (Problem, DeskError, StoreUnavailable, OrderServiceDown) as error:
                return problem_of(error).response()
            except ClientDisconnect:
                return Response(status_code=499)

        return guarded

    return guard


def signed_in_socket(role: Role = Role.AGENT) -> Callable[[Line[Owner]], GuardedLine[Owner]]:
    """Guards a line `(self, socket, agent)`, which gets an accepted socket. When the session ends, however that comes,
    the line is cancelled and the socket closed with 4401 (4403 when it never was allowed)."""

    def guard(line: Line[Owner]) -> GuardedLine[Owner]:
        @wraps(line)
        async def guarded(owner: Owner, socket: WebSocket) -> None:
            try:
                agent = await admit(owner.desk, socket)
                if agent is None:
                    raise _signed_out()
                _require(agent, role)
            except (Problem, StoreUnavailable) as error:
                await _refuse(socket, problem_of(error))
                return
            await socket.accept()
            await _while_signed_in(owner.desk.people, socket, line(owner, socket, agent))

        return guarded

    return guard


def anybody(endpoint: Callable[[Owner, Request], Awaitable[Response]]) -> Guarded[Owner]:
    """For the few pages before the sign-in `(self, request)`: other sites may not act there either."""

    @wraps(endpoint)
    async def guarded(owner: Owner, request: Request) -> Response:
        try:
            if request.method not in _READING:
                OriginCheck(owner.desk.origins).require(request.headers)
            return await endpoint(owner, request)
        except (Problem, DeskError, StoreUnavailable) as error:
            return owner.wrong(request, None, problem_of(error))
        except ClientDisconnect:
            return Response(status_code=499)

    return guarded


async def admit(desk: Desk, connection: HTTPConnection) -> Agent | None:
    """Whose session this is. Raises `Problem` (403) for an act or a socket that another site asks for."""
    if connection.scope.get("method") not in _READING:
        OriginCheck(desk.origins).require(connection.headers)
    token = session.read(connection)
    return await desk.people.session(token) if token else None


async def until_signed_out(people: People, token: str) -> None:
    """Return when the session has ended, and at the latest `RECHECK_SECONDS` after that."""
    while True:
        await asyncio.sleep(RECHECK_SECONDS)
        try:
            if await people.session(token) is None:
                return
        except StoreUnavailable:
            continue  # nobody is signed out because the database is away


def _require(agent: Agent, role: Role) -> None:
    if not agent.role.covers(role):
        raise Problem(403, "not_allowed", "Your role does not allow this.")


def _signed_out() -> Problem:
    return Problem(401, "signed_out", "Sign in first.")


def _to_sign_in(owner: Part, request: Request) -> Response:
    if request.method not in _READING:
        return RedirectResponse(SIGN_IN, 303)
    if request.headers.get("sec-fetch-site") == "cross-site" and not session.read(request):
        # A link in a mail: the browser keeps the cookie back, and sends it when our own page asks again.
        return owner.page(request, None, "again.html")
    asked = asked_language(request)
    ahead = urlencode({"next": here(request), **({"lang": asked} if asked else {})})
    return RedirectResponse(f"{SIGN_IN}?{ahead}", 303, headers={"Cache-Control": "no-store"})


async def _while_signed_in(people: People, socket: WebSocket, line: Coroutine[Any, Any, None]) -> None:
    running = asyncio.ensure_future(line)
    ended = asyncio.ensure_future(until_signed_out(people, session.read(socket)))
    try:
        await asyncio.wait({running, ended}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        signed_out = ended.done()
        running.cancel()
        ended.cancel()
        results = await asyncio.gather(running, ended, return_exceptions=True)
    if signed_out and socket.application_state is not WebSocketState.DISCONNECTED:
        await socket.close(CLOSE_SIGNED_OUT)
    if isinstance(results[0], Exception) and not isinstance(results[0], WebSocketDisconnect):
        raise results[0]


async def _refuse(socket: WebSocket, problem: Problem) -> None:
    if problem.code != "other_site":
        # Only an accepted socket's close code reaches the page; other sites learn nothing at all.
        await socket.accept()
    await socket.close(CLOSE_SIGNED_OUT if problem.status == 401 else CLOSE_REFUSED)

"""What an open page is told as it happens: by WebSocket, by server-sent events, or all at once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.websockets import WebSocket

from adapters.desk.feeds import Feeds
from adapters.desk.following import Following, Renewed, SessionEnded
from adapters.desk.guarding import CLOSE_REFUSED, CLOSE_SIGNED_OUT
from adapters.desk.talk_api import seq_of
from adapters.web.problems import Problem
from adapters.web.sockets import tell
from bot.desk.people import Agent
from bot.desk.talk import Talks
from bot.errors import StoreUnavailable


class Live:
    """`heartbeat`: seconds of silence after which a line shows that it still stands."""

    def __init__(self, feeds: Feeds, talks: Talks, heartbeat: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._feeds = feeds
        self._talks = talks
        self._heartbeat = heartbeat

    async def by_socket(self, socket: WebSocket, agent: Agent, renewed: Renewed) -> None:
        """On an accepted WebSocket. The page may say `{"open": conversation, "after": seq}` at any time."""
        try:
            with self._following(socket, agent, renewed) as following:
                await tell(socket, following.told(self._heartbeat), lambda text: _hear(following, text))
        except SessionEnded:
            await socket.close(CLOSE_SIGNED_OUT)
        except Problem:
            await socket.close(CLOSE_REFUSED)

    async def by_events(self, request: Request, agent: Agent, renewed: Renewed) -> Response:
        """As server-sent events; another conversation means another stream."""
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        _place(request)
        stream = self._stream(request, agent, renewed)
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    async def at_once(self, request: Request, agent: Agent, renewed: Renewed) -> Response:
        """All there is to be told now, for a page that has no line."""
        with self._following(request, agent, renewed) as following:
            told = [json.loads(text) for text in await following.once()]
        return JSONResponse({"told": told}, headers={"Cache-Control": "no-store"})

    def _following(self, connection: HTTPConnection, agent: Agent, renewed: Renewed) -> Following:
        conversation, after = _place(connection)
        return Following(self._feeds, self._talks, agent, renewed, self._clock, conversation=conversation, after=after)

    async def _stream(self, request: Request, agent: Agent, renewed: Renewed) -> AsyncIterator[str]:
        with suppress(StoreUnavailable, SessionEnded), self._following(request, agent, renewed) as following:
            async for text in following.told(self._heartbeat):
                yield f"data: {text}\n\n"


def _place(connection: HTTPConnection) -> tuple[str, int]:
    query = connection.query_params
    return query.get("c", ""), seq_of(query.get("after", "0"))


def _hear(following: Following, text: str) -> None:
    """Anything else than the one thing a page may say is not heard."""
    with suppress(ValueError, KeyError, TypeError, RecursionError, Problem):
        said = json.loads(text)
        conversation, after = said["open"], said["after"]
        if isinstance(conversation, str):
            following.open(conversation, seq_of(str(after)))

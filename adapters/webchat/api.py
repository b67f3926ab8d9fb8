"""The web chat's endpoints: messages and files in, history and live entries out."""

from __future__ import annotations

from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.websockets import WebSocket

from adapters.web.guard import OriginCheck, RateLimit
from adapters.web.problems import Problem, answering
from adapters.webchat.live import by_events, by_socket, counterpart_json, entry_json
from adapters.webchat.reading import read_file, read_message
from adapters.webchat.session import Session, Sessions
from bot.channel import Receipt, Service
from bot.content import served
from bot.messages import Incoming

CLOSE_REFUSED = 4403
CLOSE_NO_SESSION = 4401
CLOSE_OTHER_CHAT = 4409
_CLOSE = {401: CLOSE_NO_SESSION, 403: CLOSE_REFUSED, 409: CLOSE_OTHER_CHAT}
_MAX_SEQ = 2**53


class Api:
    """Every endpoint serves the one chat that the caller's cookie holds, and no other.

    `heartbeat`: seconds of silence after which a live line shows that it still stands. `max_file`: bytes.
    """

    def __init__(
        self,
        service: Service,
        sessions: Sessions,
        origins: OriginCheck,
        limit: RateLimit,
        heartbeat: float,
        max_file: int,
    ) -> None:
        self._service = service
        self._sessions = sessions
        self._origins = origins
        self._limit = limit
        self._heartbeat = heartbeat
        self._max_file = max_file

    @answering
    async def post_message(self, request: Request) -> Response:
        """Take one message durably: 202 with its seq, for a repeated id the first one's."""
        session = self._admit(request)
        posted = await read_message(request)
        self._same_chat(session, posted.chat)
        return _accepted(
            await self._service.receive(
                Incoming(session.address, posted.id, posted.text, posted.press, language=session.language)
            )
        )

    @answering
    async def post_file(self, request: Request) -> Response:
        """Take one picture or file, with words or without."""
        session = self._admit(request)
        posted, upload = await read_file(request, self._max_file)
        self._same_chat(session, posted.chat)
        try:
            kept = await self._service.keep_attachment(session.address, upload.name, upload.media_type, upload.data)
        except ValueError:
            raise Problem(413, "too_large", "This file cannot be taken.") from None
        return _accepted(
            await self._service.receive(
                Incoming(session.address, posted.id, posted.text, None, (kept,), language=session.language)
            )
        )

    @answering
    async def post_writing(self, request: Request) -> Response:
        """The customer is writing: nothing of what, and nothing that is kept."""
        self._origins.require(request.headers)
        session = self._session(request)
        self._same_chat(session, request.query_params.get("chat"))
        await self._service.customer_writes(session.address)
        return Response(status_code=204)

    @answering
    async def get_file(self, request: Request) -> Response:
        """One file of this chat."""
        found = await self._service.attachment(self._session(request).address, request.path_params["ref"])
        if found is None:
            raise Problem(404, "no_such_file", "There is no such file in this chat.")
        file, data = found
        media_type, headers = served(file)
        return Response(data, media_type=media_type, headers=headers)

    @answering
    async def history(self, request: Request) -> Response:
        """The entries above `?after=`, oldest first."""
        session = self._session(request)
        self._same_chat(session, request.query_params.get("chat"))
        conversation = session.address.conversation
        entries = await self._service.history(conversation, _after(request.query_params))
        who = await self._service.counterpart(conversation)
        found = {"entries": [entry_json(e) for e in entries], "counterpart": counterpart_json(who)}
        return JSONResponse(found, headers={"Cache-Control": "no-store"})

    @answering
    async def events(self, request: Request) -> Response:
        """Entries as server-sent events, from `Last-Event-ID` or `?after=` on."""
        session = self._session(request)
        self._same_chat(session, request.query_params.get("chat"))
        after = _seq(request.headers.get("last-event-id")) or _after(request.query_params)
        stream = by_events(self._service, session.address.conversation, after, self._heartbeat)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    async def live(self, socket: WebSocket) -> None:
        """Entries by WebSocket, from `?after=` on. A refusal is told by the close code."""
        try:
            self._origins.require(socket.headers)
            session = self._session(socket)
            self._same_chat(session, socket.query_params.get("chat"))
            after = _after(socket.query_params)
        except Problem as problem:
            await self._refuse(socket, problem)
            return
        await socket.accept()
        await by_socket(socket, self._service, session.address.conversation, after, self._heartbeat)

    @answering
    async def new_chat(self, request: Request) -> Response:
        """Put the present chat aside and hold an empty one, linked to nobody."""
        response = JSONResponse({})
        self._sessions.write(response, self._admit(request).with_new_chat(), secure=request.url.scheme == "https")
        return response

    def _admit(self, request: Request) -> Session:
        self._origins.require(request.headers)
        session = self._session(request)
        self._limit.spend(session.visitor)
        return session

    def _session(self, connection: HTTPConnection) -> Session:
        session = self._sessions.read(connection)
        if session is None:
            raise Problem(401, "no_session", "Open the chat page first.")
        return session

    @staticmethod
    def _same_chat(session: Session, shown: str | None) -> None:
        """A tab that still shows an earlier chat must not write into the present one."""
        if shown is not None and shown != session.chat:
            raise Problem(409, "other_chat", "This browser went on to another chat.")

    @staticmethod
    async def _refuse(socket: WebSocket, problem: Problem) -> None:
        if problem.status != 403:
            # Only an accepted socket's close code reaches the page; other sites learn nothing at all.
            await socket.accept()
        await socket.close(_CLOSE.get(problem.status, CLOSE_REFUSED))


def _accepted(receipt: Receipt) -> Response:
    return JSONResponse({"seq": receipt.seq}, status_code=202)


def _after(query: QueryParams) -> int:
    found = _seq(query.get("after", "0"))
    if found is None:
        raise Problem(400, "bad_after", '"after" must be the seq of an entry.')
    return found


def _seq(given: str | None) -> int | None:
    if given is None or not given.isascii() or not given.isdecimal() or len(given) > 16:
        return None
    return min(int(given), _MAX_SEQ)

"""The address that WeChat pushes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from adapters.wechat.channel import WeChat
from adapters.wechat.envelope import LARGEST, Envelope, Rejected
from adapters.wechat.reading import Push, read
from adapters.wechat.reception import Answer, Reception

log = structlog.get_logger(__name__)

SUCCESS = "success"


class Door:
    """`counts`: pushes by kind, and what was refused by "refused: reason"."""

    def __init__(self, wechat: WeChat, reception: Reception) -> None:
        self.envelope = Envelope(wechat.account, wechat.clock)
        self._reception = reception
        self.counts: Counter[str] = Counter()

    @property
    def routes(self) -> list[BaseRoute]:
        """For the server."""
        return [Route("/wechat", self._verify, methods=["GET"]), Route("/wechat", self._take, methods=["POST"])]

    async def _verify(self, request: Request) -> Response:
        """WeChat tries the address when it is set."""
        try:
            return PlainTextResponse(self.envelope.echo(_query(request)))
        except Rejected as reason:
            return self._refused(reason)

    async def _take(self, request: Request) -> Response:
        try:
            opened = self.envelope.open(_query(request), await _body(request))
            push = read(opened.message)
        except Rejected as reason:
            return self._refused(reason)
        except ClientDisconnect:
            return Response(status_code=499)
        self.counts[push.kind] += 1
        answer = await self._answer(push)
        if answer is None:
            return PlainTextResponse(SUCCESS)
        sealed = self.envelope.seal(opened, answer.text)
        if not answer.kept:
            return Response(sealed, media_type="application/xml")
        return _Told(sealed, lambda: self._reception.told(push), media_type="application/xml")

    async def _answer(self, push: Push) -> Answer | None:
        if push.incoming is not None:
            return await self._reception.answer(push, push.incoming)
        log.info("wechat_noted", kind=push.kind)
        if push.kind == "unsubscribe":
            await self._reception.left(push)
        return None

    def _refused(self, reason: Rejected) -> Response:
        self.counts[f"refused: {reason}"] += 1
        log.warning("wechat_refused", reason=str(reason))
        return Response(status_code=403)


class _Told(Response):
    """An answer that reports when it was written, to somebody who was still there."""

    def __init__(self, content: str, told: Callable[[], Awaitable[None]], **options: Any) -> None:
        super().__init__(content, **options)
        self._tell = told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if await Request(scope, receive).is_disconnected():
            return
        await super().__call__(scope, receive, send)
        await self._tell()


def _query(request: Request) -> Mapping[str, str]:
    found = request.query_params
    if len(found.multi_items()) != len(found):
        raise Rejected("query")
    return found


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise Rejected("size")
    return body

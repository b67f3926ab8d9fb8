"""Telegram calls us: the secret first, then the size, then the JSON, and 200 only for what is durable."""

from __future__ import annotations

import hmac
import json

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.telegram.receiver import NotTaken, Receiver

log = structlog.get_logger(__name__)

PATH = "/telegram/webhook"
HEADER = "x-telegram-bot-api-secret-token"
MOST_BYTES = 1024 * 1024
"""No update of Telegram comes near it."""


class Webhook:
    """`secret`: what Telegram was told to send along."""

    def __init__(self, receiver: Receiver, secret: str) -> None:
        self._receiver = receiver
        self._secret = secret.encode()

    def route(self) -> Route:
        """Where Telegram finds it."""
        return Route(PATH, self.take, methods=["POST"])

    async def take(self, request: Request) -> Response:
        """200 for a durable update and for one that nothing will ever come of, 503 for one to deliver again."""
        given = request.headers.get(HEADER, "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._secret):
            log.warning("telegram_webhook_refused", why="secret")
            return Response(status_code=403)
        try:
            body = await _body(request)
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            log.warning("telegram_webhook_refused", why="size")
            return Response(status_code=413)
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict) or not isinstance(data.get("update_id"), int):
            log.warning("telegram_webhook_refused", why="no update")
            return Response(status_code=400)
        try:
            await self._receiver.take(data)
        except NotTaken:
            return Response(status_code=503, headers={"Retry-After": "1"})
        return Response()


async def _body(request: Request) -> bytes | None:
    """The body; None as soon as it is too large, whatever its length was said to be."""
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > MOST_BYTES:
            return None
    return bytes(found)

"""Joins the web chat's parts into routes for the server."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from adapters.web.guard import OriginCheck, RateLimit, SecureHeaders
from adapters.web.serving import Static
from adapters.webchat.api import Api
from adapters.webchat.demo import Demo, DemoPages
from adapters.webchat.pages import STATIC, ChatPage, CompanyName, VerifyLink
from adapters.webchat.session import Sessions
from bot.channel import Service

_HERE = Path(__file__).parent
_COMPANY = {"zh": "特派", "en": "Tepai"}


def routes(
    service: Service,
    *,
    secret: str,
    verify_link: VerifyLink,
    demo: Demo | None = None,
    company: CompanyName = _COMPANY,
    embedders: Collection[str] = (),
    origins: Collection[str] = (),
    max_file: int = 5 * 1024 * 1024,
    heartbeat: float = 15.0,
    limit: RateLimit | None = None,
) -> list[BaseRoute]:
    """The web chat's routes: everything under /chat and, with `demo`, also / and /demo/outbox.

    `secret` signs the cookies; `verify_link` gives a deep link's customer or raises `LinkError`; `company`: the
    name by language; `embedders`: origins whose pages may frame the chat; `origins`: the chat's public origins,
    where a proxy changes the Host header; `max_file`: bytes; `heartbeat`: seconds.
    """
    sessions = Sessions(secret, embedded=bool(embedders))
    chat = ChatPage(service, sessions, verify_link, company, max_file)
    api = Api(service, sessions, OriginCheck(origins), limit or RateLimit(), heartbeat, max_file)
    headers = [Middleware(SecureHeaders, embedders)]
    found: list[BaseRoute] = [
        Route("/chat", chat.show, middleware=headers),
        Route("/chat/messages", api.post_message, methods=["POST"], middleware=headers),
        Route("/chat/writing", api.post_writing, methods=["POST"], middleware=headers),
        Route("/chat/files", api.post_file, methods=["POST"], middleware=headers),
        Route("/chat/files/{ref}", api.get_file, middleware=headers),
        Route("/chat/history", api.history, middleware=headers),
        Route("/chat/events", api.events, middleware=headers),
        Route("/chat/new", api.new_chat, methods=["POST"], middleware=headers),
        WebSocketRoute("/chat/live", api.live),
        Route("/chat/embed.js", _embed, middleware=headers),
        Mount(STATIC, Static(_HERE, "cross-origin"), middleware=headers),
    ]
    if demo is not None:
        pages = DemoPages(demo, company)
        found += [
            Route("/", pages.landing, middleware=headers),
            Route("/demo/outbox", pages.outbox, middleware=headers),
        ]
    return found


async def _embed(_: Request) -> Response:
    """The one file meant for other sites' pages."""
    headers = {"Cache-Control": "public, max-age=300", "Cross-Origin-Resource-Policy": "cross-origin"}
    return FileResponse(_HERE / "static" / "embed.js", media_type="text/javascript", headers=headers)

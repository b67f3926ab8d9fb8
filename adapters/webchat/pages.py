"""The chat page itself, and how a deep link becomes part of a chat."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from adapters.web.problems import RETRY_SECONDS
from adapters.web.serving import templates
from adapters.web.words import Language, asked_language, preferred_language
from adapters.webchat.session import Session, Sessions
from adapters.webchat.words import words
from bot.channel import Service
from bot.errors import LinkError, StoreUnavailable
from bot.messages import Incoming

VerifyLink = Callable[[str], str]
CompanyName = Mapping[str, str]
MAX_LINK = 1024

STATIC = "/chat/static"
_templates = templates(Path(__file__).parent, STATIC)


def page(template: str, language: Language, *, status: int = 200, **values: Any) -> Response:
    """A page in one language; `t` holds its texts."""
    html = _templates.get_template(template).render(t=words(language), language=language, **values)
    return HTMLResponse(html, status, headers={"Cache-Control": "no-store", "Content-Language": language})


class ChatPage:
    """`GET /chat`. `verify_link` gives the customer a deep link stands for, or raises `LinkError`."""

    def __init__(
        self, service: Service, sessions: Sessions, verify_link: VerifyLink, company: CompanyName, max_file: int
    ) -> None:
        self._service = service
        self._sessions = sessions
        self._verify_link = verify_link
        self._company = company
        self._max_file = max_file

    async def show(self, request: Request) -> Response:
        """The page; with `?link=` the link goes into the chat first and disappears from the address."""
        session = self._sessions.read(request) or Session.new()
        session = replace(session, language=asked_language(request) or session.language)
        language = session.language or preferred_language(request)
        if link := request.query_params.get("link"):
            session = self._chat_for(link, session)
            response = await self._enter(link[:MAX_LINK], session, language)
        else:
            response = self._page(session, language)
        self._sessions.write(response, session, secure=request.url.scheme == "https")
        return response

    def _chat_for(self, link: str, session: Session) -> Session:
        """Another customer's link never opens the chat that is already there: it would show that one's words."""
        try:
            customer = self._verify_link(link)
        except LinkError:
            return session
        return session if customer == session.customer else session.with_new_chat(customer)

    async def _enter(self, link: str, session: Session, language: Language) -> Response:
        message = Incoming(session.address, f"link:{secrets.token_hex(12)}", link=link, language=session.language)
        try:
            await self._service.receive(message)
        except StoreUnavailable:
            response = page("busy.html", language, status=503)
            response.headers["Retry-After"] = str(RETRY_SECONDS)
            return response
        clean = f"/chat?lang={session.language}" if session.language else "/chat"
        return RedirectResponse(clean, status_code=303, headers={"Cache-Control": "no-store"})

    def _page(self, session: Session, language: Language) -> Response:
        settings = {"chat": session.chat, "language": language, "max_file": self._max_file, "texts": words(language)}
        return page("chat.html", language, settings=settings, company=self._company[language])

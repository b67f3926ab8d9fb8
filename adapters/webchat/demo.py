"""The demo's own pages: who to be, and the mails and codes that "were sent"."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from adapters.web.words import Language, asked_language, preferred_language
from adapters.webchat.pages import CompanyName, page

_CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody to be in the demo. `name` and `about` (one line) by language; `link`: a fresh deep-link token."""

    name: Mapping[str, str]
    about: Mapping[str, str]
    link: str


@dataclass(frozen=True, slots=True)
class Sent:
    """One thing the demo did not really send. `kind`: "code" or "mail"; `at`: seconds since 1970."""

    at: float
    kind: str
    to: str
    text: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo's pages are handed. Both are asked anew for each page; `outbox` gives the newest first. `desk`:
    where the other side of the conversation is, "" for nowhere."""

    personas: Callable[[], Awaitable[Sequence[Persona]]]
    outbox: Callable[[], Awaitable[Sequence[Sent]]]
    desk: str = ""


class DemoPages:
    """`GET /` and `GET /demo/outbox`."""

    def __init__(self, demo: Demo, company: CompanyName) -> None:
        self._demo = demo
        self._company = company

    async def landing(self, request: Request) -> Response:
        """What this is, and a card for each persona."""
        language = asked_language(request) or preferred_language(request)
        cards = [
            {
                "name": persona.name[language],
                "about": persona.about[language],
                "initial": persona.name[language][:1],
                "link": "/chat?" + urlencode({"lang": language, "link": persona.link}),
            }
            for persona in await self._demo.personas()
        ]
        return self._page("landing.html", language, cards=cards, here="/")

    async def outbox(self, request: Request) -> Response:
        """Codes and mails, newest first."""
        language = asked_language(request) or preferred_language(request)
        rows = [{"sent": sent, "at": _china_time(sent.at)} for sent in await self._demo.outbox()]
        return self._page("outbox.html", language, rows=rows, here="/demo/outbox")

    def _page(self, template: str, language: Language, **values: Any) -> Response:
        return page(template, language, company=self._company[language], desk=self._demo.desk, **values)


def _china_time(at: float) -> str:
    return datetime.fromtimestamp(at, _CHINA).strftime("%Y-%m-%d %H:%M:%S")

"""Pages in the desk's language, and what a page says when something is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from adapters.desk.navigation import current, entries
from adapters.desk.services import Desk
from adapters.web.problems import RETRY_SECONDS, Problem
from adapters.web.serving import templates
from adapters.web.words import Language, asked_language, language_of, preferred_language, read_words
from bot.desk.people import Agent

STATIC = "/desk/static"
FOLDER = Path(__file__).parent
CHINA = timezone(timedelta(hours=8))

_templates = templates(FOLDER, STATIC)
_WRONG = {
    401: "signed_out",
    403: "forbidden",
    404: "missing",
    405: "missing",
    413: "too_large",
    429: "too_fast",
    503: "busy",
}


def words(language: Language) -> Mapping[str, Any]:
    """Every text of the desk by section and key."""
    return read_words(FOLDER)[language]


def language_for(request: Request, agent: Agent | None) -> Language:
    """A member of staff's own; before the sign-in, what the address or the browser asks for."""
    own = language_of(agent.language) if agent else None
    return own or asked_language(request) or preferred_language(request)


class Part:
    """What each group of pages and endpoints has in common."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def page(
        self, request: Request, agent: Agent | None, template: str, *, status: int = 200, **values: Any
    ) -> Response:
        """A page. The template also gets `t` (the texts), `language`, `agent`, `nav`, `here` and `company`, and in
        `done` a key of the texts' section of that name: what was done before the browser was led here."""
        language = language_for(request, agent)
        html = _templates.get_template(template).render(
            t=words(language),
            language=language,
            agent=agent,
            nav=entries(self.desk, agent) if agent else (),
            current=current(request.url.path),
            here=here(request),
            company=self.desk.company[language],
            done=_done(request),
            demo=self.desk.demo,
            **values,
        )
        return HTMLResponse(html, status, headers={"Cache-Control": "no-store", "Content-Language": language})

    def wrong(self, request: Request, agent: Agent | None, problem: Problem) -> Response:
        """The page that says what is wrong and where to go from there."""
        kind = "other_site" if problem.code == "other_site" else _WRONG.get(problem.status, "refused")
        response = self.page(request, agent, "wrong.html", status=problem.status, kind=kind)
        if problem.status in (429, 503):
            response.headers["Retry-After"] = str(problem.retry_after or RETRY_SECONDS)
        return response


def _done(request: Request) -> str:
    asked = request.query_params.get("done", "")
    return asked if asked in words("zh")["done"] else ""


def here(request: Request) -> str:
    """The page's own address within the server."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def china_time(at: float) -> str:
    """Date and time as the desk shows them to everybody, to the minute."""
    return datetime.fromtimestamp(at, CHINA).strftime("%Y-%m-%d %H:%M")


_templates.filters["time"] = china_time

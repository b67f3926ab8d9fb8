"""Search in everything that was said, and the list of conversations.

What is looked for is a customer's words as often as not, so it travels in a request's body and stands in no address.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.desk.guarding import signed_in
from adapters.desk.navigation import HOME
from adapters.desk.rendering import Part
from adapters.desk.services import Desk
from adapters.web.reading import read_form
from bot.desk.people import Agent
from bot.desk.reports import PAGE, Lookup

SEARCH = "/desk/search"
LONGEST = 200
LONGEST_KEY = 400
NARROWED = ("owner", "tag", "channel")


def routes(desk: Desk) -> list[BaseRoute]:
    """The page, and the address of a line in a conversation."""
    if desk.lookup is None:
        return []
    page = SearchPage(desk, desk.lookup)
    return [
        Route(SEARCH, page.list_, methods=["GET"]),
        Route(SEARCH, page.search, methods=["POST"]),
        Route("/desk/c/{conversation:path}", page.open, methods=["GET"]),
    ]


class SearchPage(Part):
    """One page: what was found, or, where nothing is looked for, the conversations."""

    def __init__(self, desk: Desk, lookup: Lookup) -> None:
        super().__init__(desk)
        self._lookup = lookup

    @signed_in()
    async def list_(self, request: Request, agent: Agent) -> Response:
        """`?owner=`, `?tag=` and `?channel=` narrow the list down; `?before=` is where the last page ended."""
        asked = request.query_params
        narrowed = {name: asked.get(name, "").strip()[:LONGEST] for name in NARROWED}
        before = asked.get("before", "")[:LONGEST_KEY]
        found = await self._lookup.conversations(agent, **narrowed, before=before)
        owners, tags, channels = await self._lookup.choices(agent)
        older = {**_given(narrowed), "before": found[-1].key} if len(found) == PAGE else {}
        return self.page(
            request,
            agent,
            "search.html",
            q="",
            conversations=found,
            narrowed=narrowed,
            choices={"owner": owners, "tag": tags, "channel": channels},
            names=await self._names(),
            where=where,
            older=f"{SEARCH}?{urlencode(older)}" if older else "",
            is_first=not before,
        )

    @signed_in()
    async def search(self, request: Request, agent: Agent) -> Response:
        """Lines with all the words in `q`, behind the one with the key `before`."""
        form = await read_form(request)
        words, before = str(form.get("q", "")).strip()[:LONGEST], _number(str(form.get("before", "")))
        if not words:
            return RedirectResponse(SEARCH, 303)
        found = await self._lookup.search(agent, words, before=before)
        return self.page(
            request,
            agent,
            "search.html",
            q=words,
            found=found,
            names=await self._names(),
            where=where,
            older=found[-1].key if len(found) == PAGE else None,
            is_first=before is None,
        )

    @signed_in()
    async def open(self, request: Request, agent: Agent) -> Response:  # noqa: ARG002 -- the workspace asks whose it is
        """To the conversation, at the line `?seq=`."""
        seq = _number(request.query_params.get("seq", ""))
        asked = {"c": request.path_params["conversation"], **({"seq": str(seq)} if seq is not None else {})}
        return RedirectResponse(f"{HOME}?{urlencode(asked)}", 303)

    async def _names(self) -> Mapping[str, str]:
        return {one.id: one.name for one in await self.desk.people.colleagues()}


def where(conversation: str, seq: int | None = None) -> str:
    """The address of a conversation, and of a line in it."""
    return f"/desk/c/{quote(conversation, safe='')}" + (f"?seq={seq}" if seq is not None else "")


def _given(narrowed: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in narrowed.items() if value}


def _number(given: str) -> int | None:
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 20 else None

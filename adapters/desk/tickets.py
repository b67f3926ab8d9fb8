"""Tickets: the list, and one with its history and what can be done with it."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from uuid import uuid4

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.desk.guarding import signed_in
from adapters.desk.rendering import CHINA, Part
from adapters.desk.services import Desk
from adapters.desk.ticket_forms import Asked, moment, one, page_id, state
from adapters.web.problems import Problem
from adapters.web.reading import read_form
from bot.content import served
from bot.desk.people import Agent
from bot.desk.tickets import A_PAGE, ABOUTS, MOST_COUNTED, Ticket, TicketDesk, TicketState
from bot.errors import NotTaken

TICKETS = "/desk/tickets"
WRITTEN = ("words", "note", "about", "order")
"""Fields that come back when what was sent could not be taken."""


def routes(desk: Desk) -> list[BaseRoute]:
    """Where tickets are there."""
    if desk.tickets is None:
        return []
    pages = TicketPages(desk, desk.tickets)
    number = TICKETS + "/{number}"
    return [
        Route(TICKETS, pages.show_list),
        Route(TICKETS + "/new", pages.show_new),
        Route(TICKETS + "/new", pages.open, methods=["POST"]),
        Route(number, pages.show),
        Route(number + "/move", pages.move, methods=["POST"]),
        Route(number + "/give", pages.give, methods=["POST"]),
        Route(number + "/due", pages.due, methods=["POST"]),
        Route(number + "/note", pages.note, methods=["POST"]),
        Route(number + "/files/{ref}", pages.file),
    ]


class TicketPages(Part):
    """Every form carries an id made with its page, so that sent twice it counts once."""

    def __init__(self, desk: Desk, tickets: TicketDesk) -> None:
        super().__init__(desk)
        self._tickets = tickets

    @signed_in()
    async def show_list(self, request: Request, agent: Agent) -> Response:
        """`?show=` mine, overdue or a state; `?about=`; `?page=`."""
        asked = Asked(request.query_params)
        lines, total = await self._tickets.tickets(
            agent,
            states=asked.states,
            owner=agent.id if asked.show == "mine" else "",
            overdue=asked.show == "overdue",
            about=asked.about,
            page=asked.page,
        )
        return self.page(
            request,
            agent,
            "tickets.html",
            lines=lines,
            total=f"{total}+" if total == MOST_COUNTED else total,
            pages=max(1, -(-total // A_PAGE)),
            asked=asked,
            counts=await self._tickets.counts(agent),
            states=[state for state in TicketState if state is not TicketState.CLOSED],
            abouts=ABOUTS,
            names=await self._names(),
        )

    @signed_in()
    async def show(self, request: Request, agent: Agent) -> Response:
        """One of them."""
        return await self._one(request, agent, request.path_params["number"])

    @signed_in()
    async def move(self, request: Request, agent: Agent) -> Response:
        """Into the state of the button that was pressed."""
        number, form = request.path_params["number"], await read_form(request)
        moving = self._tickets.move(agent, page_id(form), number, state(one(form, "state")), one(form, "words"))
        return await self._do(request, agent, number, form, moving)

    @signed_in()
    async def give(self, request: Request, agent: Agent) -> Response:
        """To a colleague."""
        number, form = request.path_params["number"], await read_form(request)
        giving = self._tickets.give(agent, page_id(form), number, one(form, "owner"))
        return await self._do(request, agent, number, form, giving)

    @signed_in()
    async def due(self, request: Request, agent: Agent) -> Response:
        """Until when."""
        number, form = request.path_params["number"], await read_form(request)
        due = self._tickets.due(agent, page_id(form), number, moment(one(form, "due")))
        return await self._do(request, agent, number, form, due)

    @signed_in()
    async def note(self, request: Request, agent: Agent) -> Response:
        """Words for colleagues."""
        number, form = request.path_params["number"], await read_form(request)
        noting = self._tickets.note(agent, page_id(form), number, one(form, "note"))
        return await self._do(request, agent, number, form, noting)

    @signed_in()
    async def file(self, request: Request, agent: Agent) -> Response:
        """One of the ticket's files: pictures are shown, anything else is only downloaded."""
        asked = request.path_params
        found = await self._tickets.attachment(agent, asked["number"], asked["ref"])
        if found is None:
            raise Problem(404, "no_such_file", "There is no such file.")
        media_type, headers = served(found[0])
        return Response(found[1], media_type=media_type, headers=headers)

    @signed_in()
    async def show_new(self, request: Request, agent: Agent) -> Response:
        """A form for the customer of `?conversation=`."""
        return self._new(request, agent, request.query_params.get("conversation", ""))

    @signed_in()
    async def open(self, request: Request, agent: Agent) -> Response:
        """Open it, and to its page."""
        form = await read_form(request)
        conversation = one(form, "conversation")
        try:
            number = await self._tickets.open(
                agent, page_id(form), conversation, one(form, "about"), one(form, "words"), one(form, "order")
            )
        except NotTaken as wrong:
            return self._new(request, agent, conversation, wrong.key, form)
        return RedirectResponse(f"{TICKETS}/{number}", 303)

    def _new(
        self, request: Request, agent: Agent, conversation: str, wrong: str = "", form: FormData | None = None
    ) -> Response:
        return self.page(
            request,
            agent,
            "ticket_new.html",
            status=422 if wrong else 200,
            conversation=conversation,
            wrong=wrong,
            said=_said(form),
            id=uuid4().hex,
            abouts=ABOUTS,
        )

    async def _do(
        self, request: Request, agent: Agent, number: str, form: FormData, doing: Awaitable[None]
    ) -> Response:
        try:
            await doing
        except NotTaken as wrong:
            return await self._one(request, agent, number, wrong.key, form)
        return RedirectResponse(f"{TICKETS}/{number}", 303)

    async def _one(
        self, request: Request, agent: Agent, number: str, wrong: str = "", form: FormData | None = None
    ) -> Response:
        found = await self._tickets.ticket(agent, number)
        return self.page(
            request,
            agent,
            "ticket.html",
            status=422 if wrong else 200,
            ticket=found,
            line=found.line,
            wrong=wrong,
            said=_said(form),
            id=uuid4().hex,
            due=_field(found),
            names=await self._names(),
        )

    async def _names(self) -> dict[str, str]:
        return {colleague.id: colleague.name for colleague in await self.desk.people.colleagues()}


def _said(form: FormData | None) -> dict[str, str]:
    """What was written, so that it can be mended."""
    return {name: one(form, name) if form else "" for name in WRITTEN}


def _field(ticket: Ticket) -> str:
    """Until when, as a browser's field wants it."""
    due = ticket.line.due_at
    return datetime.fromtimestamp(due, CHINA).strftime("%Y-%m-%dT%H:%M") if due else ""

"""The workspace's endpoints about the customer's orders."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.desk.bodies import ActBody, CancelBody, CorrectBody, RescheduleBody, TipBody, body_of
from adapters.desk.guarding import signed_in_api
from adapters.desk.rendering import Part
from adapters.desk.services import Desk
from adapters.desk.showing import plain
from adapters.desk.talk_api import ABOUT, conversation_of
from bot.desk.orders import OrderDesk
from bot.desk.people import Agent


def routes(desk: Desk, orders: OrderDesk) -> list[BaseRoute]:
    """All of it, under the conversation's id."""
    api = OrderApi(desk, orders)
    done = {
        "refresh": api.refresh,
        "cancel": api.cancel,
        "correct": api.correct,
        "tip": api.tip,
        "reschedule": api.reschedule,
        "watch": api.watch,
    }
    return [
        Route(f"{ABOUT}/orders", api.orders),
        Route(f"{ABOUT}/orders/{{number}}/quote", api.quote),
        *(Route(f"{ABOUT}/orders/{{number}}/{act}", endpoint, methods=["POST"]) for act, endpoint in done.items()),
    ]


class OrderApi(Part):
    """Each endpoint gets the request and who asks."""

    def __init__(self, desk: Desk, orders: OrderDesk) -> None:
        super().__init__(desk)
        self._orders = orders

    @signed_in_api()
    async def orders(self, request: Request, agent: Agent) -> Response:
        """The customer's orders, newest first."""
        found = await self._orders.orders(agent, conversation_of(request))
        return JSONResponse({"orders": [plain(card) for card in found]})

    @signed_in_api()
    async def refresh(self, request: Request, agent: Agent) -> Response:
        """One order, asked for at the courier side."""
        card = await self._orders.order(agent, conversation_of(request), _number(request), refresh=True)
        return JSONResponse({"card": plain(card)})

    @signed_in_api()
    async def quote(self, request: Request, agent: Agent) -> Response:
        """What cancelling would cost now."""
        return JSONResponse(plain(await self._orders.quote(agent, conversation_of(request), _number(request))))

    @signed_in_api()
    async def cancel(self, request: Request, agent: Agent) -> Response:
        """Cancel at the price that was shown."""
        body = await body_of(request, CancelBody)
        where = (agent, conversation_of(request), body.id, _number(request))
        return JSONResponse(plain(await self._orders.cancel(*where, fee=body.fee, reason=body.reason, tell=body.tell)))

    @signed_in_api()
    async def correct(self, request: Request, agent: Agent) -> Response:
        """Correct one field."""
        body = await body_of(request, CorrectBody)
        where = (agent, conversation_of(request), body.id, _number(request))
        done = await self._orders.correct(*where, field=body.field, value=body.value, tell=body.tell)
        return JSONResponse(plain(done))

    @signed_in_api()
    async def tip(self, request: Request, agent: Agent) -> Response:
        """Offer couriers more."""
        body = await body_of(request, TipBody)
        where = (agent, conversation_of(request), body.id, _number(request))
        return JSONResponse(plain(await self._orders.tip(*where, amount=body.amount, tell=body.tell)))

    @signed_in_api()
    async def reschedule(self, request: Request, agent: Agent) -> Response:
        """Move it to a later time."""
        body = await body_of(request, RescheduleBody)
        where = (agent, conversation_of(request), body.id, _number(request))
        return JSONResponse(plain(await self._orders.reschedule(*where, at=body.at, tell=body.tell)))

    @signed_in_api()
    async def watch(self, request: Request, agent: Agent) -> Response:
        """Have the customer told whenever it moves."""
        body = await body_of(request, ActBody)
        where = (agent, conversation_of(request), body.id, _number(request))
        return JSONResponse(plain(await self._orders.watch(*where, tell=body.tell)))


def _number(request: Request) -> str:
    number: str = request.path_params["number"]
    return number

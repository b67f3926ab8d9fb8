"""Performs what flows wish of the order service, always for the customer whom the conversation is linked to.

A read that the order service does not answer in time says so; an act is raised for the runtime to try again, with the
same key. Nothing is called done before it was read back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bot.dialogue.effects import Effect, Outcome, Read
from bot.errors import FeeRose, NotAllowed, OrderNotFound, OrderServiceDown
from bot.orders.checks import tidy
from bot.orders.diagnosis import diagnose
from bot.orders.effects import (
    CancelOrder,
    CorrectOrder,
    Diagnose,
    GetOrder,
    GetQuote,
    ListOrders,
    RescheduleOrder,
    TipOrder,
)
from bot.orders.gateway import Gateway
from bot.orders.model import Field, Order, Refusal, State
from bot.orders.policy import Policy
from bot.performer import Performer, Performers, Scope

FEWEST_DIGITS = 4
LONGEST_NUMBER = 40

Handler = Callable[[Any, str, Scope], Awaitable[Outcome]]


def performers(gateway: Gateway, policy: Policy, time_limit: float) -> Performers:
    """A performer for each effect of `bot.orders.effects` but `WatchOrder`; `time_limit`: seconds one may take."""
    desk = _OrderDesk(gateway, policy)
    handlers: dict[type[Effect], Handler] = {
        ListOrders: desk.list_orders,
        GetOrder: desk.get_order,
        Diagnose: desk.diagnose,
        GetQuote: desk.get_quote,
        CancelOrder: desk.cancel,
        CorrectOrder: desk.correct,
        TipOrder: desk.tip,
        RescheduleOrder: desk.reschedule,
    }
    return {kind: _performer(handler, time_limit) for kind, handler in handlers.items()}


def _performer(handler: Handler, time_limit: float) -> Performer:
    async def perform(effect: Any, scope: Scope) -> Outcome:
        if scope.customer is None:
            return Outcome("not_linked")
        try:
            return await _in_time(handler(effect, scope.customer, scope), time_limit)
        except OrderNotFound:
            return Outcome("order_missing")
        except OrderServiceDown:
            if isinstance(effect, Read):
                return Outcome("service_down")
            raise

    return perform


async def _in_time(outcome: Awaitable[Outcome], time_limit: float) -> Outcome:
    try:
        async with asyncio.timeout(time_limit):
            return await outcome
    except TimeoutError:
        raise OrderServiceDown("the order service did not answer in time") from None


class _OrderDesk:
    def __init__(self, gateway: Gateway, policy: Policy) -> None:
        self._gateway = gateway
        self._policy = policy

    async def list_orders(self, _effect: ListOrders, customer: str, _scope: Scope) -> Outcome:
        known = await self._gateway.customer(customer)
        if known is None:
            return Outcome("not_linked")
        orders = tuple(await self._gateway.orders(customer))
        return Outcome("orders_found" if orders else "no_orders", {"orders": orders, "customer": known})

    async def get_order(self, effect: GetOrder, customer: str, _scope: Scope) -> Outcome:
        return Outcome("order_found", {"order": await self._found(customer, effect.number)})

    async def diagnose(self, effect: Diagnose, customer: str, scope: Scope) -> Outcome:
        number = await self._resolved(customer, effect.number)
        ask = self._gateway.refresh if effect.refresh else self._gateway.order
        order = await ask(customer, number)
        return Outcome("diagnosed", {"order": order, "diagnosis": diagnose(order, scope.now, self._policy)})

    async def get_quote(self, effect: GetQuote, customer: str, _scope: Scope) -> Outcome:
        order = await self._found(customer, effect.number)
        return Outcome("quoted", {"order": order, "quote": await self._gateway.quote(customer, order.number)})

    async def cancel(self, effect: CancelOrder, customer: str, scope: Scope) -> Outcome:
        number = await self._resolved(customer, effect.number)
        fee, reason = effect.accepted_fee, effect.reason
        try:
            await self._gateway.cancel(customer, number, accepted_fee=fee, reason=reason, key=scope.key)
        except FeeRose as risen:
            return Outcome("fee_rose", {"order": await self._gateway.order(customer, number), "quote": risen.quote})
        except NotAllowed as refused:
            return await self._refused(customer, number, refused.refusal)
        order = await self._gateway.order(customer, number)
        if order.state is not State.CANCELLED:
            return Outcome("refused", {"order": order, "refusal": Refusal.TOO_LATE})
        return Outcome("cancelled", {"order": order})

    async def correct(self, effect: CorrectOrder, customer: str, scope: Scope) -> Outcome:
        number = await self._resolved(customer, effect.number)
        if effect.field not in list(Field):
            return await self._refused(customer, number, Refusal.INVALID)
        change = self._gateway.correct(customer, number, Field(effect.field), effect.value, key=scope.key)
        return await self._changed("corrected", customer, number, change)

    async def tip(self, effect: TipOrder, customer: str, scope: Scope) -> Outcome:
        number = await self._resolved(customer, effect.number)
        change = self._gateway.tip(customer, number, effect.amount, key=scope.key)
        return await self._changed("tipped", customer, number, change)

    async def reschedule(self, effect: RescheduleOrder, customer: str, scope: Scope) -> Outcome:
        number = await self._resolved(customer, effect.number)
        change = self._gateway.reschedule(customer, number, effect.at, key=scope.key)
        return await self._changed("rescheduled", customer, number, change)

    async def _changed(self, trigger: str, customer: str, number: str, change: Awaitable[None]) -> Outcome:
        try:
            await change
        except NotAllowed as refused:
            return await self._refused(customer, number, refused.refusal)
        return Outcome(trigger, {"order": await self._gateway.order(customer, number)})

    async def _refused(self, customer: str, number: str, refusal: Refusal) -> Outcome:
        return Outcome("refused", {"order": await self._gateway.order(customer, number), "refusal": refusal})

    async def _found(self, customer: str, said: str) -> Order:
        return await self._gateway.order(customer, await self._resolved(customer, said))

    async def _resolved(self, customer: str, said: str) -> str:
        """The number of the order that is meant; bare digits may be the end of one. Raises `OrderNotFound`."""
        number = tidy(said)
        if len(number) > LONGEST_NUMBER:
            raise OrderNotFound("no order number is that long")
        if not (number.isascii() and number.isdigit()):
            return number
        ending = [order.number for order in await self._gateway.orders(customer) if order.number.endswith(number)]
        if number in ending:
            return number
        if len(ending) != 1 or len(number) < FEWEST_DIGITS:
            raise OrderNotFound("not one order of this customer ends like this")
        return ending[0]

"""What staff do to a customer's order, in the customer's name.

The page's id of an act makes the order service's key: however often it is asked for, it is done once. Who acted is
noted before, what came of it after, together with what the customer is told; asked for again after a crash in between,
the order service answers as the first time, and the rest is made good.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from bot.desk.orders import CancelQuote, Done, OrderCard
from bot.desk.people import Agent
from bot.dialogue.events import Attended, How
from bot.errors import FeeRose, NoSuchThing, NotAllowed, NotTaken, OrderNotFound, OrderServiceDown
from bot.orders.gateway import Gateway
from bot.orders.model import Field, Order, Quote, State
from bot.runtime.attending import Deed
from bot.store import desk_orders as store
from bot.store import watches
from bot.store.conversations import Loaded
from bot.store.database import Database
from bot.support.cards import Cards
from bot.support.work import Attends

T = TypeVar("T")
STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Asked:
    """One act that was asked for. `action`: as the audit trail names it."""

    agent: Agent
    conversation: str
    id: str
    action: str
    number: str
    tell: bool

    @property
    def key(self) -> str:
        """By which it is known to be the same."""
        return f"desk:{self.conversation}:{self.id}"


@dataclass(frozen=True, slots=True)
class Came:
    """What came of it: the text's name among "did", for colleagues and customer alike, and its values."""

    what: str
    values: Mapping[str, Any] = field(default_factory=dict)
    quote: Quote | None = None

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return self.what not in {"fee_rose", "refused", "not_cancelled"}


class OrderDesk:
    """Implements `bot.desk.orders.OrderDesk`. `limit`: seconds the order service may take."""

    def __init__(self, database: Database, runtime: Attends, gateway: Gateway, cards: Cards, limit: float) -> None:
        self._database = database
        self._runtime = runtime
        self._gateway = gateway
        self._cards = cards
        self._limit = limit

    async def orders(self, agent: Agent, conversation: str) -> Sequence[OrderCard]:
        """See `OrderDesk.orders`."""
        whose = await self._database.run(store.whose, agent, conversation)
        if whose.customer is None:
            return ()
        found = await self._ask(self._gateway.orders(whose.customer))
        return [self._card(order, agent, whose) for order in found]

    async def order(self, agent: Agent, conversation: str, number: str, *, refresh: bool = False) -> OrderCard:
        """See `OrderDesk.order`."""
        whose = await self._database.run(store.whose, agent, conversation)
        ask = self._gateway.refresh if refresh else self._gateway.order
        return self._card(await self._ask(ask(_of(whose), number)), agent, whose)

    async def quote(self, agent: Agent, conversation: str, number: str) -> CancelQuote:
        """See `OrderDesk.quote`."""
        whose = await self._database.run(store.whose, agent, conversation)
        found = await self._ask(self._gateway.quote(_of(whose), number))
        return self._cards.quote(found, agent.language, whose.now)

    async def cancel(
        self, agent: Agent, conversation: str, id: str, number: str, *, fee: int, reason: str, tell: bool
    ) -> Done:
        """See `OrderDesk.cancel`."""

        async def act(customer: str, key: str) -> Came:
            more = {"accepted_fee": fee, "reason": reason, "by": STAFF}
            await self._gateway.cancel(customer, number, key=key, **more)  # type: ignore[arg-type]
            order = await self._gateway.order(customer, number)
            ended = order.cancellation
            if order.state is not State.CANCELLED or ended is None:
                return Came("not_cancelled")
            return Came("cancelled", {"fee": ended.fee, "refund": ended.refund})

        return await self._do(Asked(agent, conversation, id, "order_cancel", number, tell), act)

    async def correct(
        self, agent: Agent, conversation: str, id: str, number: str, *, field: str, value: str, tell: bool
    ) -> Done:
        """See `OrderDesk.correct`. Raises `NotTaken` for a field that there is not."""
        if field not in list(Field):
            raise NotTaken("no_such_field")

        async def act(customer: str, key: str) -> Came:
            await self._gateway.correct(customer, number, Field(field), value, key=key)
            order = await self._gateway.order(customer, number)
            return Came("corrected", {"field": field, "value": getattr(order.dropoff, field)})

        return await self._do(Asked(agent, conversation, id, "order_correct", number, tell), act)

    async def tip(self, agent: Agent, conversation: str, id: str, number: str, *, amount: int, tell: bool) -> Done:
        """See `OrderDesk.tip`."""

        async def act(customer: str, key: str) -> Came:
            await self._gateway.tip(customer, number, amount, key=key)
            return Came("tipped", {"amount": amount})

        return await self._do(Asked(agent, conversation, id, "order_tip", number, tell), act)

    async def reschedule(self, agent: Agent, conversation: str, id: str, number: str, *, at: float, tell: bool) -> Done:
        """See `OrderDesk.reschedule`."""

        async def act(customer: str, key: str) -> Came:
            await self._gateway.reschedule(customer, number, at, key=key)
            return Came("rescheduled", {"at": at})

        return await self._do(Asked(agent, conversation, id, "order_reschedule", number, tell), act)

    async def watch(self, agent: Agent, conversation: str, id: str, number: str, *, tell: bool) -> Done:
        """See `OrderDesk.watch`."""

        async def act(customer: str, _: str) -> Came:
            order = await self._gateway.order(customer, number)
            await self._database.run(watches.add, conversation, order.number, customer)
            return Came("watching")

        return await self._do(Asked(agent, conversation, id, "order_watch", number, tell), act)

    async def _do(self, asked: Asked, act: Callable[[str, str], Awaitable[Came]]) -> Done:
        who = (asked.agent, asked.conversation, asked.key, asked.action, asked.number)
        customer = _of(await self._database.run(store.begin, *who))
        try:
            came = await self._ask(act(customer, asked.key))
        except FeeRose as risen:
            came = Came("fee_rose", quote=risen.quote)
        except NotAllowed as refused:
            came = Came("refused", {"refusal": refused.refusal.value})
        told = asked.tell and came.ok
        await self._keep(asked, came, told=told)
        whose = await self._database.run(store.whose, asked.agent, asked.conversation)
        card = self._card(await self._ask(self._gateway.order(customer, asked.number)), asked.agent, whose)
        return self._done(came, card, asked.agent.language, whose.now, told=told)

    async def _keep(self, asked: Asked, came: Came, *, told: bool) -> None:
        """What came of it, and, `told`, what the customer hears; once."""

        def plan(loaded: Loaded) -> Deed:
            values = {"order": asked.number, **came.values, "told": came.what if told else ""}
            detail = {"outcome": came.what}
            name = (asked.agent, asked.conversation, asked.key, asked.action, asked.number)
            also = partial(store.finish, *name, detail)
            return Deed(loaded.owner, asked.agent.id, Attended(How.TOLD, values), also=also)

        await self._runtime.attend(asked.conversation, asked.key, plan)

    def _done(self, came: Came, card: OrderCard, language: str, now: float, *, told: bool) -> Done:
        quote = None if came.quote is None else self._cards.quote(came.quote, language, now)
        values = {**came.values, "quote": quote.words if quote else ""}
        words = self._cards.words.say(f"staff.did.{came.what}", language, values, now)
        return Done(came.ok, words, card, quote, told)

    def _card(self, order: Order, agent: Agent, whose: store.Whose) -> OrderCard:
        return self._cards.card(order, agent.language, whose.now, watched=order.number in whose.watched)

    async def _ask(self, answer: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._limit):
                return await answer
        except TimeoutError:
            raise OrderServiceDown("the order service did not answer in time") from None
        except OrderNotFound:
            raise NoSuchThing("order") from None


def _of(whose: store.Whose) -> str:
    if whose.customer is None:
        raise NoSuchThing("order")
    return whose.customer

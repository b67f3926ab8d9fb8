"""The order service inside: the `Gateway` protocol on the application's own database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, bindparam, select

from bot.errors import OrderServiceDown, StoreUnavailable
from bot.orders.checks import tidy
from bot.orders.model import Change, Customer, Field, Order, Quote
from bot.orders.policy import Policy
from bot.orders.sql import acts, rows, rules
from bot.orders.sql.plan import Plan
from bot.orders.sql.simulation import advance, advance_those_of, all_at_rest, at_rest, catch_up, look_at
from bot.orders.sql.tables import contacts, customers, outbox
from bot.store.database import Database
from bot.store.prepared import Prepared

P = ParamSpec("P")
T = TypeVar("T")

_CUSTOMER = Prepared(select(customers).where(customers.c.id == bindparam("customer")))
_OWNER = select(customers).join(contacts).where(contacts.c.contact == bindparam("contact"))
_OUTBOX = select(outbox).order_by(outbox.c.id.desc()).limit(bindparam("most"))


@dataclass(frozen=True, slots=True)
class SentCode:
    """A one-time code as it would have reached its customer; `at` in seconds since 1970."""

    customer: str
    contact: str
    code: str
    at: float


class SqlGateway:
    """See `bot.orders.gateway.Gateway`. The migrations must have run; `seed` fills it."""

    def __init__(self, database: Database, policy: Policy) -> None:
        self._database = database
        self._policy = policy

    async def customer(self, customer: str) -> Customer | None:
        """The customer with this id."""
        row = await self._peek(self._database.fetch_one(_CUSTOMER, {"customer": customer}))
        return None if row is None else Customer(**row._asdict())

    async def customer_by_contact(self, contact: str) -> Customer | None:
        """The customer with this phone number (E.164) or e-mail address (lower case) on file."""
        return await self._run(_customer_by_contact, contact)

    async def send_code(self, customer: str, contact: str, code: str, *, key: str) -> None:
        """Put the code into the demo's outbox. Raises `NotAllowed` (INVALID) for a contact not on file."""
        await self._once(customer, key, partial(acts.send_code, customer=customer, contact=contact, code=code))

    async def outbox(self, limit: int = 20) -> Sequence[SentCode]:
        """The codes sent, newest first: the demo's stand-in for text messages and mail."""
        return await self._run(_outbox, limit)

    async def orders(self, customer: str) -> Sequence[Order]:
        """The customer's orders, newest first, at most 20."""
        found = await self._peek(all_at_rest(self._database, customer))
        if found is None:
            return await self._run(_orders, customer)
        return _newest_first([plan.seen(now) for plan, now in found])

    async def order(self, customer: str, number: str) -> Order:
        """One order as last known."""
        plan, now = await self._looked_at(customer, number)
        return plan.seen(now)

    async def refresh(self, customer: str, number: str) -> Order:
        """One order after asking the courier side now."""
        return await self._run(_refresh, customer, number)

    async def quote(self, customer: str, number: str) -> Quote:
        """What cancelling would cost now, or why it cannot be done."""
        plan, now = await self._looked_at(customer, number)
        return rules.quote(plan.order, now, self._policy)

    async def cancel(
        self, customer: str, number: str, *, accepted_fee: int, reason: str, key: str, by: str = "customer"
    ) -> None:
        """Cancel at no more than the accepted fee. Raises `FeeRose` or `NotAllowed`."""
        await self._act(acts.cancel, customer, number, key, accepted_fee=accepted_fee, reason=reason, by=by)

    async def correct(self, customer: str, number: str, field: Field, value: str, *, key: str) -> None:
        """Replace one part of where the order goes. Raises `NotAllowed`."""
        await self._act(acts.correct, customer, number, key, field=field, value=value)

    async def tip(self, customer: str, number: str, amount: int, *, key: str) -> None:
        """Raise what couriers are offered by `amount`. Raises `NotAllowed`."""
        await self._act(acts.tip, customer, number, key, amount=amount)

    async def reschedule(self, customer: str, number: str, at: float, *, key: str) -> None:
        """Move the order to a later time. Raises `NotAllowed`."""
        await self._act(acts.reschedule, customer, number, key, at=at)

    async def changes(self, after: int, limit: int) -> Sequence[Change]:
        """Steps orders made with a cursor above `after`, oldest first; lets time pass first."""
        return await self._run(_changes, after, limit)

    async def _act(
        self, act: Callable[..., acts.Answer], customer: str, number: str, key: str, **details: object
    ) -> None:
        done = partial(act, policy=self._policy, customer=customer, number=number, **details)
        await self._once(customer, key, done)

    async def _once(self, customer: str, key: str, act: Callable[[Connection], acts.Answer]) -> None:
        (await self._run(acts.once, customer, key, act)).raised()

    async def _looked_at(self, customer: str, number: str) -> tuple[Plan, float]:
        at_once = await self._peek(at_rest(self._database, customer, number))
        return await self._run(look_at, customer, number) if at_once is None else at_once

    async def _peek(self, look: Awaitable[T]) -> T:
        """For a single statement that changes nothing."""
        try:
            return await look
        except StoreUnavailable as error:
            raise OrderServiceDown(str(error)) from None

    async def _run(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await self._database.run(fn, *args, **kwargs)
        except StoreUnavailable as error:
            raise OrderServiceDown(str(error)) from None


def _customer_by_contact(connection: Connection, contact: str) -> Customer | None:
    row = connection.execute(_OWNER, {"contact": tidy(contact)}).one_or_none()
    return None if row is None else Customer(**row._asdict())


def _outbox(connection: Connection, limit: int) -> Sequence[SentCode]:
    newest = connection.execute(_OUTBOX, {"most": limit})
    return [SentCode(row.customer, row.contact, row.code, row.sent_at) for row in newest]


def _orders(connection: Connection, customer: str) -> Sequence[Order]:
    advance_those_of(connection, customer)
    now = rows.now(connection)
    return _newest_first([plan.seen(now) for plan in rows.newest_of(connection, customer)])


def _newest_first(orders: Sequence[Order]) -> Sequence[Order]:
    return sorted(orders, key=lambda order: order.placed_at, reverse=True)


def _refresh(connection: Connection, customer: str, number: str) -> Order:
    plan, now = look_at(connection, customer, number)
    asked = plan.refreshed(now)
    if asked != plan:
        rows.save(connection, asked)
    return catch_up(connection, asked, now).seen(now)


def _changes(connection: Connection, after: int, limit: int) -> Sequence[Change]:
    advance(connection)
    return rows.changes_after(connection, after, limit)

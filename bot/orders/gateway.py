"""What Tepai asks of an order service. Two implementations keep one contract: SQL (embedded) and HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.orders.model import Change, Customer, Field, Order, Quote


class Gateway(Protocol):
    """Every call may raise `OrderServiceDown`; every call that names an order raises `OrderNotFound` for an
    order that is not this customer's, exactly as for one that does not exist.

    `key` makes a call repeatable: the same key again has no second effect and answers as the first time.
    """

    async def customer(self, customer: str) -> Customer | None:
        """The customer with this id."""

    async def customer_by_contact(self, contact: str) -> Customer | None:
        """The customer with this phone number (E.164) or e-mail address (lower case) on file."""

    async def send_code(self, customer: str, contact: str, code: str, *, key: str) -> None:
        """Send a one-time code to a contact on file."""

    async def orders(self, customer: str) -> Sequence[Order]:
        """The customer's orders, newest first, at most 20."""

    async def order(self, customer: str, number: str) -> Order:
        """One order as last known."""

    async def refresh(self, customer: str, number: str) -> Order:
        """One order after asking the courier side now."""

    async def quote(self, customer: str, number: str) -> Quote:
        """What cancelling would cost now, or why it cannot be done."""

    async def cancel(
        self, customer: str, number: str, *, accepted_fee: int, reason: str, key: str, by: str = "customer"
    ) -> None:
        """Cancel at no more than the accepted fee. Cancelling a cancelled order succeeds. `by`: "customer" or "staff".

        Raises `FeeRose` or `NotAllowed`, having changed nothing.
        """

    async def correct(self, customer: str, number: str, field: Field, value: str, *, key: str) -> None:
        """Replace one part of where the order goes. Raises `NotAllowed` (INVALID, TOO_LATE or
        NOT_OFFERED), having changed nothing."""

    async def tip(self, customer: str, number: str, amount: int, *, key: str) -> None:
        """Raise what couriers are offered by `amount`. Raises `NotAllowed`."""

    async def reschedule(self, customer: str, number: str, at: float, *, key: str) -> None:
        """Move the order to a later time. Raises `NotAllowed`."""

    async def changes(self, after: int, limit: int) -> Sequence[Change]:
        """Steps orders made with a cursor above `after`, oldest first."""

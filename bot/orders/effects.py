"""What flows may wish of the order service. Whose orders they are is never the flow's to say: the runtime
performs each effect for the customer whom the conversation is linked to.

Every one may also come back as `service_down` (the order service does not answer) or `not_linked`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bot.dialogue.effects import Act, Read

DOWN = ("service_down",)


@dataclass(frozen=True, slots=True)
class ListOrders(Read):
    """The customer's orders. Values: `orders` (newest first), `customer`."""

    outcomes: ClassVar[tuple[str, ...]] = ("orders_found", "no_orders", *DOWN)


@dataclass(frozen=True, slots=True)
class GetOrder(Read):
    """One order. Values: `order`."""

    outcomes: ClassVar[tuple[str, ...]] = ("order_found", "order_missing", *DOWN)
    number: str


@dataclass(frozen=True, slots=True)
class Diagnose(Read):
    """One order, and why it is where it is; `refresh` asks the courier side first. Values: `order`, `diagnosis`."""

    outcomes: ClassVar[tuple[str, ...]] = ("diagnosed", "order_missing", *DOWN)
    number: str
    refresh: bool = False


@dataclass(frozen=True, slots=True)
class GetQuote(Read):
    """What cancelling would cost. Values: `order`, `quote`."""

    outcomes: ClassVar[tuple[str, ...]] = ("quoted", "order_missing", *DOWN)
    number: str


@dataclass(frozen=True, slots=True)
class CancelOrder(Act):
    """Cancel, then read the order back. Values: `order`; with fee_rose `quote`; with refused `refusal`.

    `cancelled` comes only when the order, read back, is cancelled.
    """

    outcomes: ClassVar[tuple[str, ...]] = ("cancelled", "fee_rose", "refused", "order_missing", *DOWN)
    number: str
    accepted_fee: int
    reason: str


@dataclass(frozen=True, slots=True)
class CorrectOrder(Act):
    """Correct one field of where the order goes, then read it back. Values: `order`; with refused `refusal`."""

    outcomes: ClassVar[tuple[str, ...]] = ("corrected", "refused", "order_missing", *DOWN)
    number: str
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class TipOrder(Act):
    """Offer couriers more. Values: `order`; with refused `refusal`."""

    outcomes: ClassVar[tuple[str, ...]] = ("tipped", "refused", "order_missing", *DOWN)
    number: str
    amount: int


@dataclass(frozen=True, slots=True)
class RescheduleOrder(Act):
    """Move the order to a later time. Values: `order`; with refused `refusal`."""

    outcomes: ClassVar[tuple[str, ...]] = ("rescheduled", "refused", "order_missing", *DOWN)
    number: str
    at: float


@dataclass(frozen=True, slots=True)
class WatchOrder(Act):
    """Tell the customer, unasked, whenever the order moves, until it is over."""

    outcomes: ClassVar[tuple[str, ...]] = ("watching",)
    number: str

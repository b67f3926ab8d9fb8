"""A small order service in memory: it answers reads at once, and acts when it is told to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from bot.dialogue.effects import (
    Act,
    CheckCode,
    FindPlace,
    FindTickets,
    HandOver,
    LeaveQueue,
    OpenTicket,
    Outcome,
    Read,
    ReadDesk,
    SendCode,
    Unlink,
)
from bot.orders.checks import normal, problem
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
    WatchOrder,
)
from bot.orders.model import Cancellation, Courier, Customer, Field, Order, Refusal, State
from bot.orders.policy import Policy
from bot.orders.sql import stories_en, stories_zh
from bot.orders.sql.rules import quote

POLICY = Policy()
CODE = "314159"
CONTACTS = {"+8619900000101": "lin", "amy.carter@example.com": "amy", "ben.foster@example.com": "ben"}

PLACE = {"position": 2, "waiting": 2, "open": True, "opens_at": None, "minutes": 3, "number": None}
OF_STAFF = {
    FindPlace: Outcome("place_found", {**PLACE, "late": False}),
    FindTickets: Outcome("no_tickets"),
    ReadDesk: Outcome("desk_read", {"here": True, "open": True, "opens_at": None, "waiting": 2}),
}


@dataclass
class OrderWorld:
    """Orders of several customers. `down`: nothing is answered."""

    now: float
    down: bool = False
    orders: dict[str, Order] = field(default_factory=dict)
    code_for: str | None = None

    def __post_init__(self) -> None:
        for customer, told in {**stories_zh.ORDERS, **stories_en.ORDERS}.items():
            for story in told:
                self.orders[story.number] = story.told(customer, self.now).order

    def read(self, effect: Read, customer: str | None) -> Outcome:
        """Answer a read, for this customer only."""
        if type(effect) in OF_STAFF:
            return OF_STAFF[type(effect)]
        if customer is None:
            return Outcome("not_linked")
        if self.down:
            return Outcome("service_down")
        mine = sorted((o for o in self.orders.values() if o.customer == customer), key=lambda o: -o.placed_at)
        if isinstance(effect, ListOrders):
            known = Customer(customer, customer.title(), "zh", 12)
            return Outcome("orders_found" if mine else "no_orders", {"orders": tuple(mine), "customer": known})
        order = self._mine(effect.number, customer)  # type: ignore[attr-defined]
        if order is None:
            return Outcome("order_missing")
        match effect:
            case GetOrder():
                return Outcome("order_found", {"order": order})
            case Diagnose():
                return Outcome("diagnosed", {"order": order, "diagnosis": diagnose(order, self.now, POLICY)})
            case GetQuote():
                return Outcome("quoted", {"order": order, "quote": quote(order, self.now, POLICY)})
        raise AssertionError(effect)

    def do(self, act: Act, customer: str | None) -> Outcome:
        """Do an act, for this customer only."""
        match act:
            case SendCode():
                self.code_for = CONTACTS.get(act.contact)
                return Outcome("code_sent")
            case CheckCode():
                right = act.code == CODE and self.code_for
                return Outcome("code_right", {"name": ""}, links=self.code_for) if right else _wrong_code()
            case Unlink():
                return Outcome("unlinked", unlinks=True)
            case HandOver():
                return Outcome("queued", PLACE)
            case LeaveQueue():
                return Outcome("left_queue")
            case OpenTicket():
                return Outcome("ticket_opened", {"number": "T261124-TEST"})
            case WatchOrder():
                return Outcome("watching")
        order = self._mine(act.number, customer)  # type: ignore[attr-defined]
        return Outcome("order_missing") if order is None else self._change(act, order)

    def courier_takes(self, number: str, seconds_ago: float) -> None:
        """A courier took an order that was waiting; cancelling may cost from then on."""
        order = self.orders[number]
        if order.state is State.AWAITING_COURIER:
            courier = Courier("Tao Lin", self.now - seconds_ago, 8)
            self.orders[number] = replace(order, state=State.COURIER_ASSIGNED, courier=courier)

    def _change(self, act: Act, order: Order) -> Outcome:
        match act:
            case CancelOrder():
                return self._cancel(act, order)
            case CorrectOrder():
                if problem(Field(act.field), act.value) or order.state.is_over:
                    return Outcome("refused", {"order": order, "refusal": Refusal.INVALID})
                place = replace(order.dropoff, **{act.field: normal(Field(act.field), act.value)})
                return self._kept("corrected", replace(order, dropoff=place))
            case TipOrder() if order.can_tip:
                return self._kept("tipped", replace(order, price=order.price + act.amount))
            case RescheduleOrder() if order.can_reschedule:
                return self._kept("rescheduled", replace(order, scheduled_for=act.at))
        return Outcome("refused", {"order": order, "refusal": Refusal.NOT_OFFERED})

    def _cancel(self, act: CancelOrder, order: Order) -> Outcome:
        price = quote(order, self.now, POLICY)
        if order.state is State.CANCELLED:
            return Outcome("cancelled", {"order": order})
        if not price.allowed:
            return Outcome("refused", {"order": order, "refusal": price.refusal})
        if price.fee > act.accepted_fee:
            return Outcome("fee_rose", {"order": order, "quote": price})
        done = Cancellation("customer", act.reason, self.now, price.fee, price.refund)
        return self._kept("cancelled", replace(order, state=State.CANCELLED, cancellation=done))

    def _kept(self, trigger: str, order: Order) -> Outcome:
        self.orders[order.number] = order
        return Outcome(trigger, {"order": order})

    def _mine(self, said: str, customer: str | None) -> Order | None:
        fitting: list[Any] = [o for o in self.orders.values() if o.customer == customer and o.number.endswith(said)]
        return fitting[0] if len(fitting) == 1 and len(said) >= 4 else None


def _wrong_code() -> Outcome:
    return Outcome("code_wrong", {"left": 3})

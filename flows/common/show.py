"""How an order is put into words: plain values for `{…}` placeholders."""

from __future__ import annotations

from typing import Any

from bot.orders.model import Order


def line(order: Order) -> dict[str, Any]:
    """One order in a list: number, goods and state."""
    return {"order": order.number, "goods": order.goods, "state": order.state.value}


def address(order: Order) -> dict[str, Any]:
    """Where the order goes, with "—" for what is missing."""
    place = order.dropoff
    return {"address": place.address or "—", "recipient": place.recipient or "—", "phone": place.phone or "—"}

"""An order named by what is in it, by its shop, its recipient or where it goes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.orders.model import Order, Payment, Place, State
from bot.orders.naming import described_by

BOOKS = Order(
    "TP1",
    "amy",
    "A box of books",
    State.AWAITING_COURIER,
    "",
    0,
    0,
    0,
    Place("46 Sanlitun Road, Beijing", "Blue Lotus Bakery"),
    Place("Room 1203, Building 5, 88 Jianguo Road, Chaoyang, Beijing", "Amy Carter"),
    100,
    Payment.CAPTURED,
)
FLOWERS = replace(
    BOOKS,
    number="TP2",
    goods="鲜花一束",
    shop="小满花店",
    pickup=Place("", "小满花店"),
    dropoff=Place("上海市杨浦区国定路335号3号楼701室", "孙晓彤"),
)
KEYS = replace(BOOKS, number="TP3", goods="A set of keys", dropoff=Place("9 Xiaoyun Road, Beijing", "Grace Liu"))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("books", ["TP1"]),
        ("the book", ["TP1"]),
        ("鲜花", ["TP2"]),
        ("那束鲜花", ["TP2"]),
        ("送到国定路的", ["TP2"]),
        ("给孙晓彤的", ["TP2"]),
        ("Grace", ["TP3"]),
        ("to jianguo road", ["TP1"]),
        ("keys and books", ["TP1", "TP3"]),
        ("the one set", []),
        ("Beijing", []),
        ("", []),
        ("蛋糕", []),
    ],
)
def test_an_order_is_known_by_its_own_words(said: str, meant: list[str]) -> None:
    assert [order.number for order in described_by((BOOKS, FLOWERS, KEYS), said)] == meant


@given(st.text())
def test_whatever_is_said_some_of_the_orders_are_meant_or_none(said: str) -> None:
    orders = (BOOKS, FLOWERS, KEYS)
    assert set(described_by(orders, said)) <= set(orders)
    assert described_by((), said) == []

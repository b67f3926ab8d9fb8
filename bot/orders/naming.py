"""Which of a customer's orders a description means: "the flowers", "the one to Guoding Road". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.orders.model import Order

_HAN_RUN = re.compile(r"[一-鿿]+")
_LATIN_WORD = re.compile(r"[a-z]{3,}")
_QUANTITY = re.compile(r"[零一二两三四五六七八九十半\d]+[个只件份束台册盒箱袋瓶部把条本张双套包桶罐杯块斤]")
_SAYS_LITTLE = frozenset(
    {"and", "for", "one", "the", "three", "two", "box", "pair", "piece", "pieces", "set"}
    | {
        "apartment",
        "avenue",
        "building",
        "district",
        "floor",
        "lane",
        "road",
        "room",
        "shop",
        "street",
        "suite",
        "tower",
    }
    | {"beijing", "shanghai", "middle", "north", "south", "unit"}
)


def described_by(orders: Iterable[Order], description: str) -> list[Order]:
    """The orders that share words with the description, in their order, but none whose shared words are only a part of
    another's: "the birthday cake" is not just any cake.

    Looked at are goods, shop, recipient and the address it goes to. Quantities and words that every address has do not
    count; an English plural is its singular.
    """
    if not description:
        return []
    said = description.casefold()
    words = frozenset(_latin(said))
    shared = [(order, {word for word in _telling(order) if _is_said(word, said, words)}) for order in orders]
    return [order for order, own in shared if own and not any(own < others for _, others in shared)]


def _telling(order: Order) -> frozenset[str]:
    """The words that tell this order from others: pairs of characters in goods and names, threes in addresses."""
    names = (order.goods, order.shop or "", order.pickup.recipient, order.dropoff.recipient)
    found = {word for name in names for word in _words(name, 2)}
    return frozenset(found.union(_words(order.dropoff.address, 3)))


def _words(text: str, length: int) -> Iterator[str]:
    plain = _QUANTITY.sub(" ", text.casefold())
    yield from _latin(plain)
    for run in _HAN_RUN.findall(plain):
        yield from (run[start : start + length] for start in range(max(1, len(run) - length + 1)))


def _latin(text: str) -> Iterator[str]:
    return (word.removesuffix("s") for word in _LATIN_WORD.findall(text) if word not in _SAYS_LITTLE)


def _is_said(word: str, said: str, words: frozenset[str]) -> bool:
    return word in words if word.isascii() else word in said

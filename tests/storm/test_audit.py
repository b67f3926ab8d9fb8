"""The audit names every breach: books of a calm evening, each spoilt in one way."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.storm.audit import Breaking, audit, doubled
from tests.storm.books import Booking, Books, Claim, Kill, Message, Outage, Sending, Withheld

CHAT = "c1"


def line(seq: int, number: int, kind: str, **told: Any) -> Sending:
    said = {"line": number, "kind": kind, **told}
    return Sending(f"r{seq}", float(seq), "n1.1", CHAT, seq, said, True, False, told=True, heard_at=seq + 0.1)


def calm() -> Books:
    """Two messages in two bursts; the second has an order cancelled."""
    books = Books()
    books.messages = [
        Message(CHAT, "m1", 0, sent_at=1.0, acknowledged_at=1.5),
        Message(CHAT, "m2", 1, "o2", 300, sent_at=3.0, acknowledged_at=3.5),
    ]
    books.sendings = [
        line(2, 1, "answer", re="m1", heard=1),
        line(4, 2, "answer", re="m2", heard=2, act="1"),
        line(7, 3, "outcome", act="1", trigger="cancelled", booking=1, order="o2", amount=300),
    ]
    books.bookings = [Booking(1, "storm:c1:1", "o2", 300)]
    return books


def lost(books: Books) -> None:
    del books.sendings[0]


def answered_twice(books: Books) -> None:
    books.sendings.append(line(9, 4, "answer", re="m1", heard=3))


def miscounted(books: Books) -> None:
    books.sendings[1].line["heard"] = 1


def out_of_order(books: Books) -> None:
    books.sendings[0], books.sendings[1] = books.sendings[1], books.sendings[0]


def a_later_burst_first(books: Books) -> None:
    books.messages[0].burst = 2


def sent_twice(books: Books) -> None:
    again = copy.copy(books.sendings[2])
    again.at += 1
    books.sendings.append(again)


def withheld_from_nobody(books: Books) -> None:
    spoken = books.sendings.pop()
    books.withheld = [Withheld(CHAT, spoken.seq, spoken.line, "held")]


def given_up(books: Books) -> None:
    withheld_from_nobody(books)
    books.withheld = [Withheld(one.chat, one.seq, one.line, "dead") for one in books.withheld]
    books.claims = [Claim(CHAT, 5.0, 5.1, 9.0, 9.1)]


def after_claim(books: Books) -> None:
    books.sendings[2].after_claim = True


def left_in_mid_claim(books: Books) -> None:
    after_claim(books)
    books.sendings[2].left_at = 6.5
    books.claims = [Claim(CHAT, 6.2, 6.9, 9.0, 9.1)]


def cancelled_twice(books: Books) -> None:
    books.bookings.append(Booking(2, "storm:c1:2", "o2", 300))


def not_cancelled(books: Books) -> None:
    books.bookings.clear()


def another_outcome(books: Books) -> None:
    books.sendings[2].line["booking"] = 8


def no_outcome(books: Books) -> None:
    del books.sendings[2]


def unsettled(books: Books) -> None:
    books.unsettled = ["storm:c1"]


def crashed(books: Books) -> None:
    books.webhooks[500] += 1


@pytest.mark.parametrize(
    ("spoil", "breaking"),
    [
        (lost, Breaking.LOST),
        (answered_twice, Breaking.ANSWERED_TWICE),
        (miscounted, Breaking.MISCOUNTED),
        (out_of_order, Breaking.OUT_OF_ORDER),
        (a_later_burst_first, Breaking.OUT_OF_ORDER),
        (sent_twice, Breaking.DOUBLED),
        (withheld_from_nobody, Breaking.WITHHELD),
        (given_up, Breaking.WITHHELD),
        (after_claim, Breaking.AFTER_CLAIM),
        (left_in_mid_claim, Breaking.AFTER_CLAIM),
        (cancelled_twice, Breaking.EFFECT_TWICE),
        (not_cancelled, Breaking.EFFECT_MISSING),
        (another_outcome, Breaking.WRONG_OUTCOME),
        (no_outcome, Breaking.WRONG_OUTCOME),
        (unsettled, Breaking.UNSETTLED),
        (crashed, Breaking.CRASHED),
    ],
)
def test_what_is_spoilt_is_named(spoil: Callable[[Books], None], breaking: Breaking) -> None:
    books = calm()
    assert audit(books) == []
    spoil(books)
    assert breaking in {breach.what for breach in audit(books)}


def not_told(books: Books) -> None:
    books.sendings[2].told = False


def heard_too_late(books: Books) -> None:
    books.sendings[2].heard_at = None


def killed(books: Books) -> None:
    books.kills = [Kill(7.5, "n1.1")]


def database_away(books: Books) -> None:
    books.outages = [Outage(6.0, 7.2)]


@pytest.mark.parametrize("excuse", [not_told, heard_too_late, killed, database_away])
def test_what_had_to_be_sent_again_is_counted_and_no_breach(excuse: Callable[[Books], None]) -> None:
    books = calm()
    excuse(books)
    sent_twice(books)
    assert audit(books) == []
    assert doubled(books).total() == 1


def another_node(books: Books) -> None:
    books.kills = [Kill(7.5, "n2.1")]


def an_outage_long_ago(books: Books) -> None:
    books.outages = [Outage(1.0, 2.0)]


@pytest.mark.parametrize("no_excuse", [another_node, an_outage_long_ago])
def test_trouble_elsewhere_is_no_excuse(no_excuse: Callable[[Books], None]) -> None:
    books = calm()
    no_excuse(books)
    sent_twice(books)
    assert [breach.what for breach in audit(books)] == [Breaking.DOUBLED]


def test_a_message_that_met_a_person_needs_no_answer() -> None:
    books = calm()
    books.messages.append(Message(CHAT, "m3", 2, sent_at=10.0, acknowledged_at=10.5))
    books.claims = [Claim(CHAT, 10.2, 10.3, 12.0, 12.1)]
    assert audit(books) == []
    books.claims = [Claim(CHAT, 10.6, 10.7, 12.0, 12.1)]
    assert [breach.what for breach in audit(books)] == [Breaking.LOST]

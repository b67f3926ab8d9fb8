"""Compares the books: what was promised against what the channel and the order service wrote down.

Each kind of breach has a name and is explained where it is looked for. Tepai's own log is asked one thing only: which
lines it withheld, and that counts only where a person had the chat.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, pairwise
from typing import Any

from tests.storm.books import Booking, Books, Claim, Message, Sending

RECONNECT_SECONDS = 2.0
"""So long after an outage a node may still meet connections that broke in it."""


class Breaking(StrEnum):
    """What must never happen."""

    LOST = "a message was lost"
    ANSWERED_TWICE = "a message was taken twice"
    MISCOUNTED = "the conversation's state was lost or overwritten"
    OUT_OF_ORDER = "a chat's order was not kept"
    DOUBLED = "a line was sent twice without need"
    WITHHELD = "a line was withheld without need"
    AFTER_CLAIM = "the bot spoke after a person took over"
    EFFECT_TWICE = "an order was cancelled twice"
    EFFECT_MISSING = "an order was not cancelled"
    WRONG_OUTCOME = "a customer did not hear the order service's own answer"
    UNSETTLED = "a conversation never came to rest"
    CRASHED = "a webhook was answered with 500"


@dataclass(frozen=True, slots=True)
class Breach:
    """`example`: the ids of the first case."""

    what: Breaking
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line that the bot made: delivered, or withheld."""

    seq: int
    told: dict[str, Any]
    delivered: bool


def audit(books: Books) -> list[Breach]:
    """All breaches, the same kind counted together."""
    return _together(chain(_of_dialogue(books), _of_delivery(books)))


def audit_delivery(books: Books) -> list[Breach]:
    """Only what can be told without knowing what the dialogue had to say."""
    return _together(_of_delivery(books))


def _together(breaches: Iterable[tuple[Breaking, str]]) -> list[Breach]:
    found: dict[Breaking, list[str]] = defaultdict(list)
    for what, example in breaches:
        found[what].append(example)
    return [Breach(what, len(examples), examples[0]) for what, examples in sorted(found.items())]


def doubled(books: Books) -> Counter[str]:
    """How often lines were sent again, by why; "" for no good reason."""
    return Counter(why for _, _, why in _repeats(books))


def read_late(books: Books) -> int:
    """How many lines the channel read under a claim that their senders had given up before it."""
    claims = _by_chat(books.claims)
    spoken = [sending for sending in books.sendings if sending.after_claim]
    return sum(not _is_breach(sending, claims[sending.chat]) for sending in spoken)


def lines_by_chat(books: Books) -> dict[str, list[Line]]:
    """Every line there is, by its place in the chat's log."""
    found: dict[str, dict[int, Line]] = defaultdict(dict)
    for line in books.withheld:
        found[line.chat][line.seq] = Line(line.seq, line.line, delivered=False)
    for sending in books.sendings:
        if sending.taken:
            found[sending.chat][sending.seq] = Line(sending.seq, sending.line, delivered=True)
    return {chat: [lines[seq] for seq in sorted(lines)] for chat, lines in found.items()}


def _of_dialogue(books: Books) -> Iterator[tuple[Breaking, str]]:
    lines = lines_by_chat(books)
    messages: dict[str, list[Message]] = defaultdict(list)
    for message in books.messages:
        messages[message.chat].append(message)
    claims = _by_chat(books.claims)
    bookings: dict[str, list[Booking]] = defaultdict(list)
    for booking in books.bookings:
        bookings[booking.order].append(booking)
    for chat, written in messages.items():
        said = lines.get(chat, [])
        yield from _lost(chat, written, said, claims[chat])
        yield from _numbers(chat, said)
        yield from _bursts(chat, written, said)
        yield from _effects(chat, written, said, bookings)
    yield from _fence(books, claims)


def _by_chat(claims: Iterable[Claim]) -> dict[str, list[Claim]]:
    found: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        found[claim.chat].append(claim)
    return found


def _of_delivery(books: Books) -> Iterator[tuple[Breaking, str]]:
    yield from _sent_in_order(books)
    yield from _sent_once(books)
    yield from ((Breaking.UNSETTLED, chat) for chat in books.unsettled)
    yield from ((Breaking.CRASHED, "see the nodes' errors") for _ in range(books.webhooks[500]))


def _lost(
    chat: str, written: Sequence[Message], said: Sequence[Line], claims: Sequence[Claim]
) -> Iterator[tuple[Breaking, str]]:
    """Every acknowledged message has one answer, unless a person may have had the chat when it was taken."""
    answers = Counter(line.told["re"] for line in said if line.told["kind"] == "answer")
    for message in written:
        count = answers[message.id]
        if count > 1:
            yield Breaking.ANSWERED_TWICE, f"{chat} {message.id}"
        if count == 0 and not any(_may_have_met(message, claim) for claim in claims):
            yield Breaking.LOST, f"{chat} {message.id}"


def _may_have_met(message: Message, claim: Claim) -> bool:
    taken_by = math.inf if message.acknowledged_at is None else message.acknowledged_at
    return message.sent_at < claim.returned_at and taken_by > claim.called_at


def _numbers(chat: str, said: Sequence[Line]) -> Iterator[tuple[Breaking, str]]:
    """Lines, answers and acts are numbered by the conversation's state: 1, 2, 3 and so on in the log."""
    answers = [line.told for line in said if line.told["kind"] == "answer"]
    counts = {
        "lines": [line.told["line"] for line in said],
        "answers": [told["heard"] for told in answers],
        "acts": [int(told["act"]) for told in answers if "act" in told],
    }
    for name, numbers in counts.items():
        for wanted, number in enumerate(numbers, 1):
            if number != wanted:
                yield Breaking.MISCOUNTED, f"{chat} {name}: {number} in place of {wanted}"
                break


def _bursts(chat: str, written: Sequence[Message], said: Sequence[Line]) -> Iterator[tuple[Breaking, str]]:
    """What was sent after an acknowledgement is answered after what was acknowledged."""
    burst_of = {message.id: message.burst for message in written}
    order = [line.told["re"] for line in said if line.told["kind"] == "answer"]
    for earlier, later in pairwise(order):
        if burst_of[later] < burst_of[earlier]:
            yield Breaking.OUT_OF_ORDER, f"{chat} {later} answered after {earlier}"


def _effects(
    chat: str, written: Sequence[Message], said: Sequence[Line], bookings: Mapping[str, Sequence[Booking]]
) -> Iterator[tuple[Breaking, str]]:
    """An order that an answer promised to cancel was cancelled once, with its own amount, and the customer was told
    the very booking; no other was cancelled at all."""
    promised = {line.told["re"]: line.told["act"] for line in said if "act" in line.told and "re" in line.told}
    outcomes = defaultdict(list)
    for line in said:
        if line.told["kind"] == "outcome":
            outcomes[line.told["act"]].append(line.told)
    for message in written:
        booked = bookings.get(message.order, ()) if message.order else ()
        where = f"{chat} {message.id} {message.order}"
        if len(booked) > 1:
            yield Breaking.EFFECT_TWICE, where
        if bool(booked) != (message.id in promised):
            yield Breaking.EFFECT_MISSING if not booked else Breaking.LOST, where
        if booked and message.id in promised:
            heard = [(told.get("booking"), told.get("amount")) for told in outcomes[promised[message.id]]]
            if heard != [(booked[0].number, message.amount)]:
                yield Breaking.WRONG_OUTCOME, f"{where}: {heard}"


def _sent_in_order(books: Books) -> Iterator[tuple[Breaking, str]]:
    """No line arrives for the first time after a later one."""
    reached: dict[str, int] = defaultdict(int)
    seen: set[tuple[str, int]] = set()
    for sending in books.sendings:
        key = sending.chat, sending.seq
        if not sending.taken or key in seen:
            continue
        seen.add(key)
        if sending.seq < reached[sending.chat]:
            yield Breaking.OUT_OF_ORDER, f"{sending.chat} row {sending.seq} after {reached[sending.chat]}"
        reached[sending.chat] = max(reached[sending.chat], sending.seq)


def _sent_once(books: Books) -> Iterator[tuple[Breaking, str]]:
    for first, second, why in _repeats(books):
        if not why:
            yield (
                Breaking.DOUBLED,
                f"{first.chat} row {first.seq} by {first.node} and {second.at - first.at:.2f} s later {second.node}",
            )


def _repeats(books: Books) -> Iterator[tuple[Sending, Sending, str]]:
    """Every second arrival of a line: it is nobody's fault when the sender had not heard that the first was
    taken, or could not write it down."""
    last: dict[tuple[str, int], Sending] = {}
    for sending in books.sendings:
        if not sending.taken:
            continue
        key = sending.chat, sending.seq
        if key in last:
            yield last[key], sending, _why_again(last[key], sending, books)
        last[key] = sending


def _why_again(first: Sending, second: Sending, books: Books) -> str:
    if not first.told:
        return "the channel had not said that it took it"
    if any(kill.node == first.node and kill.at <= second.at for kill in books.kills):
        return "its sender was killed before it was noted"
    if first.heard_at is None or first.heard_at > second.at:
        return "the channel had said so too late"
    if any(outage.begun_at < second.at and first.at < outage.ended_at + RECONNECT_SECONDS for outage in books.outages):
        return "the database was away before it was noted"
    return ""


def _is_breach(sending: Sending, claims: Sequence[Claim]) -> bool:
    """Whether the bot spoke although a person had the chat. What its sender gave up before anybody called for the chat,
    and the channel read only after that, was sent in time, and nobody can call it back (docs/reliability.md)."""
    held = [claim for claim in claims if claim.held_at <= sending.at]
    return sending.after_claim and not (
        held and sending.left_at is not None and sending.left_at < max(claim.called_at for claim in held)
    )


def _fence(books: Books, claims: dict[str, list[Claim]]) -> Iterator[tuple[Breaking, str]]:
    """After a claim the bot is silent; and nothing is withheld where there was none."""
    for sending in books.sendings:
        if _is_breach(sending, claims[sending.chat]):
            yield Breaking.AFTER_CLAIM, f"{sending.chat} row {sending.seq}"
    for line in books.withheld:
        if line.fate != "held" or not claims[line.chat]:
            yield Breaking.WITHHELD, f"{line.chat} row {line.seq}: {line.fate}"

"""Loading a conversation, and keeping what one event led to: the transaction at the heart of every message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, insert, literal, select, update

from bot.store import lanes
from bot.store.clock import dbnow
from bot.store.inserting import insert_new
from bot.store.tables import conversation, inbound, outbox


class Source(StrEnum):
    """Who reports an event."""

    CUSTOMER = "customer"
    INNER = "inner"


@dataclass(frozen=True, slots=True)
class Ticket:
    """By what an event is known: a second arrival of the same is a duplicate."""

    conversation: str
    channel: str
    source: Source
    id: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """A conversation as stored. `version` is None for a new one; `taken` is the seq of this very event if it was
    taken before."""

    now: float
    taken: int | None
    version: int | None
    state: Mapping[str, Any]
    owner: str | None
    owner_epoch: int


@dataclass(frozen=True, slots=True)
class Person:
    """Who a conversation's customer is now, with the dialogue's state."""

    customer: str | None
    state: Mapping[str, Any]
    now: float


@dataclass(frozen=True, slots=True)
class Line:
    """One row for the outbox. `kind`: "message" or "act"."""

    kind: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """What an event led to."""

    payload: Mapping[str, Any]
    state: Mapping[str, Any]
    customer: str | None
    lines: Sequence[Line]


_SEEN = (
    select(inbound.c.seq)
    .where(
        inbound.c.conversation == bindparam("conversation"),
        inbound.c.source == bindparam("source"),
        inbound.c.message_id == bindparam("id"),
    )
    .scalar_subquery()
)
_ONE = select(literal(1).label("one")).subquery()
_LOAD = select(
    dbnow().label("now"),
    _SEEN.label("taken"),
    conversation.c.version,
    conversation.c.state,
    conversation.c.owner,
    conversation.c.owner_epoch,
).select_from(_ONE.outerjoin(conversation, conversation.c.id == bindparam("conversation")))
_WHOSE = select(conversation.c.customer, conversation.c.state, dbnow().label("now")).where(
    conversation.c.id == bindparam("conversation")
)
_SWAP = (
    update(conversation)
    .where(conversation.c.id == bindparam("conversation"), conversation.c.version == bindparam("was"))
    .values(version=bindparam("was") + 1, state=bindparam("new_state"), customer=bindparam("new_customer"))
    .values(updated_at=dbnow())
)
_SWAP_AND_REACHED = _SWAP.values(unreachable=False)
_TAKE = insert(inbound).values(at=dbnow())
_ADD = insert(outbox).values(at=dbnow(), fate=None)


def load(connection: Connection, ticket: Ticket) -> Loaded:
    """The conversation now, or an empty one when there is none yet."""
    asked = {"conversation": ticket.conversation, "source": ticket.source.value, "id": ticket.id}
    row = connection.execute(_LOAD, asked).one()
    return Loaded(row.now, row.taken, row.version, row.state or {}, row.owner, row.owner_epoch or 0)


def whose(connection: Connection, key: str) -> Person:
    """For whom an existing conversation stands."""
    row = connection.execute(_WHOSE, {"conversation": key}).one()
    return Person(row.customer, row.state, row.now)


def keep(connection: Connection, ticket: Ticket, loaded: Loaded, taken: Taken) -> int | None:
    """Keep it all and return the event's seq; None, and nothing kept, when the conversation has moved on since."""
    if not _swap(connection, ticket, loaded, taken):
        return None
    last = lanes.extend(connection, ticket.conversation, ticket.channel, 1 + len(taken.lines), due=bool(taken.lines))
    seq = last - len(taken.lines)
    row = {"conversation": ticket.conversation, "source": ticket.source.value, "message_id": ticket.id}
    connection.execute(_TAKE, {**row, "seq": seq, "payload": taken.payload})
    if taken.lines:
        connection.execute(_ADD, [_row(ticket, loaded, n, line) for n, line in enumerate(taken.lines, seq + 1)])
    return seq


def _row(ticket: Ticket, loaded: Loaded, seq: int, line: Line) -> dict[str, Any]:
    key = {"conversation": ticket.conversation, "seq": seq}
    return {**key, "kind": line.kind, "payload": line.payload, "epoch": loaded.owner_epoch}


def _swap(connection: Connection, ticket: Ticket, loaded: Loaded, taken: Taken) -> bool:
    if loaded.version is None:
        return insert_new(
            connection,
            conversation,
            id=ticket.conversation,
            channel=ticket.channel,
            version=1,
            state=taken.state,
            customer=taken.customer,
            created_at=dbnow(),
            updated_at=dbnow(),
        )
    # A customer who writes can be reached again.
    statement = _SWAP_AND_REACHED if ticket.source is Source.CUSTOMER else _SWAP
    values = {"was": loaded.version, "new_state": taken.state, "new_customer": taken.customer}
    return connection.execute(statement, {"conversation": ticket.conversation, **values}).rowcount == 1

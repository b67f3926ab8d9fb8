"""Loading a conversation, and the types of what is kept of one event (see `bot.store.keeping`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, literal, select

from bot.store.clock import dbnow
from bot.store.database import Database
from bot.store.prepared import Prepared
from bot.store.tables import conversation, inbound


class Source(StrEnum):
    """Who reports an event."""

    CUSTOMER = "customer"
    INNER = "inner"
    STAFF = "staff"


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
    unreachable: bool


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
_LOAD = Prepared(
    select(
        dbnow().label("now"),
        _SEEN.label("taken"),
        conversation.c.version,
        conversation.c.state,
        conversation.c.owner,
        conversation.c.owner_epoch,
        conversation.c.unreachable,
    ).select_from(_ONE.outerjoin(conversation, conversation.c.id == bindparam("conversation")))
)
_WHOSE = select(conversation.c.customer, conversation.c.state, dbnow().label("now")).where(
    conversation.c.id == bindparam("conversation")
)


async def load(database: Database, ticket: Ticket) -> Loaded:
    """The conversation now, or an empty one when there is none yet."""
    asked = {"conversation": ticket.conversation, "source": ticket.source.value, "id": ticket.id}
    row = await database.fetch_one(_LOAD, asked)
    owner = (row.owner, row.owner_epoch or 0, bool(row.unreachable))
    return Loaded(row.now, row.taken, row.version, row.state or {}, *owner)


def whose(connection: Connection, key: str) -> Person:
    """For whom an existing conversation stands."""
    row = connection.execute(_WHOSE, {"conversation": key}).one()
    return Person(row.customer, row.state, row.now)

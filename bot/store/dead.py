"""Dead letters: what was given up, and what an operator decides about it. Each function runs inside one transaction.

Whoever retries locks the conversation's row first and its lane after it, as the step does, so none of them wait for
each other in a circle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, select, update

from bot.store import lanes
from bot.store.audit import audit
from bot.store.clock import dbnow
from bot.store.inserting import insert_new
from bot.store.tables import conversation, dead, outbox
from bot.store.teams import is_of


@dataclass(frozen=True, slots=True)
class Place:
    """Where a dead letter lies: its conversation and its number in that conversation's log."""

    conversation: str
    seq: int

    def __str__(self) -> str:
        return f"{self.conversation}#{self.seq}"


@dataclass(frozen=True, slots=True)
class Letter:
    """A row that was given up. `kind`: "message" or "act"; `payload` may hold a customer's words;
    `customer`: whose conversation it is."""

    place: Place
    at: float
    kind: str
    why: str
    payload: Mapping[str, Any]
    customer: str | None


class NotRetried(StrEnum):
    """Why a dead letter was left as it is, in words for an operator."""

    GONE = "there is no such dead letter (any more)"
    HELD_BY_STAFF = "a member of staff has this conversation, and the bot must not speak"


_LETTERS = select(dead, conversation.c.customer).outerjoin(conversation, conversation.c.id == dead.c.conversation)


def bury_act(connection: Connection, key: str, act: str, why: str) -> None:
    """Put an act that was given up among the dead letters, by its id; a second time changes nothing."""
    mine = (outbox.c.conversation == key, outbox.c.kind == "act", outbox.c.payload["id"].as_string() == act)
    row = connection.execute(select(outbox).where(*mine).order_by(outbox.c.seq.desc()).limit(1)).one_or_none()
    if row is None:
        return
    this = (outbox.c.conversation == key, outbox.c.seq == row.seq)
    connection.execute(update(outbox).where(*this).values(fate="dead"))
    grave = {"conversation": key, "seq": row.seq, "kind": row.kind, "payload": row.payload, "why": why}
    insert_new(connection, dead, **grave, at=dbnow())


def letters(connection: Connection, limit: int, teams: Sequence[str] | None = None) -> list[Letter]:
    """The newest ones of these teams' conversations, None for all."""
    theirs = _LETTERS.where(is_of(dead.c.conversation, teams))
    newest = theirs.order_by(dead.c.at.desc(), dead.c.conversation, dead.c.seq.desc()).limit(limit)
    return [_letter(row) for row in connection.execute(newest)]


def letter(connection: Connection, place: Place) -> Letter | None:
    """This one, or None where there is none."""
    row = connection.execute(_LETTERS.where(_at(place))).one_or_none()
    return None if row is None else _letter(row)


def retry(connection: Connection, place: Place, actor: str) -> int | NotRetried:
    """Put it at the end of its lane and return its new seq; of several who try at once, one does.

    A message is the bot's word of now, and the fence holds for it. An act keeps its id, so that whoever performed it
    before knows it again; `again` tells its outcome from an earlier one.
    """
    mine = conversation.c.id == place.conversation
    owner = conversation.c.owner, conversation.c.owner_epoch, conversation.c.channel
    chat = connection.execute(select(*owner).where(mine).with_for_update()).one_or_none()
    found = letter(connection, place)
    if chat is None or found is None:
        return NotRetried.GONE
    if chat.owner is not None and found.kind == "message" and found.payload.get("sender") != "staff":
        return NotRetried.HELD_BY_STAFF
    if not drop(connection, place, actor, action="dead_letter_retried"):
        return NotRetried.GONE
    # The operator has reason to believe that the customer can be reached now.
    connection.execute(update(conversation).where(mine).values(unreachable=False))
    seq = lanes.extend(connection, place.conversation, chat.channel, 1, due=True)
    payload = {**found.payload, "again": seq} if found.kind == "act" else found.payload
    row = {"conversation": place.conversation, "seq": seq, "kind": found.kind, "payload": payload}
    connection.execute(insert(outbox).values(at=dbnow(), fate=None, epoch=chat.owner_epoch, **row))
    return seq


def drop(connection: Connection, place: Place, actor: str, *, action: str = "dead_letter_dropped") -> bool:
    """Forget it, and note who wanted that; False when it is not there any more."""
    if not connection.execute(delete(dead).where(_at(place))).rowcount:
        return False
    audit(connection, action, conversation=place.conversation, actor=actor, detail={"seq": place.seq})
    return True


def _at(place: Place) -> ColumnElement[bool]:
    return and_(dead.c.conversation == place.conversation, dead.c.seq == place.seq)


def _letter(row: Row[Any]) -> Letter:
    return Letter(Place(row.conversation, row.seq), row.at, row.kind, row.why, row.payload, row.customer)

"""Conversations that stay with somebody who does not answer, or is not there. Each function runs inside one
transaction; what counts is the database's clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, null, or_, select, update

from bot.errors import HeldByOther
from bot.store import handovers
from bot.store.audit import audit
from bot.store.callbacks import Wait
from bot.store.clock import dbnow
from bot.store.handovers import OPEN, TAKEN, UNANSWERED_SINCE
from bot.store.presence import is_here
from bot.store.staff_tables import staff
from bot.store.support_tables import handover

BATCH = 100


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds. `answer`: of a colleague who is there; `away`: of one who is not, while the customer waits for their
    words; `idle`: of one who is not, while nobody waits. `phone`: for so long since their last
    act somebody counts as there who has linked a Telegram account, and so may answer from anywhere; 0 for never."""

    answer: float
    away: float
    idle: float
    phone: float = 0.0


class Why(StrEnum):
    """Why a conversation goes back to the queue."""

    UNANSWERED = "unanswered"
    AWAY = "away"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Neglected:
    """A conversation that its owner does not see to."""

    conversation: str
    owner: str
    why: Why


_GONE_FOR_GOOD = ~select(staff.c.id).where(staff.c.id == handover.c.agent, staff.c.active).correlate(handover).exists()
_TAKEN = and_(OPEN, handover.c.status == TAKEN)


def anything(connection: Connection, patience: Patience) -> bool:
    """Whether there is something to note or to bring back; writes nothing."""
    noted = select(handover.c.id).where(_TAKEN, _to_note(patience)).limit(1)
    return connection.execute(noted).first() is not None or bool(_found(connection, patience, 1))


def note(connection: Connection, patience: Patience) -> None:
    """Since when who has a conversation is not there."""
    since = case((_missing(patience), func.coalesce(handover.c.missing_since, dbnow())), else_=null())
    connection.execute(update(handover).where(_TAKEN, _to_note(patience)).values(missing_since=since))


def neglected(connection: Connection, patience: Patience) -> Sequence[Neglected]:
    """All that are now, at most so many."""
    return _found(connection, patience, BATCH)


def bring_back(found: Neglected, patience: Patience, wait: Wait, connection: Connection) -> None:
    """Into the queue again, at its front. Its owner may have spoken since somebody looked: then `HeldByOther` is
    raised."""
    mine = handover.c.conversation == found.conversation
    still = connection.execute(_neglect(patience).where(mine)).one_or_none()
    if still is None or still.agent != found.owner:
        raise HeldByOther(found.owner)
    handovers.requeue(connection, found.conversation, wait.due_at, returned=True)
    if found.why is not Why.IDLE:
        wait.promise(connection, found.conversation, f"{found.conversation}:returned:{still.claimed_at}")
    detail = {"from": found.owner, "why": found.why.value}
    audit(connection, "returned", conversation=found.conversation, actor=handovers.BOT, detail=detail)


def _neglect(patience: Patience) -> Select[Any]:
    waits = UNANSWERED_SINCE
    # Who has just got it has the same time as if the customer had just asked.
    since = case((waits > handover.c.claimed_at, waits), else_=handover.c.claimed_at)
    why = case(
        (and_(waits.isnot(None), since <= dbnow() - patience.answer), Why.UNANSWERED.value),
        (and_(waits.isnot(None), _away(patience, patience.away)), Why.AWAY.value),
        (_away(patience, patience.idle), Why.IDLE.value),
        else_=null(),
    )
    found = (
        select(handover.c.conversation, handover.c.agent, handover.c.claimed_at, why.label("why"))
        .where(_TAKEN)
        .order_by(handover.c.claimed_at)
    )
    return found.where(why.isnot(None))


def _missing(patience: Patience) -> ColumnElement[bool]:
    has_phone = and_(staff.c.active, staff.c.telegram.isnot(None))
    reachable = or_(is_here(), and_(has_phone, staff.c.seen_at > dbnow() - patience.phone))
    here = select(case((reachable, 1), else_=0)).where(staff.c.id == handover.c.agent).correlate(handover)
    return func.coalesce(here.scalar_subquery(), 0) == 0


def _to_note(patience: Patience) -> ColumnElement[bool]:
    missing = _missing(patience)
    return or_(and_(missing, handover.c.missing_since.is_(None)), and_(~missing, handover.c.missing_since.isnot(None)))


def _away(patience: Patience, seconds: float) -> ColumnElement[bool]:
    """Missing for so long, and still; somebody who no longer works here is missed at once."""
    return or_(_GONE_FOR_GOOD, and_(_missing(patience), handover.c.missing_since <= dbnow() - seconds))


def _found(connection: Connection, patience: Patience, most: int) -> list[Neglected]:
    rows = connection.execute(_neglect(patience).limit(most)).all()
    return [Neglected(row.conversation, row.agent, Why(row.why)) for row in rows]

"""The customers' side of the staff queue: getting in, how far it is, getting out. Each function runs inside one
transaction."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, or_, select, update

from bot.store import callbacks, teams
from bot.store.audit import audit
from bot.store.clock import dbnow
from bot.store.handovers import CLOSED, OPEN, STAFFS_CHOICE, WAITING
from bot.store.inserting import insert_new
from bot.store.presence import who_can_take
from bot.store.support_tables import handover

RECENT_SECONDS = 2 * 3600.0
"""How far back a wait tells something about the next one."""
MOST_WAITS, FEWEST_WAITS = 20, 3
"""Of so many waits the median is taken; of fewer than that nothing is known."""


@dataclass(frozen=True, slots=True)
class NewHandover:
    """A conversation for the staff queue; `key` is the act's; a higher `priority` is served first."""

    conversation: str
    key: str
    reason: str
    brief: dict[str, Any]
    language: str
    priority: int
    team: str = ""


@dataclass(frozen=True, slots=True)
class Queued:
    """`position`: 1 is next; `waiting`: how many wait in all. `waited`: seconds so far; `typical`: that one waits as a
    rule, None where that is not known or nobody is there. `number`: of the promise to answer later, if there is one."""

    position: int
    waiting: int
    waited: float
    typical: float | None
    number: str | None


def hand_over(connection: Connection, new: NewHandover, wait: callbacks.Wait) -> Queued:
    """Queue the conversation unless it is queued already, whose brief is then renewed."""
    teams.hold(connection, new.conversation)
    added = insert_new(
        connection,
        handover,
        key=new.key,
        conversation=new.conversation,
        reason=new.reason,
        brief=new.brief,
        language=new.language,
        priority=new.priority,
        team=new.team,
        status=WAITING,
        opened_at=dbnow(),
        due_at=wait.due_at,
    )
    if not added:
        _renew(connection, new)
    teams.tell_tickets(connection, new.conversation)
    audit(connection, "handed_over", conversation=new.conversation, detail={"reason": new.reason}, key=new.key)
    row = _open(connection, new.conversation)
    if row is not None and row.status == WAITING:
        order = new.brief.get("order")
        wait.promise(connection, new.conversation, new.key, str(order) if order else None)
    return _queued(connection, new.conversation, row)


def is_staffed(connection: Connection, key: str, team: str = "") -> bool:
    """Whether somebody is there who may take the conversation: of the team it waits for, or else of this one."""
    row = _open(connection, key)
    return bool(who_can_take(connection, row.team if row else team))


def place(connection: Connection, key: str) -> Queued | None:
    """Where a conversation stands; None when it does not wait."""
    row = _open(connection, key)
    return None if row is None or row.status != WAITING else _queued(connection, key, row)


def position(connection: Connection, key: str) -> int | None:
    """Its place alone, 1 is next; None when it does not wait."""
    row = _open(connection, key)
    return None if row is None or row.status != WAITING else 1 + _before(connection, row)


def leave(connection: Connection, key: str) -> None:
    """Wait no more. Whoever has just taken it has it."""
    mine = (handover.c.conversation == key, OPEN, handover.c.status == WAITING)
    left = update(handover).where(*mine).values(status=CLOSED, closed_at=dbnow(), outcome="left")
    if not connection.execute(left).rowcount:
        return
    callbacks.settle(connection, key, callbacks.NOT_WANTED, "customer")
    audit(connection, "left_queue", conversation=key)


def waiting(connection: Connection) -> int:
    """How many conversations wait for a member of staff."""
    return connection.execute(select(func.count()).where(_WAITING)).scalar_one()


_WAITING = and_(OPEN, handover.c.status == WAITING)


def _renew(connection: Connection, new: NewHandover) -> None:
    """Whoever has it already keeps it; while it waits, the newer reason says whose it is."""
    higher = func.greatest if connection.dialect.name == "postgresql" else func.max
    newer = {
        "reason": new.reason,
        "brief": new.brief,
        "priority": higher(handover.c.priority, new.priority),
        "team": case((handover.c.status == WAITING, new.team), else_=handover.c.team),
    }
    mine = and_(handover.c.conversation == new.conversation, OPEN)
    connection.execute(update(handover).where(mine).values(newer))


def _open(connection: Connection, key: str) -> Row[Any] | None:
    return connection.execute(select(handover).where(handover.c.conversation == key, OPEN)).one_or_none()


def _queued(connection: Connection, key: str, row: Row[Any] | None) -> Queued:
    number = callbacks.promised(connection, key)
    if row is None or row.status != WAITING:
        return Queued(1, waiting(connection), 0.0, None, number)
    now = float(connection.execute(select(dbnow())).scalar_one())
    typical = _typical(connection, row.team, row.language)
    return Queued(1 + _before(connection, row), waiting(connection), max(0.0, now - row.opened_at), typical, number)


def _before(connection: Connection, row: Row[Any]) -> int:
    """How many of the same team's are taken first: those that came back, then the urgent, then who came first."""
    mine = and_(handover.c.opened_at == row.opened_at, handover.c.id < row.id)
    earlier = or_(handover.c.opened_at < row.opened_at, mine)
    same = or_(handover.c.priority > row.priority, and_(handover.c.priority == row.priority, earlier))
    in_front = handover.c.returned > 0
    ahead = and_(in_front, same) if row.returned else or_(in_front, same)
    query = select(func.count()).where(_WAITING, handover.c.team == row.team, ahead)
    found: int = connection.execute(query).scalar_one()
    return found


def _typical(connection: Connection, team: str, language: str) -> float | None:
    """The median of the last real waits, if there is somebody now to make it true again."""
    if not any(language in one.languages for one in who_can_take(connection, team)):
        return None
    fresh = and_(handover.c.claimed_at > dbnow() - RECENT_SECONDS, handover.c.team == team, handover.c.returned == 0)
    waits = select(handover.c.claimed_at - handover.c.opened_at).where(fresh, handover.c.reason != STAFFS_CHOICE)
    found = list(connection.scalars(waits.order_by(handover.c.claimed_at.desc()).limit(MOST_WAITS)))
    return median(found) if len(found) >= FEWEST_WAITS else None

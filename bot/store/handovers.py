"""The staff queue: what waits for a person, who has what, and how it ended. Each function runs inside one transaction.

Whoever changes who has a conversation holds the conversation's row (see `bot.store.attending`), so that the queue and
the conversation's owner never contradict each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, literal, or_, select, update

from bot.store import teams
from bot.store.clock import dbnow
from bot.store.conversations import Source
from bot.store.inserting import insert_new
from bot.store.prepared import Prepared
from bot.store.support_tables import handover
from bot.store.tables import conversation, inbound

WAITING, TAKEN, CLOSED = "waiting", "taken", "closed"
BOT = "bot"
"""Who acts where no person does, in the audit trail and elsewhere."""
STAFFS_CHOICE = "staff"
"""The reason of a handover that nobody asked for."""
MOST_SHOWN = 500

OPEN = handover.c.closed_at.is_(None)


@dataclass(frozen=True, slots=True)
class Place:
    """One conversation in the queue, or taken from it. Times in seconds since 1970; `unanswered_since`: since when the
    customer has waited for a person's words, None when the last words are a person's; `last`: the customer's."""

    conversation: str
    channel: str
    status: str
    reason: str
    priority: int
    team: str
    language: str
    brief: Mapping[str, Any]
    opened_at: float
    customer: str | None
    owner: str | None
    agent: str | None
    claimed_at: float | None
    answered_at: float | None
    unanswered_since: float | None
    due_at: float | None
    missing_since: float | None
    returned: int
    last: str
    unreachable: bool


def _said(source: Source) -> ColumnElement[bool]:
    return and_(inbound.c.conversation == handover.c.conversation, inbound.c.source == source.value)


_TEXT = inbound.c.payload["text"].as_string()
_LAST = (
    select(_TEXT).where(_said(Source.CUSTOMER), _TEXT != "").order_by(inbound.c.seq.desc()).limit(1).scalar_subquery()
)
_ANSWERED_SEQ = select(func.max(inbound.c.seq)).where(_said(Source.STAFF)).correlate(handover).scalar_subquery()
_FIRST_UNANSWERED = (
    select(func.min(inbound.c.at))
    .where(_said(Source.CUSTOMER), or_(handover.c.answered_at.isnot(None), inbound.c.at > handover.c.opened_at))
    .where(inbound.c.seq > func.coalesce(_ANSWERED_SEQ, literal(0)))
    .correlate(handover)
    .scalar_subquery()
)
_NEVER_ANSWERED = and_(handover.c.answered_at.is_(None), handover.c.reason != STAFFS_CHOICE)
UNANSWERED_SINCE = case((_NEVER_ANSWERED, handover.c.opened_at), else_=_FIRST_UNANSWERED)
"""Since when the customer of a handover has waited for a person's words."""

_PLACES = (
    select(handover, conversation.c.channel, conversation.c.customer, conversation.c.owner)
    .add_columns(conversation.c.unreachable, UNANSWERED_SINCE.label("unanswered_since"), _LAST.label("last"))
    .join(conversation, conversation.c.id == handover.c.conversation)
)
_FRONT_FIRST = (
    case((handover.c.returned > 0, 0), else_=1),
    handover.c.priority.desc(),
    handover.c.opened_at,
    handover.c.id,
)
# Read after every message in the queue's conversations, for the pages that show it.
_QUEUE = Prepared(_PLACES.add_columns(dbnow().label("now")).where(OPEN).order_by(*_FRONT_FIRST).limit(MOST_SHOWN))


def places(connection: Connection) -> tuple[float, list[Place]]:
    """The time (0.0 where there is nothing), and all that waits and is taken, what is to be taken first, first."""
    rows = _QUEUE.rows(connection, {})
    return rows[0].now if rows else 0.0, [_place(row) for row in rows]


def newest(connection: Connection, key: str) -> Place | None:
    """The conversation's newest handover, open or not."""
    mine = _PLACES.where(handover.c.conversation == key)
    row = connection.execute(mine.order_by(OPEN.desc(), handover.c.id.desc()).limit(1)).one_or_none()
    return _place(row) if row else None


def team_of(connection: Connection, key: str) -> str | None:
    """Whose the conversation is: a team's, "" for anybody's; None when there is no such conversation."""
    known = select(teams.team_of(conversation.c.id)).where(conversation.c.id == key)
    found: str | None = connection.execute(known).scalar_one_or_none()
    return found


def waits_at(key: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether its customer waits in the queue for a person, as an expression."""
    return exists().where(handover.c.conversation == key, handover.c.status == WAITING)


def take(connection: Connection, key: str, agent: str, *, id: str, language: str) -> None:
    """It is the agent's; opened under `id` where nobody had asked for a person."""
    taken = {"status": TAKEN, "agent": agent, "claimed_at": dbnow(), "missing_since": None}
    if _change(connection, key, **taken):
        return
    more = {"reason": STAFFS_CHOICE, "brief": {}, "language": language, "opened_at": dbnow()}
    if not insert_new(connection, handover, key=id, conversation=key, **more, **taken):
        # The bot was handing it over at this moment; the insert has waited until it had.
        _change(connection, key, **taken)
    teams.tell_tickets(connection, key)


def answered(connection: Connection, key: str) -> bool:
    """A person has spoken, and so is there; whether these were the first words."""
    _change(connection, key, missing_since=None)
    return _change(connection, key, handover.c.answered_at.is_(None), answered_at=dbnow())


def requeue(
    connection: Connection, key: str, due_at: float, *, team: str | None = None, returned: bool = False
) -> bool:
    """It waits again, until `due_at` as a rule: in a team's queue, or, `returned`, at the front of the one it came
    from. False: there is none."""
    more: dict[str, Any] = {} if team is None else {"team": team}
    if returned:
        more["returned"] = handover.c.returned + 1
    waits = {"status": WAITING, "claimed_at": None, "due_at": due_at, "missing_since": None, "breached_at": None}
    done = _change(connection, key, **waits, **more)
    if team is not None:
        teams.tell_tickets(connection, key)
    return done


def close(connection: Connection, key: str, outcome: str, *, only_waiting: bool = False) -> bool:
    """It is over; False when there was nothing (waiting)."""
    which = [handover.c.status == WAITING] if only_waiting else []
    return _change(connection, key, *which, status=CLOSED, closed_at=dbnow(), outcome=outcome)


def _change(connection: Connection, key: str, *which: ColumnElement[bool], **values: Any) -> bool:
    mine = update(handover).where(handover.c.conversation == key, OPEN, *which)
    return connection.execute(mine.values(**values)).rowcount == 1


def newest_customer_seq(connection: Connection, key: str) -> int:
    """The number of the customer's newest words; 0 where there are none."""
    theirs = select(func.max(inbound.c.seq)).where(
        inbound.c.conversation == key, inbound.c.source == Source.CUSTOMER.value
    )
    found: int | None = connection.execute(theirs).scalar_one()
    return found or 0


def _place(row: Any) -> Place:
    return Place(
        row.conversation,
        row.channel,
        row.status,
        row.reason,
        row.priority,
        row.team,
        row.language,
        row.brief,
        row.opened_at,
        row.customer,
        row.owner,
        row.agent,
        row.claimed_at,
        row.answered_at,
        row.unanswered_since if row.status != CLOSED else None,
        row.due_at,
        row.missing_since,
        row.returned,
        row.last or "",
        bool(row.unreachable),
    )

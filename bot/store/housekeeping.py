"""Removing what is old, a little at a time. Each function runs inside one short transaction.

Nothing here looks at a whole table: conversations are visited in the order of their keys, some at a time, and the
other tables by an index of their age. A conversation in which anything is still to be done, or on which an open
handover or ticket rests, is left alone as a whole until that is over.

A conversation without its messages keeps its row and its lane's: the numbers in them go on, because an act that got
an old act's number would be taken by the order service for that old act. Only when records have run out, too, do
they go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, delete, exists, or_, select, tuple_, update

from bot.runtime.ages import Ages
from bot.store.clock import dbnow
from bot.store.conversations import Source
from bot.store.lookup_tables import daily, digest, search_line
from bot.store.staff_tables import sign_in_guard, staff_link, staff_session
from bot.store.support_tables import draft, feedback, handover, mail, note, tag, ticket, ticket_event, writing
from bot.store.tables import (
    attachment,
    audit,
    channel_note,
    contact_lock,
    conversation,
    dead,
    inbound,
    lane,
    outbox,
    timer,
    verification,
    watch,
    wechat_customer,
    wechat_letter,
    wechat_push,
)
from bot.store.teams import tell_tickets
from bot.store.telegram_tables import album_part, staff_topic

SLICE = 100
"""Conversations a transaction: about ten milliseconds, so that no customer's message waits long for it."""

BATCH = 500
"""Rows of any other table a transaction."""

_DAY = 86_400

REMEMBERED = ("language", "language_chosen", "questions", "acts")
"""What stays of a dialogue's state: the language, and the numbers that must never begin anew."""

Removed = Counter[str]


@dataclass(frozen=True, slots=True)
class Visited:
    """What a slice came to. `last`: the last conversation of it, None when it was the end of the table."""

    last: str | None
    removed: Removed


def now(connection: Connection) -> float:
    """The database's time."""
    return float(connection.execute(select(dbnow())).scalar_one())


def visit_conversations(connection: Connection, ages: Ages, after: str) -> Visited:
    """Remove what is old in the next conversations behind `after`, and of those that ended long ago everything."""
    rows = connection.execute(_VISIT.where(conversation.c.id > after)).all()
    time, removed = now(connection), Counter[str]()
    calm = [row for row in rows if not row.needed]
    _remove_old(connection, [row.id for row in calm], ages, time, removed)
    for row in calm:
        if time - row.updated_at > ages.records and not row.has_tickets:
            _purge(connection, row, removed)
        elif time - row.updated_at > ages.conversations and not _is_forgotten(row):
            _forget(connection, row, removed)
    return Visited(rows[-1].id if len(rows) == SLICE else None, +removed)


def remove_rest(connection: Connection, ages: Ages) -> Removed:
    """Remove some of what belongs to no conversation's log; nothing when all that is left is young."""
    time = now(connection)
    settled = or_(contact_lock.c.locked_until.is_(None), contact_lock.c.locked_until < time)
    unlocked = or_(sign_in_guard.c.locked_until.is_(None), sign_in_guard.c.locked_until < time)
    removed: Removed = Counter()
    for table, age, more in (
        (mail, mail.c.at < time - ages.mails, mail.c.next_at.is_(None)),
        (dead, dead.c.at < time - ages.dead_letters, None),
        (contact_lock, contact_lock.c.changed_at < time - ages.codes, settled),
        (daily, daily.c.day < (time - ages.records) // _DAY, None),
        (staff_session, staff_session.c.until < time - ages.sign_ins, None),
        (staff_link, staff_link.c.until < time - ages.sign_ins, None),
        (sign_in_guard, sign_in_guard.c.changed_at < time - ages.sign_ins, unlocked),
    ):
        _remove_some(connection, table, age if more is None else and_(age, more), removed)
    # Its numbers ascend with time, so the oldest are found without an index of their age.
    oldest = select(audit.c.id).order_by(audit.c.id).limit(BATCH)
    _remove(connection, audit, and_(audit.c.id.in_(oldest), audit.c.at < time - ages.records), removed)
    return +removed


def _rests_on(table: Table, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(table.c.conversation == conversation.c.id, *conditions)


_NEEDED = or_(
    conversation.c.owner.isnot(None),
    _rests_on(lane, lane.c.next_at.isnot(None)),
    _rests_on(timer),
    _rests_on(dead),
    _rests_on(handover, handover.c.closed_at.is_(None)),
    _rests_on(ticket, ticket.c.closed_at.is_(None)),
    _rests_on(wechat_push, wechat_push.c.message.isnot(None)),
    _rests_on(wechat_letter, wechat_letter.c.state == "waiting"),
    _rests_on(album_part, album_part.c.message.isnot(None)),
)
_VISIT = (
    select(
        conversation.c.id,
        conversation.c.version,
        conversation.c.state,
        conversation.c.customer,
        conversation.c.updated_at,
        _NEEDED.label("needed"),
        _rests_on(ticket).label("has_tickets"),
    )
    .order_by(conversation.c.id)
    .limit(SLICE)
)
_WECHAT = (wechat_letter, wechat_push)
_BESIDE = (feedback, handover, note, tag, draft, writing, search_line)
_TELEGRAM = (album_part, staff_topic)
_OF_CONVERSATIONS = (inbound, outbox, attachment, watch, verification, channel_note, *_BESIDE, *_WECHAT, *_TELEGRAM)


def _remove_old(connection: Connection, keys: Sequence[str], ages: Ages, time: float, removed: Removed) -> None:
    if not keys:
        return
    log, inner = time - ages.conversations, time - ages.bookkeeping
    done = select(lane.c.done_seq).where(lane.c.conversation == outbox.c.conversation).scalar_subquery()
    settled = or_(verification.c.locked_until.is_(None), verification.c.locked_until < time)
    for table, *old in (
        (inbound, or_(inbound.c.at < log, and_(inbound.c.source == Source.INNER.value, inbound.c.at < inner))),
        (outbox, outbox.c.seq <= done, or_(outbox.c.at < log, and_(outbox.c.kind == "act", outbox.c.at < inner))),
        (attachment, attachment.c.at < time - ages.files),
        (verification, verification.c.expires_at < time - ages.codes, settled),
        (search_line, search_line.c.at < log),
        (note, note.c.at < log),
        (draft, draft.c.at < inner),
        (writing, writing.c.at < inner),
        (wechat_letter, wechat_letter.c.at < log),
        (wechat_push, wechat_push.c.attempt_at < log),
        (album_part, album_part.c.at < inner),
    ):
        _remove(connection, table, and_(table.c.conversation.in_(keys), *old), removed)
    _remove_tickets(connection, keys, time - ages.records, removed)


def _remove_tickets(connection: Connection, keys: Sequence[str], before: float, removed: Removed) -> None:
    """Those that were closed before that, with their histories."""
    old = and_(ticket.c.conversation.in_(keys), ticket.c.closed_at < before)
    _remove(connection, ticket_event, ticket_event.c.number.in_(select(ticket.c.number).where(old)), removed)
    _remove(connection, ticket, old, removed)


def _is_forgotten(row: Row[Any]) -> bool:
    return row.customer is None and set(row.state) <= set(REMEMBERED)


def _forget(connection: Connection, row: Row[Any], removed: Removed) -> None:
    kept = {name: row.state[name] for name in REMEMBERED if name in row.state}
    forgetting = update(conversation).values(state=kept, customer=None, version=row.version + 1)
    if connection.execute(forgetting.where(*_unchanged(row))).rowcount:
        removed["conversation"] += 1
        for table in _OF_CONVERSATIONS:
            _remove(connection, table, table.c.conversation == row.id, removed)
        tell_tickets(connection, row.id)
        connection.execute(update(digest).where(digest.c.conversation == row.id).values(at=None, last=""))


def _purge(connection: Connection, row: Row[Any], removed: Removed) -> None:
    if connection.execute(delete(conversation).where(*_unchanged(row))).rowcount:
        for table in (*_OF_CONVERSATIONS, wechat_customer, digest, lane):
            _remove(connection, table, table.c.conversation == row.id, removed)


def _unchanged(row: Row[Any]) -> tuple[ColumnElement[bool], ...]:
    """A message that comes at this moment wins: its step moves the version on."""
    return conversation.c.id == row.id, conversation.c.version == row.version


def _remove_some(connection: Connection, table: Table, old: ColumnElement[bool], removed: Removed) -> None:
    keys = tuple(table.primary_key.columns)
    _remove(connection, table, and_(tuple_(*keys).in_(select(*keys).where(old).limit(BATCH)), old), removed)


def _remove(connection: Connection, table: Table, which: ColumnElement[bool], removed: Removed) -> None:
    removed[table.name] += connection.execute(delete(table).where(which)).rowcount

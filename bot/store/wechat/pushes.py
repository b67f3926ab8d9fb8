"""What WeChat pushed, and what went back in the answer to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, null, or_, select, true, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.clock import dbnow
from bot.store.prepared import Prepared
from bot.store.tables import lane, wechat_customer, wechat_letter, wechat_push
from bot.store.wechat import customer, letters
from bot.store.wechat.forms import Letter, Packed

LAST_WORD = 12.0
"""Seconds after an attempt after which WeChat makes no other: three of them, five seconds apart."""
KEEP_SECONDS = 24 * 3600.0
BATCH = 50


@dataclass(frozen=True, slots=True)
class Arrival:
    """A push as it stands. `answer`: what went back before, if it is `closed`; None: nothing but "success". `seen`: a
    choice's token of the newest question that the customer had seen; "" when there was none, None when nobody knows."""

    closed: bool
    answer: str | None
    language: str | None
    seen: str | None


@dataclass(frozen=True, slots=True)
class Closing:
    """How a push was answered; None: nothing but "success"."""

    answer: str | None


@dataclass(frozen=True, slots=True)
class Untaken:
    """A push whose process died before the core took its message."""

    conversation: str
    id: str
    message: Mapping[str, Any]


Compose = Callable[[Sequence[Letter]], Packed | None]
"""Makes one text of the first letters; None when there is nothing to say."""


def _arriving(dialect: Any) -> Prepared:
    fresh = dialect.insert(wechat_push).values(
        conversation=bindparam("key"),
        id=bindparam("push_id"),
        attempts=1,
        attempt_at=dbnow(),
        deadline=dbnow() + bindparam("wait"),
        message=bindparam("message"),
    )
    again = {
        "attempts": wechat_push.c.attempts + 1,
        "attempt_at": fresh.excluded.attempt_at,
        "deadline": fresh.excluded.deadline,
    }
    columns = wechat_push.c
    kept = fresh.on_conflict_do_update(index_elements=["conversation", "id"], set_=again)
    return Prepared(kept.returning(columns.attempts, columns.closed, columns.answer, columns.message))


_ARRIVE = {name: _arriving(dialect) for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))}
_THIS = (wechat_push.c.conversation == bindparam("key"), wechat_push.c.id == bindparam("push_id"))
_PUSH = Prepared(select(wechat_push.c.closed, wechat_push.c.answer).where(*_THIS))
BUSY = Prepared(select(lane.c.next_at).where(lane.c.conversation == bindparam("key"), lane.c.next_at.isnot(None)))
"""A row where the conversation's lane has something to do."""
_ANSWERED = update(wechat_push).where(*_THIS).values(closed=true(), answer=bindparam("said"))
_CLOSE = {False: Prepared(_ANSWERED), True: Prepared(_ANSWERED.values(message=null()))}
"""By whether the core has the message."""
_TAKEN = Prepared(update(wechat_push).where(*_THIS).values(message=null()))
_TOLD = Prepared(update(wechat_push).where(*_THIS).values(told=true()))
_SAID = Prepared(
    update(wechat_letter)
    .where(wechat_letter.c.conversation == bindparam("key"), wechat_letter.c.push == bindparam("push_id"))
    .where(wechat_letter.c.state == "waiting")
    .values(state="said")
)
_MORE = Prepared(
    select(wechat_letter.c.seq)
    .where(wechat_letter.c.conversation == bindparam("key"), wechat_letter.c.state == "waiting")
    .where(wechat_letter.c.push.is_(None))
    .limit(1)
)


def arrived(
    connection: Connection, key: str, push: str, message: Mapping[str, Any], opens: str, wait: float
) -> Arrival:
    """A push came, perhaps again, and waits for its answer for `wait` seconds. `opens`: why it allows more messages.

    From here on the message is kept: `untaken` finds it whatever happens.
    """
    row = customer.lock(connection, key)
    if row.seen is not None:
        message = {**message, "seen": row.seen}
    named = {"key": key, "push_id": push, "message": message, "wait": wait}
    found = _ARRIVE[connection.dialect.name].row(connection, named)
    if found.attempts == 1:
        customer.open_window(connection, key, opens)
    seen = (found.message or {}).get("seen")
    if not found.closed or found.answer is None:
        return Arrival(found.closed, found.answer, row.language, seen)
    _, may_be_said = letters.bound(connection, key, push)
    return Arrival(True, found.answer if may_be_said else None, row.language, seen)


def closing(
    connection: Connection, key: str, push: str, compose: Compose, *, final: bool, taken: bool
) -> Closing | None:
    """Decide the answer to a push, once: later calls get the same. None: something is on its way to the customer that
    must not be overtaken, and it is not yet `final`. `taken`: the core has its message."""
    customer.lock(connection, key)
    this = {"key": key, "push_id": push}
    found = _PUSH.row(connection, this)
    if found is None or found.closed:
        return Closing(found.answer if found else None)
    waiting, behind = letters.free(connection, key)
    if behind and not final:
        return None
    packed = compose(waiting)
    _CLOSE[taken].count(connection, {**this, "said": packed.text if packed else None})
    if packed is None:
        return Closing(None)
    letters.bind(connection, key, waiting[: packed.count], push)
    return Closing(packed.text)


def told(connection: Connection, key: str, push: str) -> bool:
    """The answer was written to the wire. Whether more waits to be said after it."""
    this = {"key": key, "push_id": push}
    _TOLD.count(connection, this)
    _SAID.count(connection, this)
    return _MORE.row(connection, this) is not None


def taken(connection: Connection, key: str, push: str) -> None:
    """The core has the message."""
    _TAKEN.count(connection, {"key": key, "push_id": push})


def untaken(connection: Connection) -> list[Untaken]:
    """Messages that nobody is bringing to the core any more; they are the caller's for a while."""
    push = wechat_push.c
    lost = select(push.conversation, push.id).where(push.message.isnot(None), push.attempt_at < dbnow() - LAST_WORD)
    found = connection.execute(lost.order_by(push.attempt_at).limit(BATCH)).all()
    if not found:
        return []
    theirs = (tuple_(push.conversation, push.id).in_([tuple(row) for row in found]), push.message.isnot(None))
    held = update(wechat_push).where(*theirs, push.attempt_at < dbnow() - LAST_WORD).values(attempt_at=dbnow())
    rows = connection.execute(held.returning(push.conversation, push.id, push.message))
    return [Untaken(row.conversation, row.id, row.message) for row in rows]


def release(connection: Connection) -> int:
    """Answers that were decided and never written: WeChat does not ask again, so they may go another way."""
    dead = (
        select(wechat_push.c.conversation, wechat_push.c.id)
        .where(wechat_push.c.told.is_(False), wechat_push.c.answer.isnot(None))
        .where(wechat_push.c.attempt_at < dbnow() - LAST_WORD)
        .limit(BATCH)
    )
    found = connection.execute(dead).all()
    for key, push in found:
        customer.lock(connection, key)
        mine = (wechat_letter.c.conversation == key, wechat_letter.c.push == push, wechat_letter.c.state == "waiting")
        connection.execute(update(wechat_letter).where(*mine).values(push=None))
        this = (wechat_push.c.conversation == key, wechat_push.c.id == push)
        connection.execute(update(wechat_push).where(*this).values(answer=None, closed=True))
    return len(found)


def due(connection: Connection) -> list[str]:
    """Conversations with something to say that may be said now."""
    person = wechat_customer.c
    waits = (
        wechat_letter.c.state == "waiting",
        wechat_letter.c.push.is_(None),
        or_(wechat_letter.c.busy_until.is_(None), wechat_letter.c.busy_until <= dbnow()),
        or_(person.next_at.is_(None), person.next_at <= dbnow()),
        or_(
            (person.long_until > dbnow()) & (person.long_left > 0),
            (person.short_until > dbnow()) & (person.short_left > 0),
        ),
    )
    joined = wechat_letter.join(wechat_customer, person.conversation == wechat_letter.c.conversation)
    found = select(wechat_letter.c.conversation).select_from(joined).where(*waits).distinct().limit(BATCH)
    return list(connection.scalars(found))


def forget(connection: Connection) -> None:
    """Drop what is a day old and over."""
    old = wechat_push.c.attempt_at < dbnow() - KEEP_SECONDS
    connection.execute(delete(wechat_push).where(old, wechat_push.c.closed, wechat_push.c.message.is_(None)))
    over = wechat_letter.c.state.in_(("said", "held", "refused"))
    connection.execute(delete(wechat_letter).where(over, wechat_letter.c.at < dbnow() - KEEP_SECONDS))

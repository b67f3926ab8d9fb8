"""The lanes: each conversation's ordered log of what must still be done, and who is doing it.

Right under concurrency because every writer of a lane updates the lane's row, and every decision is taken in that
UPDATE from the row's own columns: PostgreSQL re-evaluates those on the newest version of the row, but not a
sub-select over another table. On SQLite the same statements run one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, insert, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.clock import dbnow
from bot.store.tables import channel_pause, conversation, dead, lane, outbox

CALM_TRIES = 6
"""Refusals that ask to come later never count for more tries than this, so that they cannot pass for poison."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A lane held with a token. `last_seq`: how far the log reached when it was claimed; `tries` of its next row."""

    conversation: str
    token: str
    last_seq: int
    tries: int


@dataclass(frozen=True, slots=True)
class Item:
    """The next thing to do in a lane, and for whom. `state` is the dialogue's."""

    seq: int
    kind: str
    payload: Mapping[str, Any]
    at: float
    now: float
    tries: int
    customer: str | None
    state: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is left in hand. `more`: more has come meanwhile."""

    more: bool


def _extending(dialect: Any, *, due: bool) -> Any:
    fresh = dialect.insert(lane).values(
        conversation=bindparam("key"),
        channel=bindparam("channel"),
        last_seq=bindparam("count"),
        next_at=dbnow() if due else None,
    )
    grown: dict[str, Any] = {"last_seq": lane.c.last_seq + bindparam("count")}
    if due:
        # A lane that is held, or waits after a failure, keeps its time.
        grown["next_at"] = func.coalesce(lane.c.next_at, dbnow())
    return fresh.on_conflict_do_update(index_elements=["conversation"], set_=grown).returning(lane.c.last_seq)


_DIALECTS = {"sqlite": sqlite, "postgresql": postgresql}
_EXTEND = {(name, due): _extending(dialect, due=due) for name, dialect in _DIALECTS.items() for due in (True, False)}
_DUE = (
    select(lane.c.conversation)
    .where(
        lane.c.channel.in_(bindparam("channels", expanding=True)),
        lane.c.next_at <= dbnow(),
        lane.c.channel.not_in(select(channel_pause.c.channel).where(channel_pause.c.blocked_until > dbnow())),
    )
    .order_by(lane.c.next_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    update(lane)
    .where(lane.c.conversation.in_(_DUE))
    .values(next_at=dbnow() + bindparam("lease"), holder=bindparam("token_"), tries=lane.c.tries + 1)
    .returning(lane.c.conversation, lane.c.last_seq, lane.c.tries)
)
_MINE = (lane.c.conversation == bindparam("key"), lane.c.holder == bindparam("token_"))
_KEEP = update(lane).where(*_MINE).values(next_at=dbnow() + bindparam("lease"))
_STEP = _KEEP.values(done_seq=bindparam("seq"), tries=1)
_FINISH = (
    update(lane)
    .where(*_MINE)
    .values(holder=None, tries=0, done_seq=bindparam("seq"))
    .values(next_at=case((lane.c.last_seq > bindparam("seq"), dbnow()), else_=null()))
    .returning(lane.c.next_at)
)
_LATER = update(lane).where(*_MINE).values(holder=None, next_at=dbnow() + bindparam("delay"))
_NEXT = (
    select(
        outbox.c.seq,
        outbox.c.kind,
        outbox.c.payload,
        outbox.c.at,
        outbox.c.epoch,
        dbnow().label("now"),
        lane.c.tries,
        conversation.c.customer,
        conversation.c.state,
        conversation.c.owner,
        conversation.c.owner_epoch,
        conversation.c.unreachable,
    )
    .join(lane, lane.c.conversation == outbox.c.conversation)
    .join(conversation, conversation.c.id == outbox.c.conversation)
    .where(outbox.c.conversation == bindparam("key"), outbox.c.seq > lane.c.done_seq, outbox.c.seq <= bindparam("upto"))
    .order_by(outbox.c.seq)
    .limit(1)
)
_FATE = (
    update(outbox)
    .where(outbox.c.conversation == bindparam("key"), outbox.c.seq == bindparam("at_seq"))
    .values(fate=bindparam("new_fate"))
)


def extend(connection: Connection, key: str, channel: str, count: int, *, due: bool) -> int:
    """Number `count` more rows of a conversation's log and return the last number. `due`: there is work among them."""
    values = {"key": key, "channel": channel, "count": count}
    last: int = connection.execute(_EXTEND[connection.dialect.name, due], values).scalar_one()
    return last


def claim(connection: Connection, channels: Sequence[str], most: int, lease: float, token: str) -> list[Claim]:
    """Take at most `most` lanes that are due, for `lease` seconds. A holder that dies lets them come due again."""
    asked = {"channels": list(channels), "most": most, "lease": lease, "token_": token}
    rows = connection.execute(_CLAIM, asked)
    return [Claim(row.conversation, token, row.last_seq, row.tries) for row in rows]


def proceed(connection: Connection, held: Claim, lease: float, done: int | None = None) -> Item | Done | None:
    """Note what was `done` and return what comes next; None when the lane is no longer ours.

    The fence stands here: what was made before a human took over is held back in the very transaction that hands
    the next row out.
    """
    while True:
        if not _move(connection, held, lease, done):
            return None
        row = connection.execute(_NEXT, {"key": held.conversation, "upto": held.last_seq}).one_or_none()
        if row is None:
            return _finish(connection, held, held.last_seq)
        if row.kind == "message" and row.unreachable:
            _bury(connection, held.conversation, row.seq, row.kind, row.payload, "the customer cannot be reached")
        elif row.kind == "message" and _is_fenced(row):
            _set_fate(connection, held.conversation, row.seq, "held")
        else:
            return Item(row.seq, row.kind, row.payload, row.at, row.now, row.tries, row.customer, row.state)
        done = row.seq


def later(connection: Connection, held: Claim, delay: float, *, calm: bool) -> None:
    """Give the lane back for `delay` seconds. `calm`: it was refused politely, which is no sign of poison."""
    tries = case((lane.c.tries > CALM_TRIES, CALM_TRIES), else_=lane.c.tries) if calm else lane.c.tries
    connection.execute(_LATER.values(tries=tries), {**_held(held), "delay": delay})


def pause_channel(connection: Connection, held: Claim, channel: str, delay: float) -> None:
    """Give the lane back uncounted, and let the whole channel rest: it is not the message's fault."""
    connection.execute(_LATER.values(tries=lane.c.tries - 1), {**_held(held), "delay": delay})
    pause = (
        _DIALECTS[connection.dialect.name].insert(channel_pause).values(channel=channel, blocked_until=dbnow() + delay)
    )
    longest = {"blocked_until": pause.excluded.blocked_until}
    connection.execute(pause.on_conflict_do_update(index_elements=["channel"], set_=longest))


def bury(connection: Connection, held: Claim, item: Item, why: str, lease: float) -> bool:
    """Put a row among the dead letters and go past it; False when the lane is no longer ours."""
    if not connection.execute(_STEP, {**_held(held), "seq": item.seq, "lease": lease}).rowcount:
        return False
    _bury(connection, held.conversation, item.seq, item.kind, item.payload, why)
    return True


def mark_unreachable(connection: Connection, key: str) -> None:
    """Send nothing more there until the customer writes again."""
    connection.execute(update(conversation).where(conversation.c.id == key).values(unreachable=True))


def _move(connection: Connection, held: Claim, lease: float, done: int | None) -> bool:
    if done is None:
        return connection.execute(_KEEP, {**_held(held), "lease": lease}).rowcount == 1
    return connection.execute(_STEP, {**_held(held), "lease": lease, "seq": done}).rowcount == 1


def _finish(connection: Connection, held: Claim, seq: int) -> Done | None:
    row = connection.execute(_FINISH, {**_held(held), "seq": seq}).one_or_none()
    return None if row is None else Done(more=row.next_at is not None)


def _is_fenced(row: Any) -> bool:
    by_staff = row.payload.get("sender") == "staff"
    return not by_staff and (row.owner is not None or row.owner_epoch != row.epoch)


def _bury(connection: Connection, key: str, seq: int, kind: str, payload: Any, why: str) -> None:
    _set_fate(connection, key, seq, "dead")
    grave = {"conversation": key, "seq": seq, "kind": kind, "payload": payload, "why": why}
    connection.execute(insert(dead).values(at=dbnow(), **grave))


def _set_fate(connection: Connection, key: str, seq: int, fate: str) -> None:
    connection.execute(_FATE, {"key": key, "at_seq": seq, "new_fate": fate})


def _held(held: Claim) -> dict[str, Any]:
    return {"key": held.conversation, "token_": held.token}

"""Going through a lane that is held: what comes next, and the fence in front of it.

The fence stands in the very statement that hands a row out: a message made before a human took over is not handed
out after it. Whoever is about to send has held the lane since before that statement, which is how a takeover finds
those that were handed out a moment too early (see `bot.store.takeover`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, bindparam, case, null, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.clock import dbnow
from bot.store.database import Database
from bot.store.lanes import MINE, Claim
from bot.store.prepared import Prepared
from bot.store.tables import conversation, dead, lane, outbox

UNREACHABLE = "the customer cannot be reached"


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
class Barred:
    """A message that must not be sent now: a human took over, or there is nobody to send it to."""

    item: Item
    unreachable: bool


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is left to do, and the lane is free. With `longer`, more has come meanwhile: the lane is still ours,
    and that is the claim to go on with."""

    longer: Claim | None = None


_RENEWING = update(lane).where(*MINE).values(next_at=dbnow() + bindparam("lease"))
_ADVANCING = _RENEWING.values(done_seq=bindparam("seq"), tries=1)
_RENEW, _ADVANCE = Prepared(_RENEWING), Prepared(_ADVANCING)
_MORE = lane.c.last_seq > bindparam("seq")
_FINISH = Prepared(
    update(lane)
    .where(*MINE)
    .values(
        done_seq=bindparam("seq"),
        next_at=case((_MORE, dbnow() + bindparam("lease")), else_=null()),
        holder=case((_MORE, lane.c.holder), else_=null()),
        tries=case((_MORE, 1), else_=0),
    )
    .returning(lane.c.last_seq)
)
_FATE = (
    update(outbox)
    .where(outbox.c.conversation == bindparam("key"), outbox.c.seq == bindparam("at_seq"))
    .values(fate=bindparam("new_fate"))
)


def _next(done_seq: Any) -> Select[Any]:
    return (
        select(outbox.c.seq, outbox.c.kind, outbox.c.payload, outbox.c.at, outbox.c.epoch)
        .where(outbox.c.conversation == bindparam("key"), outbox.c.seq > done_seq, outbox.c.seq <= bindparam("upto"))
        .order_by(outbox.c.seq)
        .limit(1)
    )


def _with_its_conversation(where: Any, tries: Any, row: Any) -> Select[Any]:
    """One row while the lane is ours; its `seq` is null when nothing is left."""
    whose = (conversation.c.customer, conversation.c.state)
    fence = (conversation.c.owner, conversation.c.owner_epoch, conversation.c.unreachable)
    return select(*row.c, tries, dbnow().label("now"), *whose, *fence).select_from(
        where.join(conversation, conversation.c.id == bindparam("key")).outerjoin(row, true())
    )


def _at_once(moving: Any) -> Select[Any]:
    moved = moving.returning(lane.c.done_seq, lane.c.tries).cte("moved")
    return _with_its_conversation(moved, moved.c.tries, _next(moved.c.done_seq).lateral("next"))


_PROCEED = {False: Prepared(_at_once(_RENEWING)), True: Prepared(_at_once(_ADVANCING))}
_OF_LANE = select(lane.c.done_seq).where(lane.c.conversation == bindparam("key")).scalar_subquery()
_LOOK = Prepared(
    _with_its_conversation(lane, lane.c.tries, _next(_OF_LANE).subquery("next")).where(
        lane.c.conversation == bindparam("key")
    )
)
_BURY = {
    name: dialect.insert(dead).values(at=dbnow()).on_conflict_do_nothing()
    for name, dialect in {"sqlite": sqlite, "postgresql": postgresql}.items()
}


async def proceed(
    database: Database, held: Claim, lease: float, done: int | None = None
) -> Item | Barred | Done | None:
    """Note what was `done` and return what comes next; None when the lane is no longer ours."""
    if done == held.last_seq:
        return await _finish(database, held, lease)
    values = {**held.values, "lease": lease, "upto": held.last_seq}
    if done is not None:
        values["seq"] = done
    row = await _moved(database, values)
    if row is None:
        return None
    if row.seq is None:
        return await _finish(database, held, lease)
    item = Item(row.seq, row.kind, row.payload, row.at, row.now, row.tries, row.customer, row.state)
    barred = row.kind == "message" and (row.unreachable or _is_fenced(row))
    return Barred(item, row.unreachable) if barred else item


def put_aside(connection: Connection, held: Claim, barred: Barred, lease: float) -> bool:
    """Keep what must not be sent where staff see it, and go past it; False when the lane is no longer ours."""
    if barred.unreachable:
        return bury(connection, held, barred.item, UNREACHABLE, lease)
    return _pass(connection, held, barred.item.seq, lease, "held")


def bury(connection: Connection, held: Claim, item: Item, why: str, lease: float) -> bool:
    """Put a row among the dead letters and go past it; False when the lane is no longer ours."""
    if not _pass(connection, held, item.seq, lease, "dead"):
        return False
    grave = {"conversation": held.conversation, "seq": item.seq, "kind": item.kind, "payload": item.payload, "why": why}
    connection.execute(_BURY[connection.dialect.name], grave)
    return True


async def _moved(database: Database, values: Mapping[str, Any]) -> Any:
    if database.is_sqlite:
        return await database.run(_moved_by_two, values)
    return await database.fetch_one(_PROCEED["seq" in values], values)


def _moved_by_two(connection: Connection, values: Mapping[str, Any]) -> Any:
    if not (_ADVANCE if "seq" in values else _RENEW).count(connection, values):
        return None
    return _LOOK.row(connection, values)


async def _finish(database: Database, held: Claim, lease: float) -> Done | None:
    row = await database.fetch_one(_FINISH, {**held.values, "seq": held.last_seq, "lease": lease})
    if row is None:
        return None
    return Done(replace(held, last_seq=row.last_seq, tries=1) if row.last_seq > held.last_seq else None)


def _is_fenced(row: Any) -> bool:
    by_staff = row.payload.get("sender") == "staff"
    return not by_staff and (row.owner is not None or row.owner_epoch != row.epoch)


def _pass(connection: Connection, held: Claim, seq: int, lease: float, fate: str) -> bool:
    if not _ADVANCE.count(connection, {**held.values, "seq": seq, "lease": lease}):
        return False
    connection.execute(_FATE, {"key": held.conversation, "at_seq": seq, "new_fate": fate})
    return True

"""Keeping what one event led to: the transaction at the heart of every message.

Four rows, or none of them: the conversation by compare-and-set on its version, the event, the lane that grows, and
what goes out. PostgreSQL does it in one statement, for a round trip costs more than the rows; SQLite, which has no
round trips and no such statement, in four.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    Integer,
    Text,
    bindparam,
    cast,
    column,
    false,
    func,
    insert,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from bot.store import lanes
from bot.store.clock import dbnow
from bot.store.conversations import Loaded, Source, Taken, Ticket
from bot.store.database import Database
from bot.store.lanes import Claim, Hold
from bot.store.prepared import Prepared, Values
from bot.store.tables import conversation, inbound, lane, outbox
from bot.store.types import Json


@dataclass(frozen=True, slots=True)
class Kept:
    """`seq`: of the event; its lines follow. `claim`: the lane is ours already, to begin with the first line.
    `waits`: nobody holds the lane, and there is something to do in it."""

    seq: int
    claim: Claim | None
    waits: bool


async def keep(database: Database, ticket: Ticket, loaded: Loaded, taken: Taken, hold: Hold | None) -> Kept | None:
    """Keep it all; None, and nothing kept, when the conversation has moved on since.

    `hold`: take the lane as well, if nobody holds it and nothing waits there. That is right without another look at
    the fence, because a human who takes over moves the conversation on too.
    """
    mode = lanes.mode_of(due=bool(taken.lines), hold=_may_hold(loaded, taken) and hold is not None)
    if database.is_sqlite:
        found = await database.run(_in_turn, ticket, loaded, taken, hold, mode)
    else:
        found = await _at_once(database, ticket, loaded, taken, hold, mode)
    if found is None:
        return None
    last, holder = found
    mine = hold is not None and holder == hold.token
    claim = Claim(ticket.conversation, hold.token, last, 1, hold.since) if hold and mine else None
    return Kept(last - len(taken.lines), claim, waits=bool(taken.lines) and holder is None)


def _may_hold(loaded: Loaded, taken: Taken) -> bool:
    return bool(taken.lines) and loaded.owner is None and not loaded.unreachable


# --- SQLite: statement by statement -----------------------------------------------------------------------------

_SWAP = (
    update(conversation)
    .where(conversation.c.id == bindparam("key"), conversation.c.version == bindparam("was"))
    .values(
        version=conversation.c.version + literal_column("1"),
        state=bindparam("new_state"),
        customer=bindparam("new_customer"),
    )
    .values(updated_at=dbnow())
)
_FIRST = {
    name: dialect.insert(conversation)
    .values(id=bindparam("key"), channel=bindparam("of_channel"), version=1, state=bindparam("new_state"))
    .values(customer=bindparam("new_customer"), created_at=dbnow(), updated_at=dbnow())
    .on_conflict_do_nothing()
    for name, dialect in {"sqlite": sqlite, "postgresql": postgresql}.items()
}
# A customer who writes can be reached again.
_SWAPS = {Source.INNER: _SWAP, Source.STAFF: _SWAP, Source.CUSTOMER: _SWAP.values(unreachable=false())}
_PREPARED_FIRST = Prepared(_FIRST["sqlite"])
_PREPARED_SWAPS = {source: Prepared(swap) for source, swap in _SWAPS.items()}
_CAME: Values = {name: bindparam(name) for name in ("conversation", "source", "message_id", "seq", "payload")}
_TAKE = Prepared(insert(inbound).values(at=dbnow(), **_CAME))
_GOES: Values = {name: bindparam(name) for name in ("conversation", "seq", "kind", "payload", "epoch")}
_ADD = Prepared(insert(outbox).values(at=dbnow(), **_GOES))

Found = tuple[int, str | None] | None


def _in_turn(
    connection: Connection, ticket: Ticket, loaded: Loaded, taken: Taken, hold: Hold | None, mode: lanes.Mode
) -> Found:
    if not _swap(connection, ticket, loaded, taken):
        return None
    return log(connection, ticket, loaded.owner_epoch, taken, hold, mode)


def log(
    connection: Connection, ticket: Ticket, epoch: int, taken: Taken, hold: Hold | None, mode: lanes.Mode
) -> tuple[int, str | None]:
    """Number an event and its lines and add them to the log; returns the last number and who holds the lane. The
    conversation's row must be locked by this transaction."""
    count = len(taken.lines)
    last, holder = lanes.grow(connection, ticket.conversation, ticket.channel, 1 + count, mode, hold)
    row = {"conversation": ticket.conversation, "source": ticket.source.value, "message_id": ticket.id}
    _TAKE.count(connection, {**row, "seq": last - count, "payload": taken.payload})
    same = {"conversation": ticket.conversation, "epoch": epoch}
    for seq, line in enumerate(taken.lines, last - count + 1):
        _ADD.count(connection, {**same, "seq": seq, "kind": line.kind, "payload": line.payload})
    return last, holder


def _swap(connection: Connection, ticket: Ticket, loaded: Loaded, taken: Taken) -> bool:
    values = {"key": ticket.conversation, "new_state": taken.state, "new_customer": taken.customer}
    if loaded.version is None:
        return _PREPARED_FIRST.count(connection, {**values, "of_channel": ticket.channel}) == 1
    return _PREPARED_SWAPS[ticket.source].count(connection, {**values, "was": loaded.version}) == 1


# --- PostgreSQL: all in one statement ---------------------------------------------------------------------------


def _statement(swap: Any, mode: lanes.Mode) -> Any:
    """Each part hangs on the one before: no swap, no lane, no rows."""
    swapped = swap.returning(conversation.c.id).cte("swapped")
    begun = lanes.begun(mode)
    grown = (
        postgresql.insert(lane)
        .from_select(list(begun), select(*begun.values()).select_from(swapped))
        .on_conflict_do_update(index_elements=["conversation"], set_=lanes.grown(mode))
        .returning(lane.c.last_seq, lane.c.holder)
        .cte("grown")
    )
    lines = bindparam("lines", type_=Json)
    first = grown.c.last_seq - func.json_array_length(lines)
    came = {
        "conversation": bindparam("key", type_=Text),
        "source": bindparam("source", type_=Text),
        "message_id": bindparam("message", type_=Text),
        "seq": first,
        "payload": bindparam("came", type_=Json),
        "at": dbnow(),
    }
    taken = inbound.insert().from_select(list(came), select(*came.values()).select_from(grown)).cte("taken")
    each = func.json_array_elements(lines).table_valued(column("value", JSON), with_ordinality="place")
    line = each.render_derived(name="line")
    goes = {
        "conversation": bindparam("key", type_=Text),
        "seq": first + cast(line.c.place, BigInteger),
        "kind": line.c.value.op("->>")("kind"),
        "payload": line.c.value.op("->")("payload"),
        "epoch": bindparam("epoch", type_=Integer),
        "at": dbnow(),
    }
    added = (
        outbox.insert()
        .from_select(list(goes), select(*goes.values()).select_from(grown.join(line, true())))
        .cte("added")
    )
    return select(grown.c.last_seq, grown.c.holder).add_cte(taken, added)


_WAYS: dict[str, Any] = {"first": _FIRST["postgresql"], **{str(source): swap for source, swap in _SWAPS.items()}}
_AT_ONCE = {(name, mode): Prepared(_statement(swap, mode)) for name, swap in _WAYS.items() for mode in lanes.Mode}


async def _at_once(
    database: Database, ticket: Ticket, loaded: Loaded, taken: Taken, hold: Hold | None, mode: lanes.Mode
) -> Found:
    name = "first" if loaded.version is None else ticket.source
    values: Values = {
        "key": ticket.conversation,
        "of_channel": ticket.channel,
        "was": loaded.version,
        "new_state": taken.state,
        "new_customer": taken.customer,
        "count": 1 + len(taken.lines),
        "source": ticket.source.value,
        "message": ticket.id,
        "came": taken.payload,
        "lines": [{"kind": line.kind, "payload": line.payload} for line in taken.lines],
        "epoch": loaded.owner_epoch,
        **(hold.values if hold else {}),
    }
    row = await database.fetch_one(_AT_ONCE[name, mode], values)
    return row and (row.last_seq, row.holder)

"""The lanes: each conversation's ordered log of what must still be done, and who is doing it.

Right under concurrency because every writer of a lane updates the lane's row, and every decision is taken in that
UPDATE from the row's own columns: PostgreSQL re-evaluates those on the newest version of the row, but not a
sub-select over another table. On SQLite the same statements run one after the other.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Text, bindparam, case, exists, func, literal_column, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.clock import dbnow
from bot.store.prepared import Prepared
from bot.store.tables import channel_pause, conversation, lane

CALM_TRIES = 6
"""Refusals that ask to come later never count for more tries than this, so that they cannot pass for poison."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A lane held with a token. `last_seq`: how far the log reached when it was claimed; `tries` of its next row;
    `since`: this process' monotonic clock before it was asked for, so that its lease does not end sooner."""

    conversation: str
    token: str
    last_seq: int
    tries: int
    since: float

    @property
    def values(self) -> dict[str, Any]:
        """As the statements name them."""
        return {"key": self.conversation, "token_": self.token}


@dataclass(frozen=True, slots=True)
class Hold:
    """The wish to take a lane for `lease` seconds. `since`: when it was made, by this process' monotonic clock."""

    token: str
    lease: float
    since: float = field(default_factory=time.monotonic)

    @property
    def values(self) -> dict[str, Any]:
        """As the statements name them."""
        return {"token_": self.token, "lease": self.lease}


class Mode(Enum):
    """How a lane grows: with nothing to do in it, with something, or taken at once if it is free."""

    SILENT = auto()
    DUE = auto()
    HELD = auto()


def mode_of(*, due: bool, hold: bool) -> Mode:
    """`hold` means nothing where nothing is due."""
    if not due:
        return Mode.SILENT
    return Mode.HELD if hold else Mode.DUE


_PAUSED = exists().where(channel_pause.c.channel == bindparam("of_channel"), channel_pause.c.blocked_until > dbnow())


def begun(mode: Mode) -> dict[str, Any]:
    """The columns of a conversation's new lane."""
    columns: dict[str, Any] = {
        "conversation": bindparam("key", type_=Text),
        "channel": bindparam("of_channel", type_=Text),
        "last_seq": bindparam("count", type_=BigInteger),
    }
    if mode is Mode.DUE:
        columns["next_at"] = dbnow()
    if mode is Mode.HELD:
        columns |= _taken_unless(_PAUSED, {"next_at": dbnow(), "holder": null(), "tries": 0})
    return columns


def grown(mode: Mode) -> dict[str, Any]:
    """What changes in a lane that is there. One that is held, or waits after a failure, keeps its time."""
    columns: dict[str, Any] = {"last_seq": lane.c.last_seq + bindparam("count", type_=BigInteger)}
    if mode is Mode.DUE:
        columns["next_at"] = func.coalesce(lane.c.next_at, dbnow())
    if mode is Mode.HELD:
        busy = lane.c.next_at.isnot(None) | _PAUSED
        as_it_is = {"next_at": func.coalesce(lane.c.next_at, dbnow()), "holder": lane.c.holder, "tries": lane.c.tries}
        columns |= _taken_unless(busy, as_it_is)
    return columns


def _taken_unless(busy: Any, otherwise: dict[str, Any]) -> dict[str, Any]:
    taken = {"next_at": dbnow() + bindparam("lease"), "holder": bindparam("token_", type_=Text), "tries": 1}
    return {name: case((busy, otherwise[name]), else_=value) for name, value in taken.items()}


def _growing(dialect: Any, mode: Mode) -> Any:
    return (
        dialect.insert(lane)
        .values(**begun(mode))
        .on_conflict_do_update(index_elements=["conversation"], set_=grown(mode))
        .returning(lane.c.last_seq, lane.c.holder)
    )


_DIALECTS = {"sqlite": sqlite, "postgresql": postgresql}
_GROW = {(name, mode): Prepared(_growing(dialect, mode)) for name, dialect in _DIALECTS.items() for mode in Mode}


@cache
def _claiming(channels: int) -> Prepared:
    """For so many channels: their names are parameters, one each."""
    names: list[Any] = [bindparam(f"channel_{place}") for place in range(channels)]
    paused = select(channel_pause.c.channel).where(channel_pause.c.blocked_until > dbnow())
    due = (
        select(lane.c.conversation)
        .where(lane.c.channel.in_(names), lane.c.next_at <= dbnow(), lane.c.channel.not_in(paused))
        .order_by(lane.c.next_at)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
    )
    # Once and for all: a plan that asked for what is due again for each lane would take more than `most`.
    chosen = due.cte("due").prefix_with("MATERIALIZED")
    return Prepared(
        update(lane)
        .where(lane.c.conversation.in_(select(chosen.c.conversation)))
        .values(
            next_at=dbnow() + bindparam("lease"), holder=bindparam("token_"), tries=lane.c.tries + literal_column("1")
        )
        .returning(lane.c.conversation, lane.c.last_seq, lane.c.tries)
    )


MINE = (lane.c.conversation == bindparam("key"), lane.c.holder == bindparam("token_"))
_LATER = update(lane).where(*MINE).values(holder=None, next_at=dbnow() + bindparam("delay"))


def extend(connection: Connection, key: str, channel: str, count: int, *, due: bool) -> int:
    """Number `count` more rows of a conversation's log and return the last number. `due`: there is work among them."""
    return grow(connection, key, channel, count, mode_of(due=due, hold=False), None)[0]


def grow(
    connection: Connection, key: str, channel: str, count: int, mode: Mode, hold: Hold | None
) -> tuple[int, str | None]:
    """Like `extend`; also who holds the lane then."""
    values = {"key": key, "of_channel": channel, "count": count, **(hold.values if hold else {})}
    row = _GROW[connection.dialect.name, mode].row(connection, values)
    return row.last_seq, row.holder


def claim(connection: Connection, channels: Sequence[str], most: int, lease: float, token: str) -> list[Claim]:
    """Take at most `most` lanes that are due, for `lease` seconds. A holder that dies lets them come due again."""
    if not channels:
        return []
    since = time.monotonic()
    names = {f"channel_{place}": name for place, name in enumerate(channels)}
    rows = _claiming(len(channels)).rows(connection, {**names, "most": most, "lease": lease, "token_": token})
    return [Claim(row.conversation, token, row.last_seq, row.tries, since) for row in rows]


def later(connection: Connection, held: Claim, delay: float, *, calm: bool) -> None:
    """Give the lane back for `delay` seconds. `calm`: it was refused politely, which is no sign of poison."""
    tries = case((lane.c.tries > CALM_TRIES, CALM_TRIES), else_=lane.c.tries) if calm else lane.c.tries
    connection.execute(_LATER.values(tries=tries), {**held.values, "delay": delay})


def pause_channel(connection: Connection, held: Claim, channel: str, delay: float, why: str) -> None:
    """Give the lane back uncounted, and let the whole channel rest: it is not the message's fault."""
    connection.execute(_LATER.values(tries=lane.c.tries - 1), {**held.values, "delay": delay})
    paused = {"channel": channel, "blocked_until": dbnow() + delay, "why": why}
    pause = _DIALECTS[connection.dialect.name].insert(channel_pause).values(**paused)
    longest = {"blocked_until": pause.excluded.blocked_until, "why": pause.excluded.why}
    connection.execute(pause.on_conflict_do_update(index_elements=["channel"], set_=longest))


def mark_unreachable(connection: Connection, key: str) -> None:
    """Send nothing more there until the customer writes again."""
    connection.execute(update(conversation).where(conversation.c.id == key).values(unreachable=True))

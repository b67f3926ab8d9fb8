"""Reading the conversations' logs for search, lists and reports, each line exactly once.

`lane.last_seq` and the rows up to it become visible in one commit, and all who write to a conversation's log wait for
each other at its lane. So whoever sees a `last_seq` sees every line up to it, and a mark in each conversation
(`digest.seq`) is all that has to be remembered: nothing is missed, in whatever order commits become visible.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from bot.messages import Address
from bot.store.lookup_tables import daily, digest, search_line
from bot.store.prepared import Prepared
from bot.store.support_tables import note
from bot.store.tables import inbound, lane, outbox

SLICE = 500
"""Lanes that are looked at in one go."""

ACTS_LOOKED_AT = 20
"""Before an outcome, among which its act is looked for."""


class ReadByOther(Exception):
    """Somebody else has read the same conversation meanwhile."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a conversation has been read. `seq` None: never; `last_seq`: how far its log goes."""

    conversation: str
    seq: int | None
    last_seq: int
    day: int | None


@dataclass(frozen=True, slots=True)
class Came:
    """A line that came in. `source`: see `Source`."""

    conversation: str
    seq: int
    at: float
    source: str
    id: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Went:
    """A line that goes out. `kind`: "message" or "act"."""

    conversation: str
    seq: int
    at: float
    kind: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Noted:
    """A colleague's note."""

    conversation: str
    key: str
    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What is new in a conversation up to `seq`. `acts`: by the seq of a line, the act it came of."""

    mark: Mark
    seq: int
    lines: Sequence[Came | Went]
    notes: Sequence[Noted]
    acts: Mapping[int, Mapping[str, Any]]

    @property
    def to_the_end(self) -> bool:
        """Whether that was all."""
        return self.seq == self.mark.last_seq


@dataclass(frozen=True, slots=True)
class Findable:
    """A line with its words cut for the search."""

    conversation: str
    seq: int
    key: str
    sender: str
    words: str
    at: float


@dataclass(frozen=True, slots=True)
class Digest:
    """What becomes of a conversation's digest. `at`, `day` and `last` None: as it was."""

    mark: Mark
    seq: int
    at: float | None = None
    day: int | None = None
    last: str | None = None


Counts = Mapping[tuple[int, str, str, str], int]
"""How often: by day, kind, subject and detail."""

_UNREAD_NOTE = and_(
    note.c.conversation == lane.c.conversation,
    ~exists().where(search_line.c.conversation == note.c.conversation, search_line.c.key == note.c.key),
)
_MARKS = select(lane.c.conversation, digest.c.seq, lane.c.last_seq, digest.c.day).select_from(
    lane.outerjoin(digest, digest.c.conversation == lane.c.conversation)
)
_UNREAD = or_(digest.c.seq.is_(None), lane.c.last_seq > digest.c.seq, exists().where(_UNREAD_NOTE))


def unread(connection: Connection, conversations: Sequence[str]) -> list[Mark]:
    """Those of them in which there is something to read."""
    return _marks(connection, lane.c.conversation.in_(conversations))


def unread_behind(connection: Connection, after: str) -> tuple[list[Mark], str | None]:
    """Those among the next conversations behind `after`, and the last one looked at, None at the end of all."""
    names = select(lane.c.conversation).where(lane.c.conversation > after).order_by(lane.c.conversation)
    last: str | None = connection.scalar(names.offset(SLICE - 1).limit(1))
    among = lane.c.conversation > after
    return _marks(connection, and_(among, lane.c.conversation <= last) if last is not None else among), last


def _marks(connection: Connection, among: ColumnElement[bool]) -> list[Mark]:
    return [Mark(*row) for row in connection.execute(_MARKS.where(among, _UNREAD).order_by(lane.c.conversation))]


def read(
    connection: Connection, marks: Sequence[Mark], limit: int, act_of: Callable[[Came], str | None]
) -> list[Reading]:
    """What is new in the conversations, one after the other until there are about `limit` lines; the last one may have
    more. `act_of`: the id of the act, if any, that has to be found for a line."""
    readings: list[Reading] = []
    left = limit
    for mark in marks:
        seq = min(mark.last_seq, (mark.seq or 0) + max(left, 1))
        lines = _lines(connection, mark.conversation, (mark.seq or 0) + 1, seq)
        acts = {
            line.seq: act
            for line in lines
            if isinstance(line, Came) and (id := act_of(line)) is not None
            if (act := _act(connection, line, id)) is not None
        }
        notes = _unread_notes(connection, mark.conversation)
        readings.append(Reading(mark, seq, lines, notes, acts))
        left -= len(lines) + len(notes)
        if left <= 0:
            break
    return readings


def _lines(connection: Connection, conversation: str, first: int, last: int) -> list[Came | Went]:
    span = {"of": conversation, "first": first, "last": last}
    lines: list[Came | Went] = [Came(conversation, *row) for row in _CAME.rows(connection, span)]
    lines += [Went(conversation, *row) for row in _WENT.rows(connection, span)]
    return sorted(lines, key=lambda line: line.seq)


def _in_span(table: Table, *columns: Column[Any]) -> Prepared:
    here = table.c.seq.between(bindparam("first"), bindparam("last"))
    return Prepared(select(table.c.seq, table.c.at, *columns).where(table.c.conversation == bindparam("of"), here))


_CAME = _in_span(inbound, inbound.c.source, inbound.c.message_id, inbound.c.payload)
_WENT = _in_span(outbox, outbox.c.kind, outbox.c.payload)
_NOTES = Prepared(
    select(note.c.key, note.c.at, note.c.words)
    .select_from(note.join(lane, _UNREAD_NOTE))
    .where(lane.c.conversation == bindparam("of"))
)


def _act(connection: Connection, outcome: Came, id: str) -> Mapping[str, Any] | None:
    """The act whose outcome this is."""
    acts = select(outbox.c.payload).where(
        outbox.c.conversation == outcome.conversation, outbox.c.kind == "act", outbox.c.seq < outcome.seq
    )
    newest = connection.scalars(acts.order_by(outbox.c.seq.desc()).limit(ACTS_LOOKED_AT))
    return next((act for act in newest if act["id"] == id), None)


def _unread_notes(connection: Connection, conversation: str) -> list[Noted]:
    return [Noted(conversation, *row) for row in _NOTES.rows(connection, {"of": conversation})]


def keep(connection: Connection, found: Sequence[Findable], digests: Iterable[Digest], counts: Counts) -> None:
    """Keep what was read. Raises `ReadByOther`: then nothing may be kept."""
    for each in digests:
        _move(connection, each)
    if found:
        connection.execute(insert(search_line), _rows(connection, found))
    if counts:
        _add(connection, counts)


def _move(connection: Connection, each: Digest) -> None:
    mark = each.mark
    new = {"of": mark.conversation, "new_seq": each.seq, "at": each.at, "day": each.day, "last": each.last}
    if mark.seq is not None:
        moved = _GO_ON.count(connection, {**new, "was": mark.seq})
    else:
        channel = Address.of(mark.conversation).channel
        moved = _BEGIN[connection.dialect.name].count(connection, {**new, "channel": channel})
    if not moved:
        raise ReadByOther


_NEW = {name: bindparam(name, type_=digest.c[name].type) for name in ("at", "day", "last")}
_GO_ON = Prepared(
    update(digest)
    .where(digest.c.conversation == bindparam("of"), digest.c.seq == bindparam("was"))
    .values(seq=bindparam("new_seq"), **{name: func.coalesce(new, digest.c[name]) for name, new in _NEW.items()})
)
_BEGIN = {
    name: Prepared(
        dialect.insert(digest)
        .values(conversation=bindparam("of"), channel=bindparam("channel"), seq=bindparam("new_seq"))
        .values(at=_NEW["at"], day=_NEW["day"], last=func.coalesce(_NEW["last"], ""))
        .on_conflict_do_nothing()
    )
    for name, dialect in {"sqlite": sqlite, "postgresql": postgresql}.items()
}


def _rows(connection: Connection, found: Sequence[Findable]) -> list[dict[str, Any]]:
    """In the order of their ids, which the index takes at the least cost."""
    placed: dict[int, Findable] = {}
    waiting = list(found)
    while waiting:
        wished = [(_id(line), line) for line in waiting]
        known = select(search_line.c.id).where(search_line.c.id.in_([id for id, _ in wished]))
        used, waiting = {*placed, *connection.scalars(known)}, []
        for id, line in wished:
            if id in used:
                waiting.append(line)
            else:
                placed[id] = line
                used.add(id)
    return [{"id": id, **asdict(placed[id])} for id in sorted(placed)]


def _id(line: Findable) -> int:
    """Ascends with the time in milliseconds, then with the place in the conversation; the rest is left to chance."""
    return int(line.at * 1000) << 22 | (line.seq & 0x3FF) << 12 | secrets.randbits(12)


_COUNTED = {
    name: dialect.insert(daily).values({column.name: bindparam(column.name) for column in daily.columns})
    for name, dialect in {"sqlite": sqlite, "postgresql": postgresql}.items()
}


def _add(connection: Connection, counts: Counts) -> None:
    counted = _COUNTED[connection.dialect.name]
    adding = counted.on_conflict_do_update(
        index_elements=list(daily.primary_key.columns), set_={"number": daily.c.number + counted.excluded.number}
    )
    rows = [
        {"day": day, "kind": kind, "subject": subject, "detail": detail, "number": number}
        for (day, kind, subject, detail), number in sorted(counts.items())
    ]
    connection.execute(adding, rows)

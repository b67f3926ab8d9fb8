"""Finding lines by their words, and conversations by what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    func,
    select,
    text,
    true,
    tuple_,
)

from bot.store.fulltext import FTS, has_words, reads_so
from bot.store.handovers import waits_at
from bot.store.lookup_tables import digest, search_line
from bot.store.support_tables import handover, note, tag
from bot.store.tables import conversation, inbound, outbox
from bot.store.teams import is_of
from bot.support.tokens import Query

NEWEST = 3_000
"""Lines that are read one by one, newest first, before the index is asked: words that every fiftieth line has fill a
page from them, and of rarer ones the index has few."""

WIDER = 8
"""Where only beginnings of words are known, which the indexes have to collect from many lists, so many times as many
lines may be read, if that is likely to fill the page."""


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A line as it was said: `payload` of a message, or `words` of a note."""

    id: int
    conversation: str
    seq: int
    at: float
    sender: str
    customer: str | None
    payload: dict[str, Any] | None
    words: str | None


@dataclass(frozen=True, slots=True)
class Which:
    """Which conversations: of an owner, with a tag, of a channel, or all; behind a place in the list."""

    owner: str = ""
    tag: str = ""
    channel: str = ""
    before: tuple[float, str] | None = None


def search(
    connection: Connection, query: Query, teams: Sequence[str] | None, before: int | None, limit: int
) -> list[FoundLine]:
    """The newest lines in which it stands, with an id below `before`. `teams`: whose conversations may be seen, None
    for all."""
    asked = (query, teams, before, limit)
    ids = _among_the_newest(connection, *asked)
    if len(ids) < limit:
        ids = _by_fts(connection, *asked) if connection.dialect.name == "sqlite" else _by_gin(connection, *asked)
    return _lines(connection, ids)


def _among_the_newest(
    connection: Connection, query: Query, teams: Sequence[str] | None, before: int | None, limit: int
) -> list[int]:
    """One by one, which is the best way to words that many lines have: the indexes would look at all of these first.
    PostgreSQL, left to itself, guesses from how common each word is which way is better, and badly."""
    wanted = and_(reads_so(query), is_of(search_line.c.conversation, teams))
    found = _newest(connection, wanted, before, limit, NEWEST)
    if query.has_beginnings and 0 < limit - len(found) < limit * (1 - 1 / WIDER):
        found = _newest(connection, wanted, before, limit, NEWEST * limit * 3 // 2 // len(found))
    return found


def _newest(
    connection: Connection, wanted: ColumnElement[bool], before: int | None, limit: int, among: int
) -> list[int]:
    newest = select(search_line.c.id).where(_is_below(search_line.c.id, before)).order_by(search_line.c.id.desc())
    oldest = connection.scalar(select(func.min(newest.limit(among).subquery().c.id)))
    return list(connection.scalars(newest.where(search_line.c.id >= (oldest or 0), wanted).limit(limit)))


def _by_fts(
    connection: Connection, query: Query, teams: Sequence[str] | None, before: int | None, limit: int
) -> list[int]:
    """FTS5 gives the newest first, one by one."""
    lines = select(FTS.c.rowid).select_from(FTS.join(search_line, search_line.c.id == FTS.c.rowid))
    found = lines.where(has_words(connection, query), _is_below(FTS.c.rowid, before), reads_so(query))
    seen = found.where(is_of(search_line.c.conversation, teams))
    return list(connection.scalars(seen.order_by(FTS.c.rowid.desc()).limit(limit)))


def _by_gin(
    connection: Connection, query: Query, teams: Sequence[str] | None, before: int | None, limit: int
) -> list[int]:
    """GIN gives all at once and in no order."""
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    found = select(search_line.c.id, search_line.c.conversation).where(has_words(connection, query), reads_so(query))
    hits = found.cte("hits").prefix_with("MATERIALIZED")
    in_order = select(hits).where(_is_below(hits.c.id, before)).order_by(hits.c.id.desc())
    return list(connection.scalars(_first_seen(in_order, "conversation", teams, limit)))


def _is_below(id: ColumnElement[int], before: int | None) -> ColumnElement[bool]:
    return true() if before is None else id < before


def _lines(connection: Connection, ids: Sequence[int]) -> list[FoundLine]:
    """With what was said; a line whose words were removed meanwhile is left out."""
    line = search_line.c
    here = and_(inbound.c.conversation == line.conversation, inbound.c.seq == line.seq, line.sender == "customer")
    there = and_(outbox.c.conversation == line.conversation, outbox.c.seq == line.seq, line.sender.in_(_OURS))
    noted = and_(note.c.conversation == line.conversation, note.c.key == line.key, line.sender == "note")
    joined = search_line.outerjoin(inbound, here).outerjoin(outbox, there).outerjoin(note, noted)
    joined = joined.outerjoin(conversation, conversation.c.id == line.conversation)
    said = (inbound.c.payload.label("theirs"), outbox.c.payload.label("ours"), note.c.words.label("words"))
    query = select(line.id, line.conversation, line.seq, line.at, line.sender, conversation.c.customer, *said)
    rows = connection.execute(query.select_from(joined).where(line.id.in_(ids)).order_by(line.id.desc()))
    found = [FoundLine(*row[:6], row.theirs or row.ours, row.words) for row in rows]
    return [line for line in found if line.payload is not None or line.words is not None]


_OURS = ("bot", "staff")


def conversations(connection: Connection, which: Which, teams: Sequence[str] | None, limit: int) -> list[Row[Any]]:
    """Those in which something was said last: conversation, channel, customer, owner, at, last, waits."""
    listed = select(digest.c.conversation, digest.c.channel, digest.c.at, digest.c.last).where(digest.c.at.isnot(None))
    if which.channel:
        listed = listed.where(digest.c.channel == which.channel)
    if which.tag:
        listed = listed.where(_has(tag, tag.c.name == which.tag))
    if which.owner:
        mine = and_(handover.c.agent == which.owner, handover.c.closed_at.is_(None))
        listed = listed.where(_has(handover, mine))
    if which.before is not None:
        listed = listed.where(tuple_(digest.c.at, digest.c.conversation) < which.before)
    in_order = listed.order_by(digest.c.at.desc(), digest.c.conversation.desc())
    page = _first_seen(in_order, "conversation", teams, limit).subquery()
    columns = (
        page.c.conversation,
        page.c.channel,
        conversation.c.customer,
        conversation.c.owner,
        page.c.at,
        page.c.last,
        waits_at(page.c.conversation).label("waits"),
    )
    whole = select(*columns).join_from(page, conversation, conversation.c.id == page.c.conversation)
    return list(connection.execute(whole.order_by(page.c.at.desc(), page.c.conversation.desc())))


def _first_seen(in_order: Select[Any], key: str, teams: Sequence[str] | None, limit: int) -> Select[Any]:
    """The first of these rows that may be seen. Whose they are is looked up row by row until there are enough, not for
    all: what has an OFFSET stays a query of its own, and keeps its order."""
    if teams is None:
        return in_order.limit(limit)
    rows = in_order.offset(0).subquery()
    return select(*rows.c).where(is_of(rows.c[key], teams)).limit(limit)


def _has(table: Table, which: ColumnElement[bool]) -> ColumnElement[bool]:
    return digest.c.conversation.in_(select(table.c.conversation).where(which))


def narrowing(connection: Connection) -> tuple[list[str], list[str], list[str]]:
    """Owners of conversations, tags and channels that there are."""
    owners = select(handover.c.agent).where(handover.c.closed_at.is_(None), handover.c.agent.isnot(None)).distinct()
    tags, channels = (_different(connection, column) for column in (tag.c.name, digest.c.channel))
    return sorted(connection.scalars(owners)), tags, channels


def _different(connection: Connection, column: Column[str]) -> list[str]:
    """The values of an indexed column that has few: from one to the next, not through all rows."""
    found: list[str] = []
    following = select(func.min(column))
    value = connection.scalar(following)
    while value is not None:
        found.append(value)
        value = connection.scalar(following.where(column > value))
    return found

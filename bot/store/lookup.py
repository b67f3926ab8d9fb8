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
from bot.store.handovers import team_at
from bot.store.lookup_tables import digest, search_line
from bot.store.support_tables import handover, note, tag
from bot.store.tables import conversation, inbound, outbox
from bot.support.tokens import Query

NEWEST = 3_000
"""Lines that PostgreSQL reads one by one, newest first, before it asks its index: words that every hundredth line has
are found among them, and of rarer ones the index has few."""


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A line as it was said: `payload` of a message, or `words` of a note."""

    id: int
    conversation: str
    seq: int
    at: float
    sender: str
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
    wanted = and_(reads_so(query), _is_seen(search_line.c.conversation, teams))
    find = _by_fts if connection.dialect.name == "sqlite" else _by_gin
    return _lines(connection, find(connection, query, wanted, before, limit))


def _by_fts(
    connection: Connection, query: Query, wanted: ColumnElement[bool], before: int | None, limit: int
) -> list[int]:
    """FTS5 gives the newest first, one by one."""
    ids = select(FTS.c.rowid).select_from(FTS.join(search_line, search_line.c.id == FTS.c.rowid))
    ids = ids.where(has_words(connection, query), wanted, _is_below(FTS.c.rowid, before))
    return list(connection.scalars(ids.order_by(FTS.c.rowid.desc()).limit(limit)))


def _by_gin(
    connection: Connection, query: Query, wanted: ColumnElement[bool], before: int | None, limit: int
) -> list[int]:
    """The index gives all lines at once and in no order, which is too much of words that many lines have; reading the
    newest lines one by one is too much for words that few have. Left to itself, PostgreSQL guesses which it is from
    how common each word is, and badly."""
    newest = _newest_first(select(search_line.c.id), search_line.c.id, before, NEWEST).subquery()
    oldest = connection.scalar(select(func.min(newest.c.id)))
    recent = select(search_line.c.id).where(search_line.c.id >= (oldest or 0), wanted)
    found = list(connection.scalars(_newest_first(recent, search_line.c.id, before, limit)))
    if len(found) == limit:
        return found
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    hits = select(search_line.c.id).where(has_words(connection, query), wanted).cte("hits").prefix_with("MATERIALIZED")
    return list(connection.scalars(_newest_first(select(hits.c.id), hits.c.id, before, limit)))


def _newest_first(ids: Select[Any], id: ColumnElement[int], before: int | None, limit: int) -> Select[Any]:
    return ids.where(_is_below(id, before)).order_by(id.desc()).limit(limit)


def _is_below(id: ColumnElement[int], before: int | None) -> ColumnElement[bool]:
    return true() if before is None else id < before


def _lines(connection: Connection, ids: Sequence[int]) -> list[FoundLine]:
    """With what was said; a line whose words were removed meanwhile is left out."""
    line = search_line.c
    here = and_(inbound.c.conversation == line.conversation, inbound.c.seq == line.seq, line.sender == "customer")
    there = and_(outbox.c.conversation == line.conversation, outbox.c.seq == line.seq, line.sender.in_(_OURS))
    noted = and_(note.c.conversation == line.conversation, note.c.key == line.key, line.sender == "note")
    joined = search_line.outerjoin(inbound, here).outerjoin(outbox, there).outerjoin(note, noted)
    said = (inbound.c.payload.label("theirs"), outbox.c.payload.label("ours"), note.c.words.label("words"))
    query = select(line.id, line.conversation, line.seq, line.at, line.sender, *said)
    rows = connection.execute(query.select_from(joined).where(line.id.in_(ids)).order_by(line.id.desc()))
    found = [FoundLine(*row[:5], row.theirs or row.ours, row.words) for row in rows]
    return [line for line in found if line.payload is not None or line.words is not None]


_OURS = ("bot", "staff")


def _is_seen(key: ColumnElement[str], teams: Sequence[str] | None) -> ColumnElement[bool]:
    if teams is None:
        return true()
    return team_at(key).in_(["", *teams])


def conversations(connection: Connection, which: Which, teams: Sequence[str] | None, limit: int) -> list[Row[Any]]:
    """Those in which something was said last: conversation, channel, customer, owner, at, last."""
    columns = (digest.c.conversation, digest.c.channel, conversation.c.customer, conversation.c.owner)
    listed = select(*columns, digest.c.at, digest.c.last).join_from(
        digest, conversation, conversation.c.id == digest.c.conversation
    )
    listed = listed.where(digest.c.at.isnot(None), _is_seen(digest.c.conversation, teams))
    if which.channel:
        listed = listed.where(digest.c.channel == which.channel)
    if which.tag:
        listed = listed.where(_has(tag, tag.c.name == which.tag))
    if which.owner:
        mine = and_(handover.c.agent == which.owner, handover.c.closed_at.is_(None))
        listed = listed.where(_has(handover, mine), conversation.c.owner == which.owner)
    if which.before is not None:
        listed = listed.where(tuple_(digest.c.at, digest.c.conversation) < which.before)
    return list(connection.execute(listed.order_by(digest.c.at.desc(), digest.c.conversation.desc()).limit(limit)))


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

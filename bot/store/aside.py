"""What stands beside a conversation's lines, by one statement: it is read after every change that a page is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Text, and_, bindparam, func, literal, select, true, union_all

from bot.channel import WRITING_LASTS
from bot.desk.talk import Draft, Note
from bot.store.beside import DRAFT_SECONDS
from bot.store.clock import dbnow
from bot.store.handovers import TAKEN
from bot.store.prepared import Prepared
from bot.store.support_tables import draft, handover, note, tag, writing
from bot.store.tables import conversation
from bot.store.writing import CUSTOMER


@dataclass(frozen=True, slots=True)
class Beside:
    """`status` and `team` as in `bot.desk.talk.Aside`; `customer_wrote_at`: their last sign of writing, None
    where that is too long ago to tell anything."""

    owner: str | None
    status: str
    team: str
    reachable: bool
    notes: tuple[Note, ...]
    tags: tuple[str, ...]
    drafts: tuple[Draft, ...]
    customer_wrote_at: float | None


_KEY = bindparam("key", type_=Text)
_KEPT = union_all(
    select(literal("note").label("kind"), note.c.key.label("name"), note.c.author, note.c.words, note.c.at).where(
        note.c.conversation == _KEY
    ),
    select(literal("tag"), tag.c.name, tag.c.author, literal(""), tag.c.at).where(tag.c.conversation == _KEY),
    select(literal("draft"), literal(""), draft.c.author, draft.c.words, draft.c.at).where(
        draft.c.conversation == _KEY, draft.c.at > dbnow() - DRAFT_SECONDS
    ),
).subquery()
_NEWEST = select(func.max(handover.c.id)).where(handover.c.conversation == _KEY).scalar_subquery()
_WRITES = and_(writing.c.conversation == _KEY, writing.c.who == CUSTOMER, writing.c.at > dbnow() - WRITING_LASTS)
_ASIDE = Prepared(
    select(
        *(conversation.c.owner, conversation.c.unreachable),
        *(handover.c.status, handover.c.team, writing.c.at.label("wrote_at"), *_KEPT.c),
    )
    .select_from(conversation)
    .outerjoin(handover, handover.c.id == _NEWEST)
    .outerjoin(writing, _WRITES)
    .outerjoin(_KEPT, true())
    .where(conversation.c.id == _KEY)
)


def read(connection: Connection, key: str) -> Beside | None:
    """None where there is no such conversation."""
    rows = _ASIDE.rows(connection, {"key": key})
    if not rows:
        return None
    row = rows[0]
    status = TAKEN if row.owner else row.status or ""
    kept = (_notes(rows), _tags(rows), _drafts(rows))
    return Beside(row.owner, status, row.team or "", not row.unreachable, *kept, row.wrote_at)


def _notes(rows: Sequence[Any]) -> tuple[Note, ...]:
    """In the order they were written."""
    notes = [Note(row.name, row.at, row.author, row.words) for row in rows if row.kind == "note"]
    return tuple(sorted(notes, key=lambda note: (note.at, note.id)))


def _tags(rows: Sequence[Any]) -> tuple[str, ...]:
    return tuple(sorted(row.name for row in rows if row.kind == "tag"))


def _drafts(rows: Sequence[Any]) -> tuple[Draft, ...]:
    drafts = [Draft(row.author, row.words, row.at) for row in rows if row.kind == "draft"]
    return tuple(sorted(drafts, key=lambda draft: draft.author))

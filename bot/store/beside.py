"""What staff keep beside a conversation: notes, tags, drafts; and replies that are written once. Each function runs
inside one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.desk.people import Agent
from bot.desk.talk import Canned, Elsewhere
from bot.store.clock import dbnow
from bot.store.inserting import insert_new
from bot.store.support_tables import canned, draft, note, tag
from bot.store.tables import attachment, conversation
from bot.store.teams import team_of

DRAFT_SECONDS = 600.0
"""Who has not written on for so long is not writing."""
MOST_ELSEWHERE = 20


def add_note(connection: Connection, key: str, id: str, author: str, words: str) -> bool:
    """Keep a note; False when it was kept before."""
    return insert_new(connection, note, conversation=key, key=id, author=author, words=words, at=dbnow())


def put_tag(connection: Connection, key: str, name: str, author: str) -> bool:
    """Put it on; False when it is on already."""
    return insert_new(connection, tag, conversation=key, name=name, author=author, at=dbnow())


def drop_tag(connection: Connection, key: str, name: str) -> bool:
    """Take it off; False when it is not on."""
    return connection.execute(delete(tag).where(tag.c.conversation == key, tag.c.name == name)).rowcount == 1


def put_draft(connection: Connection, key: str, author: str, words: str) -> bool:
    """What somebody is writing now; whether it is something else than before."""
    mine = select(draft.c.words).where(draft.c.conversation == key, draft.c.author == author)
    before = connection.scalar(mine)
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    fresh = dialect.insert(draft).values(conversation=key, author=author, words=words, at=dbnow())
    new = {"words": fresh.excluded.words, "at": fresh.excluded.at}
    connection.execute(fresh.on_conflict_do_update(index_elements=["conversation", "author"], set_=new))
    return words != before


def drop_draft(connection: Connection, key: str, author: str) -> None:
    """They write no more."""
    connection.execute(delete(draft).where(draft.c.conversation == key, draft.c.author == author))


def are_files_of(connection: Connection, key: str, refs: Sequence[str]) -> bool:
    """Whether all of these are stored, and this conversation's."""
    if not refs:
        return True
    mine = select(func.count()).where(attachment.c.conversation == key, attachment.c.id.in_(set(refs)))
    return bool(connection.execute(mine).scalar_one() == len(set(refs)))


def elsewhere(connection: Connection, agent: Agent, key: str) -> list[Elsewhere]:
    """The same customer's other conversations, newest first, as far as the agent may see them."""
    about = (conversation.c.id, conversation.c.channel, conversation.c.updated_at, conversation.c.owner)
    whose = select(conversation.c.customer).where(conversation.c.id == key).scalar_subquery()
    others = select(*about).where(conversation.c.customer == whose, conversation.c.id != key)
    newest = others.order_by(conversation.c.updated_at.desc()).limit(MOST_ELSEWHERE).subquery()
    seen = select(newest, team_of(newest.c.id).label("team")).order_by(newest.c.updated_at.desc())
    return [
        Elsewhere(row.id, row.channel, row.updated_at, row.owner)
        for row in connection.execute(seen)
        if agent.is_of(row.team)
    ]


def all_canned(connection: Connection) -> list[Canned]:
    """By shortcut."""
    query = select(canned).order_by(canned.c.shortcut, canned.c.language)
    return [Canned(row.id, row.shortcut, row.language, row.title, row.words) for row in connection.execute(query)]


def keep_canned(connection: Connection, one: Canned, author: str) -> bool | None:
    """A new one (id 0) or a changed one; False when its shortcut is used, None when there is none with that id."""
    same = select(canned.c.id).where(canned.c.shortcut == one.shortcut, canned.c.language == one.language)
    if connection.execute(same.where(canned.c.id != one.id)).first() is not None:
        return False
    values: dict[str, Any] = {
        "shortcut": one.shortcut,
        "language": one.language,
        "title": one.title,
        "words": one.words,
        "author": author,
        "at": dbnow(),
    }
    if one.id == 0:
        return insert_new(connection, canned, **values)
    changed = connection.execute(update(canned).where(canned.c.id == one.id).values(**values)).rowcount
    return True if changed else None


def drop_canned(connection: Connection, id: int) -> bool:
    """Remove it; False when it is not there."""
    return connection.execute(delete(canned).where(canned.c.id == id)).rowcount == 1

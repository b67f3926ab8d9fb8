"""What an agent looks at and keeps beside a conversation, if it is theirs to see. Each function runs inside one
transaction and raises `NoSuchThing` alike for what does not exist and for what is not theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from bot.desk.people import Agent
from bot.desk.talk import Canned, Draft, Elsewhere, Line, Note
from bot.errors import NoSuchThing
from bot.store import beside, dead, handovers, talks
from bot.store.audit import audit
from bot.store.clock import dbnow
from bot.store.tables import conversation

_KNOWN = select(conversation.c.channel, conversation.c.state, dbnow().label("now"))


@dataclass(frozen=True, slots=True)
class Beside:
    """All that stands beside a conversation's lines."""

    standing: talks.Standing
    notes: tuple[Note, ...]
    tags: tuple[str, ...]
    drafts: tuple[Draft, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A conversation as far as a brief goes. `state` is the dialogue's."""

    channel: str
    state: Mapping[str, Any]
    handover: handovers.Place | None
    now: float


def must_see(connection: Connection, agent: Agent, key: str) -> None:
    """Raises `NoSuchThing`."""
    team = handovers.team_of(connection, key)
    if team is None or not agent.is_of(team):
        raise NoSuchThing(key)


def known(connection: Connection, agent: Agent, key: str) -> Known:
    """What there is to tell the next person."""
    must_see(connection, agent, key)
    row = connection.execute(_KNOWN.where(conversation.c.id == key)).one()
    return Known(row.channel, row.state, handovers.newest(connection, key), row.now)


def lines(
    connection: Connection, agent: Agent, key: str, limit: int, *, after: int | None = None, before: int | None = None
) -> Sequence[Line]:
    """See `bot.store.talks.lines`."""
    must_see(connection, agent, key)
    return talks.lines(connection, key, limit, after=after, before=before)


def aside(connection: Connection, agent: Agent, key: str) -> Beside:
    """What stands beside the lines."""
    must_see(connection, agent, key)
    mine = (beside.notes(connection, key), beside.tags(connection, key), beside.drafts(connection, key))
    return Beside(talks.aside(connection, key), *mine)


def send_again(connection: Connection, agent: Agent, place: dead.Place) -> int | dead.NotRetried:
    """See `bot.store.dead.retry`; not what a colleague has. A dead letter is sent again by its owner or, while the bot
    has the conversation, by anybody."""
    must_see(connection, agent, place.conversation)
    if _owner(connection, place.conversation) not in (None, agent.id):
        return dead.NotRetried.HELD_BY_STAFF
    return dead.retry(connection, place, agent.id)


def note(connection: Connection, agent: Agent, key: str, id: str, words: str) -> None:
    """Keep a note, once for its id."""
    must_see(connection, agent, key)
    if beside.add_note(connection, key, id, agent.id, words):
        audit(connection, "noted", conversation=key, actor=agent.id)


def tag(connection: Connection, agent: Agent, key: str, name: str, *, off: bool) -> None:
    """Put a tag on, or take it off."""
    must_see(connection, agent, key)
    changed = beside.drop_tag(connection, key, name) if off else beside.put_tag(connection, key, name, agent.id)
    if changed:
        audit(connection, "untagged" if off else "tagged", conversation=key, actor=agent.id, detail={"tag": name})


def draft(connection: Connection, agent: Agent, key: str, words: str) -> str | None:
    """Keep what the agent is writing, "" for nothing; returns who has the conversation."""
    must_see(connection, agent, key)
    if words:
        beside.put_draft(connection, key, agent.id, words)
    else:
        beside.drop_draft(connection, key, agent.id)
    return _owner(connection, key)


def elsewhere(connection: Connection, agent: Agent, key: str) -> Sequence[Elsewhere]:
    """See `bot.store.beside.elsewhere`."""
    must_see(connection, agent, key)
    return beside.elsewhere(connection, agent, key)


def keep_canned(connection: Connection, agent: Agent, canned: Canned) -> bool | None:
    """See `bot.store.beside.keep_canned`."""
    kept = beside.keep_canned(connection, canned, agent.id)
    if kept:
        audit(connection, "canned_kept", actor=agent.id, subject=canned.shortcut)
    return kept


def drop_canned(connection: Connection, agent: Agent, id: int) -> bool:
    """See `bot.store.beside.drop_canned`."""
    dropped = beside.drop_canned(connection, id)
    if dropped:
        audit(connection, "canned_dropped", actor=agent.id, detail={"id": id})
    return dropped


def _owner(connection: Connection, key: str) -> str | None:
    found: str | None = connection.scalar(select(conversation.c.owner).where(conversation.c.id == key))
    return found

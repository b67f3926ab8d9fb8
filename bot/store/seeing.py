"""What an agent looks at and keeps beside a conversation, if it is theirs to see. Each function runs inside one
transaction and raises `NoSuchThing` alike for what does not exist and for what is not theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from bot.desk.people import Agent
from bot.desk.talk import Canned, Elsewhere, Line
from bot.errors import NoSuchThing
from bot.store import beside, dead, handovers, talks, writing
from bot.store.aside import Beside
from bot.store.aside import read as read_aside
from bot.store.audit import audit
from bot.store.clock import dbnow
from bot.store.conversations import Source
from bot.store.staff_tables import staff
from bot.store.tables import audit as entries
from bot.store.tables import conversation, inbound, outbox

MOST_TRIED = 30
TOLD_OF = (
    *("claimed", "passed_on", "returned", "handed_back", "closed", "handed_over", "left_queue", "ticket_opened"),
    *("order_cancel", "order_correct", "order_tip", "order_reschedule", "order_watch"),
)
"""The entries of the audit trail that the next person should know of."""

_KNOWN = select(conversation.c.channel, conversation.c.state, dbnow().label("now"))


@dataclass(frozen=True, slots=True)
class Known:
    """A conversation as far as a brief goes. `state` is the dialogue's."""

    channel: str
    state: Mapping[str, Any]
    handover: handovers.Place | None
    now: float
    acts: Sequence[Tried]
    audited: Sequence[Tried]
    words: str


@dataclass(frozen=True, slots=True)
class Tried:
    """Something that was done. `what`: an act's kind, or an audit entry's action; `actor`: a colleague's name, "bot" or
    "customer"; `outcome`: an act's, "" while there is none; `order`: the order, or what else it was about."""

    at: float
    what: str
    actor: str
    order: str
    outcome: str = ""


def must_see(connection: Connection, agent: Agent, key: str) -> None:
    """Raises `NoSuchThing`."""
    team = handovers.team_of(connection, key)
    if team is None or not agent.is_of(team):
        raise NoSuchThing(key)


def known(connection: Connection, agent: Agent, key: str) -> Known:
    """What there is to tell the next person."""
    must_see(connection, agent, key)
    row = connection.execute(_KNOWN.where(conversation.c.id == key)).one()
    done = (_acts(connection, key), _audited(connection, key), _words(connection, key))
    return Known(row.channel, row.state, handovers.newest(connection, key), row.now, *done)


def _acts(connection: Connection, key: str) -> list[Tried]:
    """The bot's newest acts; their outcomes came back as inner events, by the act's id."""
    done = select(outbox.c.at, outbox.c.payload).where(outbox.c.conversation == key, outbox.c.kind == "act")
    rows = connection.execute(done.order_by(outbox.c.seq.desc()).limit(MOST_TRIED)).all()
    ids = [f"act:{row.payload['id']}" for row in rows]
    came = select(inbound.c.message_id, inbound.c.payload).where(
        inbound.c.conversation == key, inbound.c.source == Source.INNER.value, inbound.c.message_id.in_(ids)
    )
    outcomes = {row.message_id: str(row.payload.get("outcome", "")) for row in connection.execute(came)}
    return [_tried(row, outcomes.get(f"act:{row.payload['id']}", "")) for row in rows]


def _tried(row: Any, outcome: str) -> Tried:
    fields = row.payload["fields"]
    order = str(fields.get("number") or fields.get("order") or "")
    return Tried(row.at, row.payload["effect"], handovers.BOT, order, outcome)


def _audited(connection: Connection, key: str) -> list[Tried]:
    columns = (entries.c.at, entries.c.action, entries.c.actor, entries.c.subject, staff.c.name)
    of_staff = entries.outerjoin(staff, staff.c.id == entries.c.actor)
    query = select(*columns).select_from(of_staff).where(entries.c.conversation == key, entries.c.action.in_(TOLD_OF))
    rows = connection.execute(query.order_by(entries.c.id.desc()).limit(MOST_TRIED)).all()
    return [Tried(row.at, row.action, row.name or row.actor, row.subject or "") for row in rows]


def _words(connection: Connection, key: str) -> str:
    """The customer's newest."""
    text = inbound.c.payload["text"].as_string()
    said = select(text).where(inbound.c.conversation == key, inbound.c.source == Source.CUSTOMER.value, text != "")
    return connection.scalar(said.order_by(inbound.c.seq.desc()).limit(1)) or ""


def lines(
    connection: Connection, agent: Agent, key: str, limit: int, *, after: int | None = None, before: int | None = None
) -> Sequence[Line]:
    """See `bot.store.talks.lines`."""
    found = talks.log(connection, key, limit, after=after, before=before)
    if found is None or not agent.is_of(found.team):
        raise NoSuchThing(key)
    return found.lines


def aside(connection: Connection, agent: Agent, key: str) -> Beside:
    """What stands beside the lines."""
    found = read_aside(connection, key)
    if found is None or not agent.is_of(found.team):
        raise NoSuchThing(key)
    return found


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


def draft(connection: Connection, agent: Agent, key: str, words: str) -> bool:
    """Keep what the agent is writing, "" for nothing; returns whether they have the conversation and have just written
    on, so that the customer may see it."""
    must_see(connection, agent, key)
    if not words:
        beside.drop_draft(connection, key, agent.id)
        writing.stops(connection, key, agent.id)
        return False
    is_new = beside.put_draft(connection, key, agent.id, words)
    if not is_new or _owner(connection, key) != agent.id:
        return False
    writing.writes(connection, key, agent.id)
    return True


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

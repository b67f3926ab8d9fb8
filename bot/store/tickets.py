"""A ticket as staff and its customer see it, and every change with its place in the history.

Each function runs inside one transaction. Whoever changes a ticket locks its row first, so that the changes of one
ticket stand in one order, and each knows the state it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, select, update

from bot.desk.people import Agent
from bot.desk.talk import Delivery
from bot.desk.tickets import Ticket, TicketEvent, TicketLine, TicketState
from bot.errors import NoSuchThing, NotTaken
from bot.messages import Attachment, AttachmentKind
from bot.store import talks
from bot.store.audit import audit
from bot.store.clock import dbnow
from bot.store.conversations import Source
from bot.store.seeing import must_see
from bot.store.support import NewTicket, insert_ticket
from bot.store.support_tables import ticket, ticket_event
from bot.store.tables import attachment, conversation, inbound
from bot.store.ticket_lists import IS_LATE, line

CUSTOMER = "customer"
_WORDED = [state.value for state in TicketState if state.needs_words]


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody does to a ticket. `key`: by which a repeat is known; `value` and `words` as in
    `bot.desk.tickets.TicketEvent`."""

    number: str
    key: str
    actor: str
    value: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A ticket. `refs`: of its files; the rest as in `bot.desk.tickets.Ticket`."""

    line: TicketLine
    words: str
    reply_to: str
    refs: tuple[str, ...]
    reachable: bool
    theirs: bool


class NumberTaken(Exception):
    """Another ticket has this number."""


def now(connection: Connection) -> float:
    """The database's time."""
    return float(connection.execute(select(dbnow())).scalar_one())


# --- looking --------------------------------------------------------------------------------------------------------


def find(connection: Connection, agent: Agent, number: str) -> Found:
    """The ticket, if the agent may see it. Raises `NoSuchThing`."""
    row = connection.execute(_WITH_ITS_CHAT.where(ticket.c.number == number)).one_or_none()
    if row is None:
        raise NoSuchThing(number)
    must_see(connection, agent, row.conversation)
    theirs = row.customer in (None, row.chat_customer)
    return Found(line(row), row.words, row.reply_to or "", tuple(row.attachments), not row.unreachable, theirs)


_WITH_ITS_CHAT = select(
    ticket, IS_LATE, conversation.c.unreachable, conversation.c.customer.label("chat_customer")
).join_from(ticket, conversation, conversation.c.id == ticket.c.conversation)


def whole(connection: Connection, agent: Agent, number: str) -> Ticket:
    """The ticket with its files and its history. Raises `NoSuchThing`."""
    found = find(connection, agent, number)
    kept = files(connection, found.line.conversation, found.refs)
    history = events(connection, found.line.conversation, number)
    missing = len(found.refs) - len(kept)
    rest = (found.reachable, found.theirs, missing)
    return Ticket(found.line, found.words, found.reply_to, tuple(kept), tuple(history), *rest)


def events(connection: Connection, key: str, number: str) -> list[TicketEvent]:
    """Its history, the oldest first, with what became of the messages that told the customer."""
    taken = and_(
        inbound.c.conversation == key,
        inbound.c.source == Source.INNER.value,
        inbound.c.message_id == ticket_event.c.key,
    )
    history = (
        select(ticket_event, inbound.c.seq)
        .outerjoin(inbound, taken)
        .where(ticket_event.c.number == number)
        .order_by(ticket_event.c.place)
    )
    return [
        TicketEvent(row.at, row.actor, row.kind, row.value, row.words, _delivery(connection, key, row.seq))
        for row in connection.execute(history).all()
    ]


def _delivery(connection: Connection, key: str, seq: int | None) -> Delivery | None:
    """Of the message that was kept with the event of this seq: its own line is the next."""
    if seq is None:
        return None
    told = talks.lines(connection, key, 1, after=seq)
    return told[0].delivery if told and told[0].seq == seq + 1 and told[0].sender == "staff" else None


def standing(connection: Connection, number: str, chat: str, customer: str | None) -> dict[str, Any] | None:
    """A customer's own ticket as the dialogue shows it, with the words of the proposal or answer that stands."""
    row = connection.execute(select(ticket).where(ticket.c.number == number)).one_or_none()
    if row is None or not is_theirs(row, chat, customer):
        return None
    told = (ticket_event.c.number == number, ticket_event.c.kind == "state", ticket_event.c.value.in_(_WORDED))
    newest = select(ticket_event.c.words).where(*told).order_by(ticket_event.c.place.desc()).limit(1)
    words = connection.execute(newest).scalar_one_or_none() or ""
    return {
        "number": row.number,
        "about": row.about,
        "state": row.state,
        "order": row.order_number,
        "opened_at": row.opened_at,
        "words": words,
    }


def files(connection: Connection, key: str, refs: Sequence[str]) -> list[Attachment]:
    """What is still kept of these files of a conversation, without their bytes, in the order they were sent."""
    about = (attachment.c.id, attachment.c.name, attachment.c.media_type, attachment.c.kind, attachment.c.size)
    rows = connection.execute(select(*about).where(attachment.c.conversation == key, attachment.c.id.in_(refs)))
    kept = {row.id: Attachment(AttachmentKind(row.kind), row.id, row.name, row.media_type, row.size) for row in rows}
    return [kept[ref] for ref in refs if ref in kept]


def number_of(connection: Connection, key: str) -> str:
    """Of the ticket that was opened with this key."""
    number: str = connection.execute(select(ticket.c.number).where(ticket.c.key == key)).scalar_one()
    return number


# --- changing -------------------------------------------------------------------------------------------------------


def move(connection: Connection, change: Change, within: Callable[[str], float]) -> None:
    """Staff make `change.value` of it. Once more does nothing. `within`: in how many seconds the company does the next
    step of a ticket about something, where that begins anew. Raises `NotTaken`."""
    row = _locked(connection, change)
    if row is None:
        return
    state = TicketState(change.value)
    if state not in TicketState(row.state).next:
        raise NotTaken("not_now")
    closed = dbnow() if state is TicketState.CLOSED else None
    _update(connection, row, state=state, closed_at=closed, **_due(row, state, within(row.about)))
    place = _add(connection, row, change, "state")
    if row.owner is None:
        _update(connection, row, owner=change.actor)
        mine = Change(row.number, f"{change.key}:owner", change.actor, change.actor)
        _add(connection, row, mine, "owner", after=place)
    _audit(connection, row, change, "ticket_moved", {"state": state.value, "before": row.state})


def answer(
    connection: Connection, change: Change, chat: str, customer: str | None, within: Callable[[str], float]
) -> TicketState:
    """The customer accepts or objects. Returns the state the ticket is in then: another than `change.value` when it
    cannot be answered so any more. Raises `NoSuchThing` for a ticket that is not theirs."""
    if not is_theirs(_lock(connection, change.number), chat, customer):
        raise NoSuchThing
    row = _locked(connection, change)
    if row is None:
        return TicketState(change.value)
    state = TicketState(change.value)
    if state not in TicketState(row.state).answers:
        return TicketState(row.state)
    _update(connection, row, state=state, due_at=dbnow() + within(row.about), breached_at=None)
    _add(connection, row, change, "state")
    _audit(connection, row, change, "ticket_moved", {"state": state.value, "before": row.state})
    return state


def add_words(connection: Connection, change: Change, chat: str, customer: str | None) -> None:
    """The customer says more about it. Raises `NoSuchThing` for a ticket that is not theirs."""
    if not is_theirs(_lock(connection, change.number), chat, customer):
        raise NoSuchThing
    row = _locked(connection, change)
    if row is not None:
        _add(connection, row, change, "words")


def give(connection: Connection, change: Change) -> None:
    """Make it `change.value`'s, "" for nobody's."""
    row = _locked(connection, change)
    if row is None or (row.owner or "") == change.value:
        return
    _update(connection, row, owner=change.value or None)
    _add(connection, row, change, "owner")
    _audit(connection, row, change, "ticket_given", {"owner": change.value})


def due(connection: Connection, change: Change, at: float) -> None:
    """It must be done until then; whoever was told that it is late is told again. Raises `NotTaken`."""
    row = _locked(connection, change)
    if row is None:
        return
    if row.closed_at is not None or at <= connection.execute(select(dbnow())).scalar_one():
        raise NotTaken("due_past")
    _update(connection, row, due_at=at, breached_at=None)
    _add(connection, row, change, "due")
    _audit(connection, row, change, "ticket_due", {"at": at})


def note(connection: Connection, change: Change) -> None:
    """Words for colleagues."""
    row = _locked(connection, change)
    if row is not None:
        _add(connection, row, change, "note")


def open_by_staff(connection: Connection, new: NewTicket, change: Change) -> None:
    """Open a ticket that is the opener's, with the number in `change`. Raises `NumberTaken`."""
    if not insert_ticket(connection, new, change.number, now(connection)):
        raise NumberTaken
    row = _lock(connection, change.number)
    _update(connection, row, owner=change.actor)
    place = _add(connection, row, change, "state")
    _add(connection, row, Change(row.number, f"{change.key}:owner", change.actor, change.actor), "owner", after=place)
    _audit(connection, row, change, "ticket_opened", {})


def untold(connection: Connection, change: Change, why: str) -> None:
    """The customer was not told of this change."""
    row = _lock(connection, change.number)
    _add(connection, row, Change(row.number, f"{change.key}:untold", change.actor, why), "untold")


def is_theirs(row: Row[Any], chat: str, customer: str | None) -> bool:
    """Whether a ticket is this customer's: their own, or of this chat while it was linked to nobody."""
    if row.customer is None:
        return bool(row.conversation == chat)
    return bool(row.customer == customer)


def _due(row: Row[Any], state: TicketState, within: float) -> dict[str, Any]:
    """The company has its time when it is its turn; what is left of it is not made longer by looking into it."""
    if not state.is_ours:
        return {"due_at": None, "breached_at": None}
    return {} if row.due_at is not None else {"due_at": dbnow() + within, "breached_at": None}


def _lock(connection: Connection, number: str) -> Row[Any]:
    row = connection.execute(select(ticket).where(ticket.c.number == number).with_for_update()).one_or_none()
    if row is None:
        raise NoSuchThing
    return row


def _locked(connection: Connection, change: Change) -> Row[Any] | None:
    """The ticket, locked; None when this very change was made before."""
    row = _lock(connection, change.number)
    known = select(ticket_event.c.place).where(ticket_event.c.key == change.key)
    return None if connection.execute(known).one_or_none() else row


def _update(connection: Connection, row: Row[Any], **values: Any) -> None:
    connection.execute(update(ticket).where(ticket.c.number == row.number).values(values))


def _add(connection: Connection, row: Row[Any], change: Change, kind: str, after: int | None = None) -> int:
    last = select(func.max(ticket_event.c.place)).where(ticket_event.c.number == row.number)
    place = (connection.execute(last).scalar_one() or 0 if after is None else after) + 1
    told = {"actor": change.actor, "kind": kind, "value": change.value, "words": change.words}
    connection.execute(insert(ticket_event).values(number=row.number, place=place, key=change.key, at=dbnow(), **told))
    return place


def _audit(connection: Connection, row: Row[Any], change: Change, action: str, detail: dict[str, Any]) -> None:
    audit(
        connection,
        action,
        conversation=row.conversation,
        actor=change.actor,
        subject=row.number,
        detail=detail,
        key=change.key,
    )

"""Tickets, mails and feedback. Each function runs inside one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, literal, or_, select, update

from bot.store import teams
from bot.store.audit import audit
from bot.store.clock import dbnow
from bot.store.inserting import insert_new
from bot.store.support_tables import feedback, mail, ticket
from bot.support.mail import Mail

HOLD_SECONDS = 300.0
FIRST_PAUSE = 30.0
LONGEST_PAUSE = 3600.0
TICKETS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class NewTicket:
    """A ticket to open; `key` is the act's. `customer` is None for a chat that is linked to nobody. `within`: seconds
    until it is due."""

    conversation: str
    key: str
    customer: str | None
    about: str
    order: str | None
    words: str
    attachments: Sequence[str]
    reply_to: str | None
    within: float | None = None


@dataclass(frozen=True, slots=True)
class HeldMail:
    """A mail that this process may send now; `tries` tells this holding from an earlier one."""

    mail: Mail
    tries: int


def open_ticket(
    connection: Connection,
    new: NewTicket,
    numbers: Callable[[float], Iterable[str]],
    written: Callable[[str, float], Mail | None],
    *,
    posted: bool,
) -> str:
    """Open a ticket, once for its key, with the mail that belongs to it. Returns its number.

    `numbers` gives numbers to try for a time, `written` the mail for a number and a time; `posted` tells whether
    there is a mail server to send it.
    """
    teams.hold(connection, new.conversation)
    now = float(connection.execute(select(dbnow())).scalar_one())
    known = select(ticket.c.number).where(ticket.c.key == new.key)
    for number in numbers(now):
        if not insert_ticket(connection, new, number, now):
            found: str | None = connection.execute(known).scalar_one_or_none()
            if found is not None:
                return found
            continue
        if letter := written(number, now):
            insert_mail(connection, letter, posted=posted)
        audit(connection, "ticket_opened", conversation=new.conversation, subject=number, key=new.key)
        return number
    raise AssertionError("the numbers to try never end")


def insert_ticket(connection: Connection, new: NewTicket, number: str, now: float) -> bool:
    """Keep it under this number; False when the number, or the ticket's key, is taken."""
    return insert_new(
        connection,
        ticket,
        number=number,
        key=new.key,
        conversation=new.conversation,
        team=teams.team_of(literal(new.conversation)),
        customer=new.customer,
        about=new.about,
        order_number=new.order,
        words=new.words,
        attachments=list(new.attachments),
        reply_to=new.reply_to,
        state="open",
        opened_at=now,
        due_at=None if new.within is None else now + new.within,
    )


def insert_mail(connection: Connection, letter: Mail, *, posted: bool) -> None:
    """Write a mail; `posted`: there is a mail server to send it."""
    insert_new(
        connection,
        mail,
        reference=letter.reference,
        to_address=letter.to,
        reply_to=letter.reply_to,
        subject=letter.subject,
        body=letter.body,
        at=letter.at,
        next_at=letter.at if posted else None,
    )


def tickets(connection: Connection, conversation: str, customer: str | None) -> list[dict[str, Any]]:
    """The newest tickets of the customer, or of a chat as long as it was linked to nobody else: number, about,
    state, order, opened_at."""
    of_chat = and_(ticket.c.conversation == conversation, ticket.c.customer.is_(None))
    mine = of_chat if customer is None else or_(of_chat, ticket.c.customer == customer)
    query = select(ticket).where(mine).order_by(ticket.c.opened_at.desc(), ticket.c.number).limit(TICKETS_SHOWN)
    return [
        {
            "number": row.number,
            "about": row.about,
            "state": row.state,
            "order": row.order_number,
            "opened_at": row.opened_at,
        }
        for row in connection.execute(query)
    ]


def keep_feedback(connection: Connection, conversation: str, key: str, about: str, score: int, words: str) -> None:
    """Keep one opinion, once for its key."""
    insert_new(
        connection, feedback, conversation=conversation, key=key, about=about, score=score, words=words, at=dbnow()
    )


def mails(connection: Connection, limit: int = 20) -> list[Mail]:
    """The newest mails, sent or not: the demo's outbox."""
    return [_mail(row) for row in connection.execute(select(mail).order_by(mail.c.number.desc()).limit(limit))]


def hold_due_mail(connection: Connection) -> HeldMail | None:
    """Take the mail that has been due for longest. A process that dies with it lets it come due again."""
    due = select(mail).where(mail.c.next_at <= dbnow()).order_by(mail.c.next_at).limit(1)
    row = connection.execute(due.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    held = HeldMail(_mail(row), row.tries + 1)
    connection.execute(
        update(mail).where(mail.c.number == row.number).values(tries=held.tries, next_at=dbnow() + HOLD_SECONDS)
    )
    return held


def mail_sent(connection: Connection, held: HeldMail) -> None:
    """The mail server has it."""
    _settle(connection, held, sent_at=dbnow(), next_at=None, trouble=None)


def retry_mail(connection: Connection, held: HeldMail, why: str) -> None:
    """Try again after a pause that doubles up to an hour."""
    pause = min(FIRST_PAUSE * 2 ** min(held.tries - 1, 10), LONGEST_PAUSE)
    _settle(connection, held, next_at=dbnow() + pause, trouble=why)


def give_up_mail(connection: Connection, held: HeldMail, why: str) -> None:
    """The mail server refuses it for good; it stays in the table with the reason."""
    _settle(connection, held, next_at=None, trouble=why)


def _settle(connection: Connection, held: HeldMail, **values: Any) -> None:
    mine = and_(mail.c.reference == held.mail.reference, mail.c.tries == held.tries)
    connection.execute(update(mail).where(mine).values(values))


def _mail(row: Row[Any]) -> Mail:
    return Mail(row.reference, row.to_address, row.subject, row.body, row.at, row.reply_to)

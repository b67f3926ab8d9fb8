"""Promises to answer when somebody is there again: tickets that the first words of a person keep. Each function runs
inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from bot.store.clock import dbnow
from bot.store.inserting import insert_new
from bot.store.support import NewTicket, open_ticket
from bot.store.support_tables import ticket, ticket_event
from bot.store.tables import conversation

ABOUT = "callback"
KEPT, NOT_WANTED = "answered", "closed"
_STANDING = (ticket.c.about == ABOUT, ticket.c.state.in_(("open", "in_progress")))

Numbers = Callable[[float], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Wait:
    """Who gets into the queue now: until when somebody has to take it. `opens_at`: when somebody is there next, None
    while they are, or if nobody knows."""

    due_at: float
    opens_at: float | None
    numbers: Numbers

    def promise(self, connection: Connection, key: str, act: str, order: str | None = None) -> None:
        """Promise an answer with a number, where nobody is there now."""
        if self.opens_at is not None:
            promise(connection, key, act, order, self.opens_at, self.numbers)


def promise(connection: Connection, key: str, act: str, order: str | None, until: float, numbers: Numbers) -> str:
    """The number of the promise to answer there, by `until`; one that stands already is kept to. `act`: by whose key
    it is made once."""
    if (number := promised(connection, key)) is not None:
        return number
    whose = connection.scalar(select(conversation.c.customer).where(conversation.c.id == key))
    within = until - float(connection.execute(select(dbnow())).scalar_one())
    new = NewTicket(key, f"{act}:callback", whose, ABOUT, order, "", (), None, within)
    return open_ticket(connection, new, numbers, lambda *_: None, posted=False)


def promised(connection: Connection, key: str) -> str | None:
    """The number of the promise that stands."""
    mine = select(ticket.c.number).where(ticket.c.conversation == key, *_STANDING)
    found: str | None = connection.scalar(mine.order_by(ticket.c.opened_at.desc()).limit(1))
    return found


def settle(connection: Connection, key: str, state: str, actor: str) -> None:
    """The promise there is kept, or not wanted any more."""
    mine = select(ticket.c.number).where(ticket.c.conversation == key, *_STANDING).with_for_update()
    for number in connection.scalars(mine).all():
        this = update(ticket).where(ticket.c.number == number)
        connection.execute(this.values(state=state, closed_at=dbnow() if state == NOT_WANTED else None))
        last = connection.scalar(select(func.max(ticket_event.c.place)).where(ticket_event.c.number == number)) or 0
        event = {"number": number, "place": last + 1, "key": f"{number}:{state}:{last + 1}"}
        insert_new(connection, ticket_event, **event, at=dbnow(), actor=actor, kind="state", value=state, words="")

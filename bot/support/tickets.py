"""Tickets, the written requests that go with some of them, and feedback."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime

from bot.desk.tickets import TicketState
from bot.dialogue.effects import (
    AddToTicket,
    AnswerProposal,
    FindTicket,
    FindTickets,
    KeepFeedback,
    OpenTicket,
    Outcome,
)
from bot.errors import NoSuchThing
from bot.performer import Scope
from bot.store import support as store
from bot.store import tickets
from bot.store.database import Database
from bot.support.hours import CHINA
from bot.support.mail import Mail

WRITTEN_REQUEST = "written_request"
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_EMAIL = re.compile(r"[^\s@<>,;:\"()\\]+@[^\s@<>,;:\"()\\]+\.[^\s@<>,;:\"()\\]+")


class Tickets:
    """Performs what customers wish of tickets, and `KeepFeedback`.

    `mail_to` gets the written requests; `within`: how long a ticket about something may take, in seconds; `on_mail` is
    called after a mail was written, or is None where no mail server is set and mails stay in the outbox.
    """

    def __init__(
        self, database: Database, mail_to: str, within: Callable[[str], float], on_mail: Callable[[], None] | None
    ) -> None:
        self._database = database
        self._within = within
        self._mail_to = mail_to
        self._on_mail = on_mail

    async def open(self, effect: OpenTicket, scope: Scope) -> Outcome:
        """Open a ticket, with a mail for a written request. A mail server that is down does not delay the answer."""
        new = store.NewTicket(
            conversation=scope.conversation,
            key=scope.key,
            customer=scope.customer,
            about=effect.about,
            order=effect.order,
            words=_clean(effect.words),
            attachments=effect.attachments,
            reply_to=effect.reply_to,
            within=self._within(effect.about),
        )
        wants_mail = effect.about == WRITTEN_REQUEST

        def written(number: str, at: float) -> Mail | None:
            return letter(new, number, at, self._mail_to) if wants_mail else None

        posted = self._on_mail is not None
        number = await self._database.run(store.open_ticket, new, numbers, written, posted=posted)
        if wants_mail and self._on_mail is not None:
            self._on_mail()
        return Outcome("ticket_opened", {"number": number})

    async def find(self, effect: FindTickets, scope: Scope) -> Outcome:  # noqa: ARG002 -- asks nothing more
        """This chat's and its customer's tickets, newest first: number, about, state, order, opened_at."""
        found = await self._database.run(store.tickets, scope.conversation, scope.customer)
        return Outcome("tickets_found", {"tickets": found}) if found else Outcome("no_tickets")

    async def find_one(self, effect: FindTicket, scope: Scope) -> Outcome:
        """One that is theirs: number, about, state, order, opened_at, words."""
        found = await self._database.run(tickets.standing, effect.number, scope.conversation, scope.customer)
        return Outcome("ticket_found", {"ticket": found}) if found else Outcome("ticket_missing")

    async def answer(self, effect: AnswerProposal, scope: Scope) -> Outcome:
        """Their word on a proposal, if it still stands."""
        wanted = TicketState.ACCEPTED if effect.accepted else TicketState.OBJECTED
        change = tickets.Change(effect.number, scope.key, tickets.CUSTOMER, wanted.value)
        whose = (scope.conversation, scope.customer)
        try:
            state = await self._database.run(tickets.answer, change, *whose, self._within)
        except NoSuchThing:  # the chat has come to belong to somebody else at this moment, who is told nothing
            return Outcome("answer_late", {"state": TicketState.CLOSED.value})
        return Outcome("answer_taken" if state is wanted else "answer_late", {"state": state.value})

    async def add(self, effect: AddToTicket, scope: Scope) -> Outcome:
        """More of their words."""
        change = tickets.Change(effect.number, scope.key, tickets.CUSTOMER, words=_clean(effect.words))
        await self._database.run(tickets.add_words, change, scope.conversation, scope.customer)
        return Outcome("added")

    async def keep_feedback(self, effect: KeepFeedback, scope: Scope) -> Outcome:
        """Keep an opinion."""
        await self._database.run(
            store.keep_feedback, scope.conversation, scope.key, effect.about, effect.score, _clean(effect.words)
        )
        return Outcome("feedback_kept")


def numbers(at: float) -> Iterator[str]:
    """Ticket numbers for a day, without letters that look like digits: T261124-7K3M. Never ends."""
    day = datetime.fromtimestamp(at, CHINA).strftime("%y%m%d")
    while True:
        yield f"T{day}-{''.join(secrets.choice(_CROCKFORD) for _ in range(4))}"


def letter(new: store.NewTicket, number: str, at: float, to: str) -> Mail:
    """A written request as the company's staff read it."""
    lines = [
        f"编号 / Number: {number}",
        f"订单 / Order: {new.order or '-'}",
        f"客户 / Customer: {new.customer or '未验证身份 / not verified'}",
        f"联系方式 / Contact: {new.reply_to or '-'}",
        f"对话 / Conversation: {new.conversation}",
        f"附件 / Attachments: {len(new.attachments)}",
        "",
        new.words,
    ]
    contact = new.reply_to or ""
    reply_to = contact if contact.isascii() and _EMAIL.fullmatch(contact) else ""
    return Mail(number, to, f"书面申请 / Written request {number}", "\n".join(lines), at, reply_to)


def _clean(words: str) -> str:
    """Without characters that no database or mail takes: NUL, other controls, halves of surrogate pairs."""
    return "".join(c for c in words if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"})

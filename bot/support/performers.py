"""Everything that flows may ask of the people behind the bot."""

from __future__ import annotations

from collections.abc import Callable

from bot.config import Settings
from bot.dialogue.effects import (
    AddToTicket,
    AnswerProposal,
    FindPlace,
    FindTicket,
    FindTickets,
    HandOver,
    KeepFeedback,
    LeaveQueue,
    OpenTicket,
    ReadDesk,
)
from bot.dialogue.texts import Texts
from bot.performer import Performers
from bot.sections import Company, Support
from bot.store.database import Database
from bot.support.mail import SmtpMailer
from bot.support.overdue import Watchman
from bot.support.postman import Postman
from bot.support.queue import Queue
from bot.support.tickets import Tickets


def performers(
    database: Database,
    company: Company,
    on_mail: Callable[[], None] | None = None,
    support: Support | None = None,
) -> Performers:
    """Who performs what. `on_mail`: `Postman.wake`, or None where no mail server is set (the demo's outbox)."""
    section = support or Support()
    queue = Queue(database, company, section)
    tickets = Tickets(database, company.email, section.due_within, on_mail)
    return {
        HandOver: queue.hand_over,
        FindPlace: queue.find_place,
        LeaveQueue: queue.leave,
        ReadDesk: queue.read_desk,
        OpenTicket: tickets.open,
        FindTickets: tickets.find,
        FindTicket: tickets.find_one,
        AnswerProposal: tickets.answer,
        AddToTicket: tickets.add,
        KeepFeedback: tickets.keep_feedback,
    }


def postman(database: Database, settings: Settings) -> Postman | None:
    """Who delivers written requests; None where no mail server is set."""
    smtp = settings.smtp
    if not smtp.host:
        return None
    mailer = SmtpMailer(
        smtp.host,
        smtp.port,
        smtp.sender or settings.company.email,
        security=smtp.security,
        username=smtp.username,
        password=settings.smtp_password.get_secret_value(),
        timeout=smtp.timeout,
    )
    return Postman(database, mailer)


def watchman(database: Database, texts: Texts, settings: Settings, postman: Postman | None) -> Watchman:
    """Who tells the leads of what is overdue."""
    more = [(settings.support.lead_email, settings.language.default)] if settings.support.lead_email else []
    return Watchman(database, texts, more, postman.wake if postman else None)

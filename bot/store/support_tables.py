"""The tables of what staff work on: the queue, tickets, mails, and what they keep beside a conversation.

Times are seconds since 1970 by the database's clock.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint, and_

from bot.store.columns import conversation_, count_, metadata, time_
from bot.store.types import BigKey, Json

# The staff queue. `status`: "waiting", "taken" or "closed"; only one that is not closed a conversation. `team`: who is
# to take it, "" for anybody. `agent` has it (or had it last). `answered_at`: the first words of a person; `due_at`:
# until when somebody has to take it; `breached_at`: when the lead was told that nobody did. `returned`: how often it
# came back into the queue; it is at the front then. `missing_since`: since when who has it is not there. `outcome`: how
# it ended, by the agent's own word, or "handed_back", "left" by the customer.
handover = Table(
    "handover",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    conversation_(index=True),
    Column("reason", Text, nullable=False),
    Column("brief", Json, nullable=False),
    Column("language", Text, nullable=False),
    count_("priority"),
    Column("status", Text, nullable=False),
    Column("team", Text, nullable=False, server_default=""),
    Column("agent", Text),
    count_("returned"),
    time_("opened_at", index=True),
    time_("claimed_at", nullable=True, index=True),
    time_("answered_at", nullable=True),
    time_("missing_since", nullable=True),
    time_("due_at", nullable=True),
    time_("breached_at", nullable=True),
    time_("closed_at", nullable=True, index=True),
    Column("outcome", Text),
)
_OPEN = handover.c.closed_at.is_(None)
Index("uq_handover_open", handover.c.conversation, unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN)
Index("ix_handover_queue", handover.c.priority, handover.c.opened_at, postgresql_where=_OPEN, sqlite_where=_OPEN)
Index("ix_handover_agent_open", handover.c.agent, postgresql_where=_OPEN, sqlite_where=_OPEN)

# `team`: whose its conversation is, kept by `bot.store.teams`. `state`: see `bot.desk.tickets.TicketState`. `owner`:
# the member of staff who sees to it; `due_at`: until when the company's next step must be done, null while it is the
# customer's turn; `breached_at`: when the leads were told that it was not.
ticket = Table(
    "ticket",
    metadata,
    Column("number", Text, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    conversation_(index=True),
    Column("team", Text, nullable=False, server_default=""),
    Column("customer", Text, index=True),
    Column("about", Text, nullable=False),
    Column("order_number", Text),
    Column("words", Text, nullable=False),
    Column("attachments", Json, nullable=False),
    Column("reply_to", Text),
    Column("state", Text, nullable=False),
    Column("owner", Text),
    time_("opened_at"),
    time_("due_at", nullable=True),
    time_("breached_at", nullable=True),
    time_("closed_at", nullable=True),
)
# A list goes through its index in order. What it may be narrowed by stands there as well, so that the table is looked
# at for what is shown alone; the numbers above the list come from that of the states.
_NOT_CLOSED, _CLOSED = ticket.c.closed_at.is_(None), ticket.c.closed_at.isnot(None)
_IN_ORDER = (ticket.c.due_at, ticket.c.opened_at, ticket.c.number)
_NARROWED_BY = (ticket.c.team, ticket.c.state, ticket.c.about, ticket.c.owner)
Index("ix_ticket_open_due_at", *_IN_ORDER, *_NARROWED_BY, postgresql_where=_NOT_CLOSED, sqlite_where=_NOT_CLOSED)
Index(
    "ix_ticket_open_owner",
    ticket.c.owner,
    *_IN_ORDER,
    *(ticket.c.team, ticket.c.state, ticket.c.about),
    postgresql_where=_NOT_CLOSED,
    sqlite_where=_NOT_CLOSED,
)
Index(
    "ix_ticket_open_state",
    ticket.c.state,
    *_IN_ORDER,
    *(ticket.c.team, ticket.c.about, ticket.c.owner, ticket.c.closed_at),
    postgresql_where=_NOT_CLOSED,
    sqlite_where=_NOT_CLOSED,
)
Index(
    "ix_ticket_closed_at",
    ticket.c.closed_at,
    ticket.c.number,
    *_NARROWED_BY,
    postgresql_where=_CLOSED,
    sqlite_where=_CLOSED,
)

# What happened to a ticket, in order. `kind`: see `bot.desk.tickets.TicketEvent`; `key`: whoever asks twice for the
# same is heard once.
ticket_event = Table(
    "ticket_event",
    metadata,
    Column("number", Text, primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    time_("at"),
    Column("actor", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("words", Text, nullable=False),
)

# Mails of the company: `next_at` is when to try again, null once sent, refused (`trouble`), or without a mail server.
mail = Table(
    "mail",
    metadata,
    Column("number", BigKey, primary_key=True),
    Column("reference", Text, nullable=False, unique=True),
    Column("to_address", Text, nullable=False),
    Column("reply_to", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    time_("at", index=True),
    time_("next_at", nullable=True),
    time_("sent_at", nullable=True),
    count_("tries"),
    Column("trouble", Text),
)
Index(
    "ix_mail_next_at",
    mail.c.next_at,
    postgresql_where=mail.c.next_at.isnot(None),
    sqlite_where=mail.c.next_at.isnot(None),
)
_REFUSED = and_(mail.c.next_at.is_(None), mail.c.trouble.isnot(None))
Index("ix_mail_refused", mail.c.at, postgresql_where=_REFUSED, sqlite_where=_REFUSED)

feedback = Table(
    "feedback",
    metadata,
    conversation_(primary_key=True),
    Column("key", Text, primary_key=True),
    Column("about", Text, nullable=False),
    Column("score", Integer, nullable=False),
    Column("words", Text, nullable=False),
    time_("at", index=True),
)

# A colleague's words about a conversation that the customer never sees; `key`: the page's own id of it.
note = Table(
    "note",
    metadata,
    conversation_(primary_key=True),
    Column("key", Text, primary_key=True),
    Column("author", Text, nullable=False),
    Column("words", Text, nullable=False),
    time_("at"),
)

tag = Table(
    "tag",
    metadata,
    conversation_(primary_key=True),
    Column("name", Text, primary_key=True, index=True),
    Column("author", Text, nullable=False),
    time_("at"),
)

# What a member of staff is writing at this moment, for the others to see.
draft = Table(
    "draft",
    metadata,
    conversation_(primary_key=True),
    Column("author", Text, primary_key=True),
    Column("words", Text, nullable=False),
    time_("at"),
)

# Who is writing at this moment, and nothing of what: `who` is a member of staff, or "" for the customer. A row counts
# for a few seconds only (see `bot.store.writing`); on PostgreSQL it is not even logged.
writing = Table(
    "writing",
    metadata,
    conversation_(primary_key=True),
    Column("who", Text, primary_key=True),
    time_("at"),
)

# Replies that are written once and used often. `shortcut`: what is typed after "/".
canned = Table(
    "canned",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("shortcut", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("author", Text, nullable=False),
    time_("at"),
    UniqueConstraint("shortcut", "language"),
)

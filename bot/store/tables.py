"""The tables. Every table of the hot path has a key that begins with the conversation, so that a distributed
PostgreSQL can shard by it.

Times are seconds since 1970 by the database's clock. In the log of a conversation `inbound` and `outbox` share one
numbering, `lane.last_seq`.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bot.store.types import BigKey, Json

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


def _time(name: str, *, nullable: bool = False, index: bool = False) -> Column[float]:
    return Column(name, Double, nullable=nullable, index=index)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


def _conversation(*, primary_key: bool = False, index: bool = False) -> Column[str]:
    return Column("conversation", Text, primary_key=primary_key, nullable=False, index=index)


# `owner`: the member of staff who took over, or null while the bot speaks; `owner_epoch` grows with each change.
conversation = Table(
    "conversation",
    metadata,
    Column("id", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("version", BigKey, nullable=False),
    Column("state", Json, nullable=False),
    Column("customer", Text, index=True),
    Column("owner", Text),
    _count("owner_epoch"),
    Column("unreachable", Boolean, nullable=False, server_default=text("false")),
    _time("created_at"),
    _time("updated_at"),
)

# The ordered log of what a conversation still has to do: `next_at` is when somebody must look, null for never;
# `tries` counts the claims since the cursor `done_seq` last moved.
lane = Table(
    "lane",
    metadata,
    _conversation(primary_key=True),
    Column("channel", Text, nullable=False),
    Column("last_seq", BigKey, nullable=False),
    Column("done_seq", BigKey, nullable=False, server_default="0"),
    _time("next_at", nullable=True),
    Column("holder", Text),
    _count("tries"),
)
Index(
    "ix_lane_channel_next_at",
    lane.c.channel,
    lane.c.next_at,
    postgresql_where=lane.c.next_at.isnot(None),
    sqlite_where=lane.c.next_at.isnot(None),
)

# What came in, by an id that is never taken twice. `source`: "customer", or "inner" for what the runtime itself
# reports; apart, because customers' clients choose their ids.
inbound = Table(
    "inbound",
    metadata,
    _conversation(primary_key=True),
    Column("source", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("seq", BigKey, nullable=False),
    Column("payload", Json, nullable=False),
    _time("at"),
    UniqueConstraint("conversation", "seq"),
)

# What goes out. `kind`: "message" or "act". `epoch`: the owner_epoch it was made in. `fate`: null as a rule, "held"
# when a human had taken over before it was sent, "dead" when it never arrived.
outbox = Table(
    "outbox",
    metadata,
    _conversation(primary_key=True),
    Column("seq", BigKey, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("payload", Json, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("fate", Text),
    _time("at"),
)

dead = Table(
    "dead",
    metadata,
    _conversation(primary_key=True),
    Column("seq", BigKey, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("payload", Json, nullable=False),
    Column("why", Text, nullable=False),
    _time("at", index=True),
)

# `kind`: "remind" or "act" (an act that is tried again).
timer = Table(
    "timer",
    metadata,
    _conversation(primary_key=True),
    Column("name", Text, primary_key=True),
    Column("due_at", Double, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("payload", Json, nullable=False),
)

watch = Table(
    "watch",
    metadata,
    _conversation(primary_key=True),
    Column("order_number", Text, primary_key=True, index=True),
    Column("customer", Text, nullable=False),
    _time("since"),
)

attachment = Table(
    "attachment",
    metadata,
    _conversation(primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    _time("at"),
)

# Work that one process at a time may do, and what it wants to remember for the next.
lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text),
    _time("until"),
    Column("value", Json),
)

# What a channel has to remember of a conversation: see `bot.channel.Notes`.
channel_note = Table(
    "channel_note",
    metadata,
    _conversation(primary_key=True),
    Column("value", Json, nullable=False),
)

channel_pause = Table(
    "channel_pause",
    metadata,
    Column("channel", Text, primary_key=True),
    _time("blocked_until"),
)

# One-time codes under way. Contact and code are kept as keyed hashes only; `customer` is null for an unknown contact.
# `send_key` and `check_key` are the acts that made and last checked the code, `checked` what the latter found.
verification = Table(
    "verification",
    metadata,
    _conversation(primary_key=True),
    Column("contact_hash", Text, nullable=False, index=True),
    Column("code_hash", Text, nullable=False),
    Column("salt", Text, nullable=False),
    Column("customer", Text),
    Column("send_key", Text, nullable=False),
    Column("check_key", Text),
    Column("checked", Json),
    _time("expires_at"),
    _count("sends"),
    _count("tries"),
    _count("locks"),
    _time("locked_until", nullable=True),
)

contact_lock = Table(
    "contact_lock",
    metadata,
    Column("contact_hash", Text, primary_key=True),
    _count("sends"),
    _count("tries"),
    _count("locks"),
    _time("locked_until", nullable=True),
    _time("changed_at", index=True),
)

# `key`: the act that is told about, so that an act done again after a crash is told once.
audit = Table(
    "audit",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("key", Text, unique=True),
    Column("conversation", Text, index=True),
    _time("at"),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text),
    Column("detail", Json),
)

# The staff queue. `status`: "waiting", "taken" or "closed"; only one that is not closed a conversation.
handover = Table(
    "handover",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    _conversation(index=True),
    Column("reason", Text, nullable=False),
    Column("brief", Json, nullable=False),
    Column("language", Text, nullable=False),
    _count("priority"),
    Column("status", Text, nullable=False),
    _time("opened_at"),
    _time("closed_at", nullable=True),
)
_OPEN = handover.c.closed_at.is_(None)
Index("uq_handover_open", handover.c.conversation, unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN)
Index("ix_handover_queue", handover.c.priority, handover.c.opened_at, postgresql_where=_OPEN, sqlite_where=_OPEN)

ticket = Table(
    "ticket",
    metadata,
    Column("number", Text, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    _conversation(index=True),
    Column("customer", Text, index=True),
    Column("about", Text, nullable=False),
    Column("order_number", Text),
    Column("words", Text, nullable=False),
    Column("attachments", Json, nullable=False),
    Column("reply_to", Text),
    Column("state", Text, nullable=False),
    _time("opened_at"),
)

# Mails to the company: `next_at` is when to try again, null once sent, refused (`trouble`), or without a mail server.
mail = Table(
    "mail",
    metadata,
    Column("number", BigKey, primary_key=True),
    Column("reference", Text, nullable=False, unique=True),
    Column("to_address", Text, nullable=False),
    Column("reply_to", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    _time("at", index=True),
    _time("next_at", nullable=True),
    _time("sent_at", nullable=True),
    _count("tries"),
    Column("trouble", Text),
)
Index(
    "ix_mail_next_at",
    mail.c.next_at,
    postgresql_where=mail.c.next_at.isnot(None),
    sqlite_where=mail.c.next_at.isnot(None),
)

feedback = Table(
    "feedback",
    metadata,
    _conversation(primary_key=True),
    Column("key", Text, primary_key=True),
    Column("about", Text, nullable=False),
    Column("score", Integer, nullable=False),
    Column("words", Text, nullable=False),
    _time("at"),
)

# WeChat: what may be sent to a customer, and why. The row is locked by whoever decides what becomes of an answer.
# A message opens the long window, a click, scan or follow the short one; `next_at`: not before, after a failure.
wechat_customer = Table(
    "wechat_customer",
    metadata,
    _conversation(primary_key=True),
    Column("language", Text),
    Column("why", Text),
    _time("long_until", nullable=True),
    _count("long_left"),
    _time("short_until", nullable=True),
    _count("short_left"),
    _time("next_at", nullable=True),
    _count("tries"),
    _time("noticed_at", nullable=True),
)

# What WeChat pushed, by its own id. `message` is null once the core has taken it; `answer` is what went back, `told`
# whether it was written to the wire.
wechat_push = Table(
    "wechat_push",
    metadata,
    _conversation(primary_key=True),
    Column("id", Text, primary_key=True),
    _count("attempts"),
    _time("attempt_at"),
    _time("deadline"),
    Column("message", Json),
    Column("closed", Boolean, nullable=False, server_default=text("false")),
    Column("answer", Text),
    Column("told", Boolean, nullable=False, server_default=text("false")),
)
Index("ix_wechat_push_attempt_at", wechat_push.c.attempt_at)

# What is to be said on WeChat, in parts that fit. `state`: "waiting", "said", "held" (a human took over) or "refused".
# `push`: in whose answer it goes back; `busy_until`: a call with it is under way.
wechat_letter = Table(
    "wechat_letter",
    metadata,
    _conversation(primary_key=True),
    Column("seq", BigKey, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("choices", Json, nullable=False),
    Column("staff", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("push", Text),
    _time("busy_until", nullable=True),
    _time("at"),
)
_WAITING = wechat_letter.c.state == "waiting"
Index(
    "ix_wechat_letter_waiting",
    wechat_letter.c.conversation,
    postgresql_where=_WAITING,
    sqlite_where=_WAITING,
)

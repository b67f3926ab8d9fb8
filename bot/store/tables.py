"""The tables of conversations. Every table of the hot path has a key that begins with the conversation, so that a
distributed PostgreSQL can shard by it.

Times are seconds since 1970 by the database's clock. In the log of a conversation `inbound` and `outbox` share one
numbering, `lane.last_seq`. What staff do stands in `support_tables.py` and `staff_tables.py`; `schema.py` has them all.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from bot.store.columns import conversation_, count_, metadata, time_
from bot.store.types import BigKey, Json

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
    count_("owner_epoch"),
    Column("unreachable", Boolean, nullable=False, server_default=text("false")),
    time_("created_at"),
    time_("updated_at"),
)

# The ordered log of what a conversation still has to do: `next_at` is when somebody must look, null for never;
# `tries` counts the claims since the cursor `done_seq` last moved.
lane = Table(
    "lane",
    metadata,
    conversation_(primary_key=True),
    Column("channel", Text, nullable=False),
    Column("last_seq", BigKey, nullable=False),
    Column("done_seq", BigKey, nullable=False, server_default="0"),
    time_("next_at", nullable=True),
    Column("holder", Text),
    count_("tries"),
)
Index(
    "ix_lane_channel_next_at",
    lane.c.channel,
    lane.c.next_at,
    postgresql_where=lane.c.next_at.isnot(None),
    sqlite_where=lane.c.next_at.isnot(None),
)

# What came in, by an id that is never taken twice. `source`: "customer", "staff" for a person's words to the customer
# (which follow in the outbox), or "inner" for what the runtime itself reports; apart, because clients choose their ids.
inbound = Table(
    "inbound",
    metadata,
    conversation_(primary_key=True),
    Column("source", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("seq", BigKey, nullable=False),
    Column("payload", Json, nullable=False),
    time_("at"),
    UniqueConstraint("conversation", "seq"),
)

# What goes out. `kind`: "message" or "act". `epoch`: the owner_epoch it was made in. `fate`: null as a rule, "held"
# when a human had taken over before it was sent, "dead" when it never arrived.
outbox = Table(
    "outbox",
    metadata,
    conversation_(primary_key=True),
    Column("seq", BigKey, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("payload", Json, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("fate", Text),
    time_("at"),
)

dead = Table(
    "dead",
    metadata,
    conversation_(primary_key=True),
    Column("seq", BigKey, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("payload", Json, nullable=False),
    Column("why", Text, nullable=False),
    time_("at", index=True),
)

# `kind`: see `bot.store.timers.Kind`; a newer version may know more.
timer = Table(
    "timer",
    metadata,
    conversation_(primary_key=True),
    Column("name", Text, primary_key=True),
    Column("due_at", Double, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("payload", Json, nullable=False),
)

watch = Table(
    "watch",
    metadata,
    conversation_(primary_key=True),
    Column("order_number", Text, primary_key=True, index=True),
    Column("customer", Text, nullable=False),
    time_("since"),
)

attachment = Table(
    "attachment",
    metadata,
    conversation_(primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    time_("at"),
)

# Work that one process at a time may do, and what it wants to remember for the next.
lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text),
    time_("until"),
    Column("value", Json),
)

# What a channel has to remember of a conversation: see `bot.channel.Notes`.
channel_note = Table(
    "channel_note",
    metadata,
    conversation_(primary_key=True),
    Column("value", Json, nullable=False),
)

# A channel that asked for a rest. `why`: in its own words, the last time.
channel_pause = Table(
    "channel_pause",
    metadata,
    Column("channel", Text, primary_key=True),
    time_("blocked_until"),
    Column("why", Text),
)

# One-time codes under way. Contact and code are kept as keyed hashes only; `customer` is null for an unknown contact.
# `send_key` and `check_key` are the acts that made and last checked the code, `checked` what the latter found.
verification = Table(
    "verification",
    metadata,
    conversation_(primary_key=True),
    Column("contact_hash", Text, nullable=False, index=True),
    Column("code_hash", Text, nullable=False),
    Column("salt", Text, nullable=False),
    Column("customer", Text),
    Column("send_key", Text, nullable=False),
    Column("check_key", Text),
    Column("checked", Json),
    time_("expires_at"),
    count_("sends"),
    count_("tries"),
    count_("locks"),
    time_("locked_until", nullable=True),
)

contact_lock = Table(
    "contact_lock",
    metadata,
    Column("contact_hash", Text, primary_key=True),
    count_("sends"),
    count_("tries"),
    count_("locks"),
    time_("locked_until", nullable=True),
    time_("changed_at", index=True),
)

# `key`: the act that is told about, so that an act done again after a crash is told once.
audit = Table(
    "audit",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("key", Text, unique=True),
    Column("conversation", Text, index=True),
    time_("at"),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text),
    Column("detail", Json),
    Index("ix_audit_actor", "actor", "id"),
)
Index("ix_audit_action_at", audit.c.action, audit.c.at)

# WeChat: what may be sent to a customer, and why. The row is locked by whoever decides what becomes of an answer.
# A message opens the long window, a click, scan or follow the short one; `next_at`: not before, after a failure;
# `seen`: a choice's token of the newest question that was shown, "" when none was.
wechat_customer = Table(
    "wechat_customer",
    metadata,
    conversation_(primary_key=True),
    Column("language", Text),
    Column("why", Text),
    time_("long_until", nullable=True),
    count_("long_left"),
    time_("short_until", nullable=True),
    count_("short_left"),
    time_("next_at", nullable=True),
    count_("tries"),
    time_("noticed_at", nullable=True),
    Column("seen", Text),
)

# What WeChat pushed, by its own id. `message` is null once the core has taken it; `answer` is what went back, `told`
# whether it was written to the wire.
wechat_push = Table(
    "wechat_push",
    metadata,
    conversation_(primary_key=True),
    Column("id", Text, primary_key=True),
    count_("attempts"),
    time_("attempt_at"),
    time_("deadline"),
    Column("message", Json),
    Column("closed", Boolean, nullable=False, server_default=text("false")),
    Column("answer", Text),
    Column("told", Boolean, nullable=False, server_default=text("false")),
)
Index("ix_wechat_push_attempt_at", wechat_push.c.attempt_at)

# What is to be said on WeChat, in parts that fit. `state`: "waiting", "said", "held" (a human took over) or "refused".
# `push`: in whose answer it goes back; `busy_until`: a call with it is under way; `begun`: calls after which nobody
# knows whether WeChat has it. `question`: a choice's token of the question that it shows. `file`: goes as a picture,
# and `text` only where that cannot be.
wechat_letter = Table(
    "wechat_letter",
    metadata,
    conversation_(primary_key=True),
    Column("seq", BigKey, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("choices", Json, nullable=False),
    Column("question", Text),
    Column("language", Text, nullable=False, server_default=""),
    Column("file", Json),
    Column("staff", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("push", Text),
    time_("busy_until", nullable=True),
    count_("begun"),
    time_("at"),
)
_WAITING = wechat_letter.c.state == "waiting"
Index(
    "ix_wechat_letter_waiting",
    wechat_letter.c.conversation,
    postgresql_where=_WAITING,
    sqlite_where=_WAITING,
)

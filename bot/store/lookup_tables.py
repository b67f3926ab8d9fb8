"""The tables behind the desk's search, its list of conversations and its reports.

All of them are filled in the background from what stands in the other tables (`bot.store.indexing`), so that a
message costs no more for them. Times are seconds since 1970 by the database's clock.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from bot.store.columns import conversation_, metadata, time_
from bot.store.types import BigKey

INDEX = "search_words"
"""What finds the words of `search_line`: a GIN index on PostgreSQL, an FTS5 table of its own, with its shadow tables,
on SQLite. It is made by its migration, and everything that belongs to it has a name that begins like this."""

# A line that can be found. `id` ascends with `at`; `key` is a note's, "" for a line of the log; a note's `seq` is that
# of the newest line when it was indexed. `sender`: "customer", "bot", "staff" or "note". `words`: see
# `bot.support.tokens`.
search_line = Table(
    "search_line",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=False),
    conversation_(),
    Column("seq", BigKey, nullable=False),
    Column("key", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("words", Text, nullable=False),
    time_("at"),
    UniqueConstraint("conversation", "key", "seq"),
)

# How far a conversation's log has been read, and what its line in a list shows. `day`: the newest of China's days on
# which the customer wrote, in days since 1970. `at` is that of its newest line, null once it was forgotten; `last`: the
# beginning of the customer's newest words.
digest = Table(
    "digest",
    metadata,
    conversation_(primary_key=True),
    Column("channel", Text, nullable=False),
    Column("seq", BigKey, nullable=False),
    time_("at", nullable=True),
    Column("day", Integer),
    Column("last", Text, nullable=False),
)
Index("ix_digest_at", digest.c.at, digest.c.conversation)
Index("ix_digest_channel_at", digest.c.channel, digest.c.at, digest.c.conversation)

# How often something happened on one of China's days (in days since 1970); see `bot.support.rollup` for the kinds.
daily = Table(
    "daily",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("detail", Text, primary_key=True),
    Column("number", BigKey, nullable=False),
)
Index("ix_daily_kind_day", daily.c.kind, daily.c.day)

"""The tables of Telegram's own habits: albums that come picture by picture, and topics of the staff's group.

Times are seconds since 1970 by the database's clock.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text, UniqueConstraint, text

from bot.store.columns import conversation_, metadata, time_
from bot.store.types import BigKey, Json

# `album`: Telegram's id of it; `number`: Telegram's message; `message` is null once the core has taken it.
album_part = Table(
    "album_part",
    metadata,
    conversation_(primary_key=True),
    Column("album", Text, primary_key=True),
    Column("number", BigKey, primary_key=True, autoincrement=False),
    Column("message", Json),
    time_("at"),
)
_UNTAKEN = album_part.c.message.isnot(None)
Index("ix_album_part_untaken", album_part.c.at, postgresql_where=_UNTAKEN, sqlite_where=_UNTAKEN)

# `chat`: the group; `thread`: the topic in it that shows the conversation; `seq`: the newest line shown there; `state`:
# see `bot.desk.topics.State`.
staff_topic = Table(
    "staff_topic",
    metadata,
    conversation_(primary_key=True),
    Column("chat", BigKey, nullable=False),
    Column("thread", BigKey, nullable=False),
    Column("seq", BigKey, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    UniqueConstraint("chat", "thread"),
)
UNFINISHED = staff_topic.c.state.in_(("new", "open", "closing"))
Index("ix_staff_topic_unfinished", staff_topic.c.chat, postgresql_where=UNFINISHED, sqlite_where=UNFINISHED)

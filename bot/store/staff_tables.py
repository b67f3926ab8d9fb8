"""The tables of the members of staff themselves: who they are, and how they sign in.

Times are seconds since 1970 by the database's clock. Of sessions and links only a hash is kept, so that who reads the
database can sign in as nobody.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Table, Text, text

from bot.store.columns import count_, metadata, time_
from bot.store.types import Json

# `id`: the name they sign in with, in lower case. `languages`: those they answer in; `teams`: those whose
# conversations they take, [] for all. `availability`: what they chose, see `bot.desk.people.Availability`; `seen_at`:
# the last sign of life of a page of theirs. `telegram`: their user id there, once they have linked it.
staff = Table(
    "staff",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password_hash", Text),
    Column("email", Text),
    Column("language", Text, nullable=False),
    Column("languages", Json, nullable=False),
    Column("teams", Json, nullable=False),
    Column("availability", Text, nullable=False),
    Column("telegram", Text, unique=True),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    time_("seen_at", nullable=True),
    time_("created_at"),
)

staff_session = Table(
    "staff_session",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("staff", Text, nullable=False, index=True),
    Column("device", Text, nullable=False),
    time_("created_at"),
    time_("seen_at"),
    time_("until", index=True),
    time_("revoked_at", nullable=True),
)

# One-time links: the first sign-in, a forgotten password, a Telegram account. `purpose`: "sign_in" or "telegram".
staff_link = Table(
    "staff_link",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("staff", Text, nullable=False, index=True),
    Column("purpose", Text, nullable=False),
    time_("until", index=True),
    time_("used_at", nullable=True),
)

# Wrong passwords, by the name that was tried, whether there is such a member of staff or not.
sign_in_guard = Table(
    "sign_in_guard",
    metadata,
    Column("name_hash", Text, primary_key=True),
    count_("tries"),
    count_("locks"),
    time_("locked_until", nullable=True),
    time_("changed_at", index=True),
)

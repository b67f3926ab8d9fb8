"""The embedded order service's own tables, all named `shop_…`: beside Tepai's, and used by nothing but this package.

Times are seconds since 1970 by the database's clock, money is in fen.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from bot.store.types import BigKey, Json

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


customers = Table(
    "shop_customer",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("points", Integer),
)

contacts = Table(
    "shop_contact",
    metadata,
    Column("contact", String(254), primary_key=True),
    Column("customer", String(40), ForeignKey("shop_customer.id"), nullable=False, index=True),
)

# `touch` tells how the platform hears from the courier side ("live", "late", "lost"); `rests_since` is set while a
# seeded order stands still because nobody has looked at it; `moves` are still to come, each so many seconds after
# `moves_from`; `due_at` is the time of the first of them, null while none will come by itself.
orders = Table(
    "shop_order",
    metadata,
    Column("number", String(20), primary_key=True),
    Column("customer", String(40), ForeignKey("shop_customer.id"), nullable=False),
    Column("goods", Text, nullable=False),
    Column("state", String(24), nullable=False),
    Column("raw_state", Text, nullable=False),
    Column("raw_reason", Text, nullable=False),
    Column("placed_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("synced_at", Double, nullable=False),
    Column("pickup", Json, nullable=False),
    Column("dropoff", Json, nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("payment", String(16), nullable=False),
    Column("charges", Json, nullable=False),
    Column("offers_declined", Integer, nullable=False),
    Column("peak", Boolean, nullable=False),
    Column("courier", Json),
    Column("courier_side_accepted", Boolean, nullable=False),
    Column("pay_link", Text),
    Column("shop", Text),
    Column("can_tip", Boolean, nullable=False),
    Column("can_reschedule", Boolean, nullable=False),
    Column("scheduled_for", Double),
    Column("eta", Double),
    Column("expires_at", Double),
    Column("cancellation", Json),
    Column("touch", String(8), nullable=False),
    Column("rests_since", Double),
    Column("moves", Json, nullable=False),
    Column("moves_from", Double, nullable=False),
    Column("due_at", Double, index=True),
    Index(None, "customer", "placed_at"),
)

# The last cursor given out. Its row stays locked until the commit, so cursors become visible in their order.
feed = Table(
    "shop_feed",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("last_cursor", BigInteger, nullable=False),
)

changes = Table(
    "shop_change",
    metadata,
    Column("cursor", BigKey, primary_key=True, autoincrement=False),
    Column("id", String(64), nullable=False, unique=True),
    Column("customer", String(40), nullable=False),
    Column("number", String(20), nullable=False),
    Column("at", Double, nullable=False),
    Column("before", String(24), nullable=False),
    Column("after", String(24), nullable=False),
)

requests = Table(
    "shop_request",
    metadata,
    Column("customer", String(40), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("answer", Json),
    Column("at", Double, nullable=False),
)

outbox = Table(
    "shop_outbox",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("customer", String(40), ForeignKey("shop_customer.id"), nullable=False),
    Column("contact", String(254), nullable=False),
    Column("code", String(16), nullable=False),
    Column("sent_at", Double, nullable=False),
)

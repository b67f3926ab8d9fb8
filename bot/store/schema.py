"""Every table there is. A table that is not imported here is neither created nor checked."""

from __future__ import annotations

from bot.store import staff_tables, support_tables, tables, telegram_tables
from bot.store.columns import metadata

__all__ = ["metadata", "staff_tables", "support_tables", "tables", "telegram_tables"]

"""Every table there is. A table that is not imported here is neither created nor checked."""

from __future__ import annotations

from typing import Any

from bot.store import lookup_tables, staff_tables, support_tables, tables, telegram_tables
from bot.store.columns import metadata

__all__ = [
    "is_compared",
    "lookup_tables",
    "metadata",
    "staff_tables",
    "support_tables",
    "tables",
    "telegram_tables",
]


def is_compared(name: str | None, type_: str, parents: Any) -> bool:
    """Alembic's `include_name`: whether a thing in the database must stand in the code as well. The index of the
    search is another thing on each database, and made by its migration alone."""
    del parents
    return type_ not in {"table", "index"} or not (name or "").startswith(lookup_tables.INDEX)

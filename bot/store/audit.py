"""The audit trail: who did what, and to whose chat. Never a customer's words, a code or a contact in clear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from bot.store.clock import dbnow
from bot.store.inserting import insert_new
from bot.store.tables import audit as entries


def audit(
    connection: Connection,
    action: str,
    *,
    conversation: str | None = None,
    actor: str = "customer",
    subject: str | None = None,
    detail: Mapping[str, Any] | None = None,
    key: str = "",
) -> None:
    """Add one entry, in the caller's transaction. With `key` (an act's) the entry is kept only once.

    `actor`: "customer", "bot", a member of staff or "operator:" and a name; `subject`: a customer, an order, or a
    contact's hash.
    """
    insert_new(
        connection,
        entries,
        key=key or None,
        conversation=conversation,
        at=dbnow(),
        actor=actor,
        action=action,
        subject=subject,
        detail=dict(detail) if detail is not None else None,
    )

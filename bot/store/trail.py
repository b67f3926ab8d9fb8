"""Reading the audit trail. Each function runs inside one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from bot.desk.reports import AuditLine
from bot.store.tables import audit

AT_ONCE = 100


def lines(connection: Connection, before: int | None, conversation: str, actor: str) -> Sequence[AuditLine]:
    """The newest with an id below `before`; "" for whatever conversation, or whoever acted."""
    query = select(audit).order_by(audit.c.id.desc()).limit(AT_ONCE)
    if before is not None:
        query = query.where(audit.c.id < before)
    if conversation:
        query = query.where(audit.c.conversation == conversation)
    if actor:
        query = query.where(audit.c.actor == actor)
    return [
        AuditLine(row.id, row.at, row.actor, row.action, row.conversation, row.subject, row.detail or {})
        for row in connection.execute(query)
    ]

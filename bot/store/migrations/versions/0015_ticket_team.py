"""Tickets know whose their conversation is, and lists of them come from indexes whatever they are narrowed by.

Revision: 0015, after 0014, of 2026-11-29.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_OPEN, _CLOSED = "closed_at IS NULL", "closed_at IS NOT NULL"
_IN_ORDER = ["due_at", "opened_at", "number"]
_BEFORE = (
    ("ix_ticket_state_due_at", ["state", "due_at"], None),
    ("ix_ticket_open_due_at", ["due_at"], _OPEN),
    ("ix_ticket_open_owner", ["owner", "due_at"], _OPEN),
    ("ix_ticket_undue", ["opened_at"], f"{_OPEN} AND due_at IS NULL"),
    ("ix_ticket_counted", ["state", "owner", "due_at", "closed_at"], _OPEN),
    ("ix_ticket_closed_at", ["closed_at"], None),
)
_AFTER = (
    ("ix_ticket_open_due_at", [*_IN_ORDER, "team", "state", "about", "owner"], _OPEN),
    ("ix_ticket_open_owner", ["owner", *_IN_ORDER, "team", "state", "about"], _OPEN),
    ("ix_ticket_open_state", ["state", *_IN_ORDER, "team", "about", "owner", "closed_at"], _OPEN),
    ("ix_ticket_closed_at", ["closed_at", "number", "team", "state", "about", "owner"], _CLOSED),
)
_TEAMS = """
    UPDATE ticket SET team = coalesce(
        (SELECT team FROM handover WHERE handover.conversation = ticket.conversation ORDER BY id DESC LIMIT 1), ''
    )
"""
Indexes = Sequence[tuple[str, list[str], str | None]]


def upgrade() -> None:
    """To this revision."""
    op.add_column("ticket", sa.Column("team", sa.Text(), server_default="", nullable=False))
    op.execute(_TEAMS)
    _replace(_BEFORE, _AFTER)


def downgrade() -> None:
    """Back from this revision."""
    _replace(_AFTER, _BEFORE)
    op.drop_column("ticket", "team")


def _replace(old: Indexes, new: Indexes) -> None:
    for name, _, _ in old:
        op.drop_index(name, table_name="ticket")
    for name, columns, which in new:
        where = None if which is None else sa.text(which)
        op.create_index(name, "ticket", columns, unique=False, postgresql_where=where, sqlite_where=where)

"""Tickets in lists of staff, what a channel said when it asked for a rest, and indexes to find what is old.

Revision: 0011, after 0010, of 2026-11-29.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    with op.batch_alter_table("channel_pause", schema=None) as batch_op:
        batch_op.add_column(sa.Column("why", sa.Text(), nullable=True))

    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.create_index(
            "ix_mail_refused",
            ["at"],
            unique=False,
            postgresql_where=sa.text("next_at IS NULL AND trouble IS NOT NULL"),
            sqlite_where=sa.text("next_at IS NULL AND trouble IS NOT NULL"),
        )

    with op.batch_alter_table("staff_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_link_until"), ["until"], unique=False)

    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_session_until"), ["until"], unique=False)

    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_closed_at", ["closed_at"], unique=False)
        batch_op.create_index(
            "ix_ticket_open_due_at",
            ["due_at"],
            unique=False,
            postgresql_where=sa.text("closed_at IS NULL"),
            sqlite_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index(
            "ix_ticket_open_owner",
            ["owner"],
            unique=False,
            postgresql_where=sa.text("closed_at IS NULL"),
            sqlite_where=sa.text("closed_at IS NULL"),
        )


def downgrade() -> None:
    """Back from this revision."""
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_ticket_open_owner",
            postgresql_where=sa.text("closed_at IS NULL"),
            sqlite_where=sa.text("closed_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_ticket_open_due_at",
            postgresql_where=sa.text("closed_at IS NULL"),
            sqlite_where=sa.text("closed_at IS NULL"),
        )
        batch_op.drop_index("ix_ticket_closed_at")

    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_session_until"))

    with op.batch_alter_table("staff_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_link_until"))

    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_mail_refused",
            postgresql_where=sa.text("next_at IS NULL AND trouble IS NOT NULL"),
            sqlite_where=sa.text("next_at IS NULL AND trouble IS NOT NULL"),
        )

    with op.batch_alter_table("channel_pause", schema=None) as batch_op:
        batch_op.drop_column("why")

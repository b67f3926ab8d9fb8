"""Indexes of the ages that housekeeping looks at, and when a contact's guard last changed.

Revision: 0004, after 0003, of 2026-11-24.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.clock import dbnow

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    with op.batch_alter_table("contact_lock", schema=None) as batch_op:
        batch_op.add_column(sa.Column("changed_at", sa.Double(), nullable=True))
    op.execute(sa.update(sa.table("contact_lock", sa.column("changed_at"))).values(changed_at=dbnow()))
    with op.batch_alter_table("contact_lock", schema=None) as batch_op:
        batch_op.alter_column("changed_at", existing_type=sa.Double(), nullable=False)
        batch_op.create_index(batch_op.f("ix_contact_lock_changed_at"), ["changed_at"], unique=False)

    with op.batch_alter_table("dead", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dead_at"), ["at"], unique=False)

    with op.batch_alter_table("handover", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handover_conversation"), ["conversation"], unique=False)

    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_at"), ["at"], unique=False)


def downgrade() -> None:
    """Back from this revision."""
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mail_at"))

    with op.batch_alter_table("handover", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_handover_conversation"))

    with op.batch_alter_table("dead", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dead_at"))

    with op.batch_alter_table("contact_lock", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_lock_changed_at"))
        batch_op.drop_column("changed_at")

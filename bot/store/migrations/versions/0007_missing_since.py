"""Since when who has a conversation is not there, and waits by the time they ended.

Revision: 0007, after 0006, of 2026-11-30.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.add_column("handover", sa.Column("missing_since", sa.Double(), nullable=True))
    op.create_index(op.f("ix_handover_claimed_at"), "handover", ["claimed_at"], unique=False)


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_index(op.f("ix_handover_claimed_at"), table_name="handover")
    op.drop_column("handover", "missing_since")

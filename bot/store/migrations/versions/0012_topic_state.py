"""How far a topic of the staff's group is.

Revision: 0012, after 0011, of 2026-11-30.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_UNFINISHED = sa.text("state IN ('new', 'open', 'closing')")


def upgrade() -> None:
    """To this revision; every topic so far is open."""
    op.add_column("staff_topic", sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False))
    op.create_index(
        "ix_staff_topic_unfinished",
        "staff_topic",
        ["chat"],
        unique=False,
        postgresql_where=_UNFINISHED,
        sqlite_where=_UNFINISHED,
    )


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_index("ix_staff_topic_unfinished", table_name="staff_topic")
    op.drop_column("staff_topic", "state")

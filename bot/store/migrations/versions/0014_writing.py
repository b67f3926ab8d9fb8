"""Who is writing at this moment.

Revision: 0014, after 0013, of 2026-11-29.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "writing",
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("conversation", "who", name=op.f("pk_writing")),
    )
    if op.get_bind().dialect.name == "postgresql":
        # What it holds is of no use a few seconds later: it need not outlive a crash.
        op.execute("ALTER TABLE writing SET UNLOGGED")


def downgrade() -> None:
    """Back from this revision."""
    op.drop_table("writing")

"""WeChat: a letter's language and picture, how often its call was begun, and which question a customer has seen.

Revision: 0008, after 0007, of 2026-11-29.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    with op.batch_alter_table("wechat_customer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seen", sa.Text(), nullable=True))

    with op.batch_alter_table("wechat_letter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("question", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("language", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("file", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("begun", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    """Back from this revision."""
    with op.batch_alter_table("wechat_letter", schema=None) as batch_op:
        batch_op.drop_column("begun")
        batch_op.drop_column("file")
        batch_op.drop_column("language")
        batch_op.drop_column("question")

    with op.batch_alter_table("wechat_customer", schema=None) as batch_op:
        batch_op.drop_column("seen")

"""The audit trail by who acted.

Revision: 0010, after 0009, of 2026-11-30.
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_index(op.f("ix_audit_actor"), "audit", ["actor", "id"], unique=False)


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_index(op.f("ix_audit_actor"), table_name="audit")

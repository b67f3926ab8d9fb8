"""Lists of tickets and the numbers above them come from indexes.

Revision: 0013, after 0012, of 2026-11-29.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_OPEN = sa.text("closed_at IS NULL")
_NOT_DUE = sa.text("closed_at IS NULL AND due_at IS NULL")


def upgrade() -> None:
    """To this revision."""
    op.drop_index("ix_ticket_open_owner", table_name="ticket")
    _index("ix_ticket_open_owner", ["owner", "due_at"], _OPEN)
    _index("ix_ticket_undue", ["opened_at"], _NOT_DUE)
    _index("ix_ticket_counted", ["state", "owner", "due_at", "closed_at"], _OPEN)


def downgrade() -> None:
    """Back from this revision."""
    for name in ("ix_ticket_counted", "ix_ticket_undue", "ix_ticket_open_owner"):
        op.drop_index(name, table_name="ticket")
    _index("ix_ticket_open_owner", ["owner"], _OPEN)


def _index(name: str, columns: list[str], which: sa.TextClause) -> None:
    op.create_index(name, "ticket", columns, unique=False, postgresql_where=which, sqlite_where=which)

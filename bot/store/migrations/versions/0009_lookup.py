"""Search, the list of conversations, and daily counts.

Revision: 0009, after 0008, of 2026-11-29.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# FTS5 keeps no text of its own but reads it from `search_line`, and only which lines have a word. The words were cut
# before, so its tokenizer has to leave them as they are.
ON_SQLITE = (
    """CREATE VIRTUAL TABLE search_words USING fts5(
        words, content='search_line', content_rowid='id', detail=none, columnsize=0, tokenize="ascii tokenchars '~'"
    )""",
    """CREATE TRIGGER search_words_more AFTER INSERT ON search_line BEGIN
        INSERT INTO search_words(rowid, words) VALUES (new.id, new.words);
    END""",
    """CREATE TRIGGER search_words_less AFTER DELETE ON search_line BEGIN
        INSERT INTO search_words(search_words, rowid, words) VALUES ('delete', old.id, old.words);
    END""",
)
# Every search looks through the list of what is not yet sorted in, so it is kept short.
ON_POSTGRESQL = (
    """CREATE INDEX search_words ON search_line USING gin (array_to_tsvector(string_to_array(words, ' ')))
        WITH (gin_pending_list_limit = 256)""",
)


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "daily",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", "subject", "detail", name=op.f("pk_daily")),
    )
    op.create_index("ix_daily_kind_day", "daily", ["kind", "day"])
    op.create_table(
        "digest",
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("at", sa.Double(), nullable=True),
        sa.Column("day", sa.Integer(), nullable=True),
        sa.Column("last", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("conversation", name=op.f("pk_digest")),
    )
    op.create_index("ix_digest_at", "digest", ["at", "conversation"])
    op.create_index("ix_digest_channel_at", "digest", ["channel", "at", "conversation"])
    op.create_table(
        "search_line",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_line")),
        sa.UniqueConstraint("conversation", "key", "seq", name=op.f("uq_search_line_conversation_key_seq")),
    )
    op.create_index(op.f("ix_handover_opened_at"), "handover", ["opened_at"])
    op.create_index("ix_audit_action_at", "audit", ["action", "at"])
    _make_index()


def downgrade() -> None:
    """Back from this revision."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_words")
    op.drop_index("ix_audit_action_at", "audit")
    op.drop_index(op.f("ix_handover_opened_at"), "handover")
    op.drop_table("search_line")
    op.drop_table("digest")
    op.drop_table("daily")


def _make_index() -> None:
    for statement in ON_POSTGRESQL if op.get_bind().dialect.name == "postgresql" else ON_SQLITE:
        op.execute(statement)

"""Alembic's revisions: one path for SQLite and PostgreSQL."""

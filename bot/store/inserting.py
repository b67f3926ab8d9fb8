"""Inserting what may be there already, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: Connection, table: Table, **values: Any) -> bool:
    """Insert a row unless one with its key (any of its keys) is there; True when it was inserted.

    A second caller with the same key waits until the first has committed or failed.
    """
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return connection.execute(dialect.insert(table).values(**values).on_conflict_do_nothing()).rowcount == 1

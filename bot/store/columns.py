"""What the tables have in common: one set of names for keys and indexes, and the columns that nearly all have."""

from __future__ import annotations

from sqlalchemy import Column, Double, Integer, MetaData, Text

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


def time_(name: str, *, nullable: bool = False, index: bool = False) -> Column[float]:
    """Seconds since 1970 by the database's clock."""
    return Column(name, Double, nullable=nullable, index=index)


def count_(name: str) -> Column[int]:
    """A number that begins at 0."""
    return Column(name, Integer, nullable=False, server_default="0")


def conversation_(*, primary_key: bool = False, index: bool = False) -> Column[str]:
    """Whose it is, by `Address.conversation`."""
    return Column("conversation", Text, primary_key=primary_key, nullable=False, index=index)

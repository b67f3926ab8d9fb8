"""Column types that must differ between SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Integer

# SQLite numbers rows by itself only for a column declared INTEGER.
BigKey = BigInteger().with_variant(Integer(), "sqlite")

Json = JSON(none_as_null=True)

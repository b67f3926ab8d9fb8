"""Which lines have which words: FTS5 on SQLite, a GIN index on PostgreSQL.

Words are cut before (`bot.support.tokens`), so that both find the same. Neither keeps where in a line a word stands;
whether neighbours are neighbours is read from the line's own words.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, column, func, literal, or_, select, table, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.sql.expression import cast

from bot.errors import ConfigError
from bot.store.lookup_tables import INDEX, search_line
from bot.support.tokens import Query, Sought

FTS = table(INDEX, column("rowid"), column(INDEX))
"""The FTS5 table; the column named like it stands for the whole row."""

OPTION = "ENABLE_FTS5"
"""With which SQLite has to be built."""

_SIGNS = {"sqlite": (" AND ", " OR ", '"{}"', '"{}" *'), "postgresql": (" & ", " | ", "'{}'", "'{}':*")}


def require(connection: Connection) -> None:
    """Raise `ConfigError` where SQLite was built without its full-text search."""
    if connection.dialect.name == "sqlite":
        built_in = connection.scalar(select(func.sqlite_compileoption_used(OPTION)))
        if not built_in:
            raise ConfigError("this Python's SQLite has no full-text search (FTS5): use another Python, or PostgreSQL")


def has_words(connection: Connection, query: Query) -> ColumnElement[bool]:
    """The condition that the index answers: on SQLite about `FTS`, on PostgreSQL about `search_line`. True of every
    line that `reads_so`, and of a few others."""
    sought = _in_signs(query, *_SIGNS[connection.dialect.name])
    if connection.dialect.name == "sqlite":
        return FTS.c[INDEX].op("MATCH", is_comparison=True)(sought)
    vector: Any = func.array_to_tsvector(func.string_to_array(search_line.c.words, text("' '")))
    found: ColumnElement[bool] = vector.op("@@", is_comparison=True)(cast(sought, TSQUERY))
    return found


def reads_so(query: Query) -> ColumnElement[bool]:
    """Whether a line's words read as they are looked for."""
    line = literal(" ").op("||")(search_line.c.words)
    return and_(*(or_(*(line.contains(f" {way.text}") for way in ways)) for ways in query.terms))


def _in_signs(query: Query, both: str, either: str, whole: str, beginning: str) -> str:
    """Words hold letters and digits only, and "~", so nothing in them needs escaping."""

    def way(sought: Sought) -> str:
        parts = [whole.format(word) for word in sought.words]
        return both.join([*parts, beginning.format(sought.beginning)] if sought.beginning else parts)

    return both.join(f"({either.join(f'({way(sought)})' for sought in ways)})" for ways in query.terms)

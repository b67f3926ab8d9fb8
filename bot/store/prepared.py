"""Statements of the hot path, compiled once.

SQLAlchemy looks every statement up, builds its parameters and wraps its result anew each time: about four fifths of
what a statement of a step costs on SQLite. Here its compiler, its types and its connection are used, and what is the
same each time is done once; docs/decisions/0006-hot-path.md has the figures.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Float, Integer, Select, bindparam
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.util import await_only

Convert = Callable[[Any], Any] | None
Values = Mapping[str, Any]
PLACE = "place_"


class Prepared:
    """A Core statement without expanding parameters. Runs in the connection's transaction, like any other."""

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._forms: dict[str, _Form] = {}
        self._placed: _Form | None = None

    def rows(self, connection: Connection, values: Values) -> Sequence[Any]:
        """What it selects or returns; each row has its columns' labels as attributes."""
        if not _is_ours(connection):
            return connection.execute(self._statement, values).all()
        form = self._form(connection.dialect)
        return [form.row(row) for row in _fetched(connection, form.text, form.arguments(values))]

    def row(self, connection: Connection, values: Values) -> Any:
        """The first row, or None."""
        found = self.rows(connection, values)
        return found[0] if found else None

    def count(self, connection: Connection, values: Values) -> int:
        """How many rows it changed."""
        if not _is_ours(connection):
            return connection.execute(self._statement, values).rowcount
        form = self._form(connection.dialect)
        return _changed(connection, form.text, form.arguments(values))

    async def fetch_each(self, connection: AsyncConnection, several: Sequence[Values]) -> Sequence[Sequence[Any]]:
        """The rows for each of several values, on a connection to PostgreSQL in autocommit: by one round trip and in
        one transaction."""
        if self._placed is None:
            self._placed = _Form(self._statement, connection.dialect, _with_place(self._statement))
        form, driver = self._placed, _asyncpg(connection.sync_connection)
        sent = [form.arguments({**values, PLACE: place}) for place, values in enumerate(several)]
        # For a single one the driver has a cheaper way.
        records = await (driver.fetch(form.text, *sent[0]) if len(sent) == 1 else driver.fetchmany(form.text, sent))
        found: list[list[Any]] = [[] for _ in several]
        for record in records:
            found[record[-1]].append(form.row(record))
        return found

    def _form(self, dialect: Dialect) -> _Form:
        form = self._forms.get(dialect.name)
        if form is None:
            form = self._forms[dialect.name] = _Form(self._statement, dialect, self._statement)
        return form


def _with_place(statement: Any) -> Any:
    """Its rows end with the place of its values: the driver does not tell which rows belong to which."""
    place = bindparam(PLACE, type_=Integer)
    return statement.add_columns(place) if isinstance(statement, Select) else statement.returning(place)


class _Form:
    """A statement as one dialect's driver takes it. What `sent` has in its rows behind the statement's columns is
    left out."""

    def __init__(self, statement: Any, dialect: Dialect, sent: Any) -> None:
        compiled = sent.compile(dialect=dialect)
        self.text: str = compiled.string
        self._constant = {name: value for name, value in compiled.params.items() if value is not None}
        self._places = [(name, _bound(compiled.binds[name].type, dialect)) for name in compiled.positiontup or ()]
        columns = list(statement.exported_columns)
        self._width = len(columns)
        names = [column.key for column in columns]
        kind: Any = namedtuple("Row", names)  # type: ignore[misc]
        self._make = kind._make
        self._convert = [
            (place, convert)
            for place, column in enumerate(columns)
            if (convert := _read(column.type, dialect)) is not None
        ]

    def arguments(self, values: Values) -> list[Any]:
        """The values in the statement's order, as the driver takes them."""
        known = {**self._constant, **values}
        return [known[name] if convert is None else convert(known[name]) for name, convert in self._places]

    def row(self, raw: Iterable[Any]) -> Any:
        """A row as Python has it."""
        parts = list(raw)[: self._width]
        for place, convert in self._convert:
            parts[place] = convert(parts[place])
        return self._make(parts)


def _bound(type_: Any, dialect: Dialect) -> Convert:
    convert: Convert = type_.dialect_impl(dialect).bind_processor(dialect)
    return convert


def _read(type_: Any, dialect: Dialect) -> Convert:
    if isinstance(type_, Float):  # the drivers give floats; what SQLAlchemy adds depends on the type they announce
        return None
    convert: Convert = type_.dialect_impl(dialect).result_processor(dialect, None)
    return convert


def _is_ours(connection: Connection) -> bool:
    """SQLAlchemy's PostgreSQL driver says BEGIN with its own first statement, and would not know of ours."""
    return (
        connection.dialect.name == "sqlite" or connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
    )


def _fetched(connection: Connection, text: str, arguments: Sequence[Any]) -> Sequence[Any]:
    if connection.dialect.name == "sqlite":
        found: Sequence[Any] = _sqlite(connection).execute(text, arguments).fetchall()
        return found
    records: Sequence[Any] = await_only(_asyncpg(connection).fetch(text, *arguments))
    return records


def _changed(connection: Connection, text: str, arguments: Sequence[Any]) -> int:
    if connection.dialect.name == "sqlite":
        count: int = _sqlite(connection).execute(text, arguments).rowcount
        return count
    status: str = await_only(_asyncpg(connection).execute(text, *arguments))
    return int(status.rpartition(" ")[2])


def _sqlite(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def _asyncpg(connection: Connection | None) -> Any:
    assert connection is not None
    return connection.connection.driver_connection

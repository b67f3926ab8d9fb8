"""What keeps a database from answering, told in words that hold neither its address nor anybody's data."""

from __future__ import annotations

import contextlib
import socket
import sqlite3
from collections.abc import Iterator

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from bot.errors import StoreUnavailable

_SQLITE = {
    sqlite3.SQLITE_PERM: "is not permitted",
    sqlite3.SQLITE_BUSY: "is locked",
    sqlite3.SQLITE_LOCKED: "is locked",
    sqlite3.SQLITE_READONLY: "is read-only",
    sqlite3.SQLITE_IOERR: "has a disk error",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_FULL: "is full",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
    sqlite3.SQLITE_NOTADB: "is not a database",
}
_POSTGRESQL = {
    "08": "cannot be reached",
    "25006": "is read-only",
    "28": "refuses this user",
    "3D000": "does not exist",
    "40": "is too busy",
    "53": "is full",
    "55P03": "is locked",
    "57": "is shutting down or starting",
    "58": "has a disk error",
}

# A connection that the server has just ended tells InternalClientError.
_ASYNCPG = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_DRIVERS = (DBAPIError, PoolExhausted, sqlite3.Error, OSError, *_ASYNCPG)


@contextlib.contextmanager
def named() -> Iterator[None]:
    """Turn the driver's errors into `StoreUnavailable`, except those of a wrong statement."""
    try:
        yield
    except _DRIVERS as error:
        trouble = _trouble(error)
        if trouble is None:
            raise
        # Not chained: the driver's own text may hold the URL or a customer's words.
        raise StoreUnavailable(f"the database {trouble}") from None


def ends_connection(error: BaseException) -> bool:
    """Whether nothing more can be asked on the connection that told it; the driver may notice only a moment later."""
    fatal = getattr(error, "severity_en", None) in {"FATAL", "PANIC"}
    return fatal or isinstance(error, asyncpg.PostgresConnectionError | asyncpg.InternalClientError)


def _trouble(error: BaseException) -> str | None:
    """None when the statement itself was wrong."""
    if isinstance(error, PoolExhausted):
        return "is too busy"
    if isinstance(error, OSError):
        return _out_of_reach(error)
    if isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError):
        return "cannot be reached"
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    return _on_postgresql(error, getattr(cause, "sqlstate", None) or "")


def _out_of_reach(error: OSError) -> str:
    match error:
        case socket.gaierror():
            return "cannot be reached: nobody knows its host"
        case ConnectionRefusedError() | FileNotFoundError():
            return "cannot be reached: no server listens there"
        case TimeoutError():
            return "cannot be reached: it did not answer in time"
    return "cannot be reached"


def _on_postgresql(error: BaseException, sqlstate: str) -> str | None:
    for length in (5, 2):
        if found := _POSTGRESQL.get(sqlstate[:length]):
            return found
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return "cannot be reached"
    return None

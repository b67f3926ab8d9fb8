"""SQLite: one thread that commits together what waits for it together."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from bot.errors import StoreUnavailable
from bot.store.prepared import Prepared, Values
from bot.store.types import from_json, to_json_text

T = TypeVar("T")
Clock = Callable[[], float]

# sqlite3 itself waits 5 seconds for a lock; `?timeout=…` in the URL changes that.
PRAGMAS = ("synchronous = NORMAL", "foreign_keys = ON")
WAL_SECONDS = 5
MOST_TOGETHER = 64


@dataclass(frozen=True, slots=True)
class _Job:
    """A transaction that somebody waits for."""

    fn: Callable[[Connection], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Failed:
    """What a transaction raised."""

    error: BaseException


class SqliteRunner:
    """A commit costs about as much as the statements of a message. So transactions that wait at the same time
    share one, each behind a savepoint of its own: one that fails takes no other with it."""

    def __init__(self, url: str, clock: Clock, *, only_reads: bool = False) -> None:
        self._engine = _engine(url, clock, only_reads=only_reads)
        self._held: Connection | None = None
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False

    async def run(self, fn: Callable[[Connection], T]) -> T:
        """All or nothing."""
        if self._closed:
            raise StoreUnavailable("the database is closed")
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="database", daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(fn, loop, future))
        return await future

    run_each = run_short = run

    async def fetch(self, statement: Prepared, values: Values) -> Sequence[Any]:
        """One statement."""
        return await self.run(lambda connection: statement.rows(connection, values))

    async def close(self) -> None:
        """What waits is still done; later calls raise `StoreUnavailable`."""
        self._closed = True
        thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            await asyncio.get_running_loop().run_in_executor(None, thread.join)

    def _work(self) -> None:
        going = True
        while going:
            jobs, going = self._waiting()
            if jobs:
                _tell(jobs, self._done_together(jobs))
        self._let_go()

    def _waiting(self) -> tuple[list[_Job], bool]:
        """Wait for one transaction and take what waits behind it. False: it was the last."""
        jobs: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            if not job.future.cancelled():
                jobs.append(job)
            if len(jobs) == MOST_TOGETHER:
                return jobs, True
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return jobs, True
        return jobs, False

    def _done_together(self, jobs: Sequence[_Job]) -> list[Any]:
        """Each one's result or `_Failed`; when the commit fails, all of them have failed."""
        try:
            if self._held is None:
                self._held = self._engine.connect()
            with self._held.begin():
                if len(jobs) == 1:
                    return [jobs[0].fn(self._held)]
                return [_behind_a_savepoint(job.fn, self._held) for job in jobs]
        except BaseException as error:
            if isinstance(getattr(error, "orig", error), sqlite3.Error):
                self._let_go()
            return [_Failed(error)] * len(jobs)

    def _let_go(self) -> None:
        """Of a connection that may be of no more use."""
        held, self._held = self._held, None
        if held is not None:
            held.close()
        self._engine.dispose()


def _behind_a_savepoint(fn: Callable[[Connection], Any], connection: Connection) -> Any:
    raw = _raw(connection)
    raw.execute("SAVEPOINT alone")
    try:
        result = fn(connection)
    except BaseException as error:
        if not raw.in_transaction:  # SQLite has undone everything, for want of space say
            raise
        raw.execute("ROLLBACK TO alone")
        result = _Failed(error)
    raw.execute("RELEASE alone")
    return result


def _tell(jobs: Sequence[_Job], results: Sequence[Any]) -> None:
    waiting: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
    for job, result in zip(jobs, results, strict=True):
        waiting.setdefault(job.loop, []).append((job.future, result))
    for loop, told in waiting.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, told)


def _resolve(told: Sequence[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, result in told:
        if future.done():  # whoever waited has given up
            continue
        if isinstance(result, _Failed):
            future.set_exception(result.error)
        else:
            future.set_result(result)


def _engine(url: str, clock: Clock, *, only_reads: bool) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_reset_on_return=None,
        connect_args={"check_same_thread": False},
        hide_parameters=True,
        json_serializer=to_json_text,
        json_deserializer=from_json,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None
        connection.create_function("tepai_now", 0, clock)
        _use_wal(connection)
        for pragma in (*PRAGMAS, f"query_only = {only_reads:d}"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later would otherwise fail where it could have waited.
        _raw(connection).execute("BEGIN" if only_reads else "BEGIN IMMEDIATE").close()

    return engine


def _raw(connection: Connection) -> sqlite3.Connection:
    raw: Any = connection.connection.dbapi_connection
    return raw  # type: ignore[no-any-return]


def _use_wal(connection: sqlite3.Connection) -> None:
    """Readers and the writer then do not wait for each other. Only this switch, made once in a file's life, does
    not wait for a lock by itself."""
    deadline = time.monotonic() + WAL_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return

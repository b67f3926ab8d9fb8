"""PostgreSQL: the same statement of several customers, waiting at the same time, goes there together.

A round trip costs this process more than all else about a small statement. What has come together is one pipeline with
one commit, but each of them stays a statement of its own, with its own time and its own view of the data.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import StoreUnavailable
from bot.store import trouble
from bot.store.prepared import Prepared, Values

MOST_TOGETHER = 32
MOST_WAITING = 1_000
"""Of one statement: more than a database that answers at all ever leaves behind."""

Rows = Sequence[Any]
Borrow = Callable[[], AbstractAsyncContextManager[AsyncConnection]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What somebody waits for."""

    values: Values
    found: asyncio.Future[Rows]


class Together:
    """Sends statements in groups. Whoever gives up waiting does not stop what is under way."""

    def __init__(self, borrow: Borrow) -> None:
        self._borrow = borrow
        self._waiting: defaultdict[Prepared, list[_Asked]] = defaultdict(list)
        self._sending: set[asyncio.Task[None]] = set()

    async def fetch(self, statement: Prepared, values: Values) -> Rows:
        """What it selects or returns; a transaction of its own."""
        waiting = self._waiting[statement]
        if len(waiting) >= MOST_WAITING:
            raise StoreUnavailable("the database is too busy")
        asked = _Asked(values, asyncio.get_running_loop().create_future())
        waiting.append(asked)
        if len(waiting) == 1:
            self._begin(statement)
        return await asked.found

    def _begin(self, statement: Prepared, group: Sequence[_Asked] | None = None) -> None:
        task = asyncio.create_task(self._send(statement, group))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, statement: Prepared, group: Sequence[_Asked] | None) -> None:
        """Without a `group`, send what waits by the time that there is a connection for it."""
        try:
            async with self._borrow() as connection:
                group = self._next(statement) if group is None else group
                found = await statement.fetch_each(connection, [asked.values for asked in group])
        except Exception as error:
            self._failed(statement, self._next(statement) if group is None else group, error)
        else:
            for asked, rows in zip(group, found, strict=True):
                if not asked.found.done():
                    asked.found.set_result(rows)

    def _next(self, statement: Prepared) -> Sequence[_Asked]:
        """In the order of their conversations, so that two groups do not wait crosswise for each other's locks."""
        waiting = self._waiting[statement]
        group, rest = waiting[:MOST_TOGETHER], waiting[MOST_TOGETHER:]
        self._waiting[statement] = rest
        if rest:
            self._begin(statement)
        wanted = [asked for asked in group if not asked.found.done()]
        return sorted(wanted, key=lambda asked: str(asked.values.get("key", "")))

    def _failed(self, statement: Prepared, group: Sequence[_Asked], error: Exception) -> None:
        if len(group) > 1 and _is_one_statements(error):
            for asked in group:
                self._begin(statement, [asked])
            return
        for asked in group:
            if not asked.found.done():
                asked.found.set_exception(error)


def _is_one_statements(error: Exception) -> bool:
    """Whether only one of a group may be at fault. Nothing of the group was kept then."""
    return isinstance(error, asyncpg.PostgresError) and not trouble.ends_connection(error)

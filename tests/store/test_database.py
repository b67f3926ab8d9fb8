from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.util import await_only

from bot.errors import ConfigError, StoreUnavailable
from bot.store.clock import dbnow
from bot.store.database import Database
from bot.store.postgresql import LOCK_SECONDS
from bot.store.tables import channel_pause
from tests.conftest import Clock
from tests.postgres import Server


def put(connection: Connection, channel: str, at: float = 1.0) -> None:
    connection.execute(insert(channel_pause), {"channel": channel, "blocked_until": at})


def channels(connection: Connection) -> list[str]:
    return list(connection.scalars(select(channel_pause.c.channel).order_by(channel_pause.c.channel)))


def put_then_fail(connection: Connection) -> None:
    put(connection, "lost")
    raise LookupError("the caller's own error")


async def test_a_function_is_one_transaction(database: Database) -> None:
    for run, name in ((database.run, "1"), (database.run_short, "2")):
        await run(put, name)
        with pytest.raises(LookupError):
            await run(put_then_fail)
        assert (await run(channels))[-1] == name
    assert await database.run(channels) == ["1", "2"]


async def test_a_broken_rule_is_the_callers_to_see(database: Database) -> None:
    await database.run(put, "once")
    with pytest.raises(IntegrityError):
        await database.run(put, "once")


async def test_many_callers_at_once(database: Database) -> None:
    await asyncio.gather(*((database.run, database.run_short)[n % 2](put, f"{n:02}") for n in range(60)))
    assert len(await database.run(channels)) == 60


async def test_a_short_transaction_waits_for_a_row_longer_than_a_statement_may(postgres_url: str) -> None:
    database = Database(postgres_url)
    await database.run(put, "web")
    locked, change = asyncio.Event(), update(channel_pause).values(blocked_until=channel_pause.c.blocked_until + 1)

    async def hold() -> None:
        locked.set()
        await asyncio.sleep(LOCK_SECONDS + 0.5)  # what is measured is time itself

    def hold_a_row(connection: Connection) -> None:
        connection.execute(change)
        await_only(hold())

    holding = asyncio.create_task(database.run(hold_a_row))
    await locked.wait()
    await database.run_short(lambda c: c.execute(change))
    await holding
    assert await database.run(lambda c: c.scalar(select(channel_pause.c.blocked_until))) == 3.0
    await database.close()


async def test_a_cut_connection_costs_one_short_transaction(postgres_url: str) -> None:
    database = Database(postgres_url)
    with pytest.raises(StoreUnavailable):
        await database.run_short(lambda c: c.exec_driver_sql("select pg_terminate_backend(pg_backend_pid())"))
    await database.run_short(put, "after")
    assert await database.run_short(channels) == ["after"]
    await database.close()


async def test_a_connection_left_in_a_transaction_serves_nobody_else(postgres_url: str) -> None:
    """As when COMMIT itself got no answer in time: what came next would be lost with that transaction."""
    database, other = Database(postgres_url), Database(postgres_url)
    await database.run_each(lambda c: c.exec_driver_sql("BEGIN"))
    await database.run_each(put, "kept")
    assert await other.run_each(channels) == ["kept"]
    await database.close()
    await other.close()


async def test_sqlite_reads_the_clock_it_was_given(sqlite_url: str, clock: Clock) -> None:
    database = Database(sqlite_url, clock)
    clock.now = 1_000.5
    assert await database.run(lambda c: c.scalar(select(dbnow()))) == 1_000.5
    clock.forward(60)
    assert await database.run(lambda c: c.scalar(select(dbnow()))) == 1_060.5
    await database.close()


async def test_postgresql_has_its_own_clock(postgres_url: str) -> None:
    database = Database(postgres_url, clock=lambda: 5.0)
    found = await database.run(lambda c: c.scalar(select(dbnow())))
    assert found > 1_700_000_000
    await database.close()


async def test_a_closed_database_is_unavailable(database: Database) -> None:
    await database.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await database.run(channels)


async def test_an_absent_folder(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/nowhere/tepai.db")
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        await database.run(channels)
    await database.close()


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "tepai.db"
    file.write_text("a letter to the editor, long enough to be looked at " * 100)
    database = Database(f"sqlite:///{file}")
    with pytest.raises(StoreUnavailable, match="not a database"):
        await database.run(channels)
    await database.close()


async def test_a_read_only_sqlite_database(sqlite_url: str) -> None:
    database = Database(sqlite_url.replace("sqlite:///", "sqlite:///file:") + "?mode=ro&uri=true")
    with pytest.raises(StoreUnavailable, match="read-only"):
        await database.run(put, "web")
    await database.close()


async def test_a_full_sqlite_database(sqlite_url: str) -> None:
    database = Database(sqlite_url)

    def fill(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1").close()
        for n in range(100):
            put(connection, f"{n}" + "x" * 4_000)

    with pytest.raises(StoreUnavailable, match="full"):
        await database.run(fill)
    await database.close()


async def test_a_locked_sqlite_database(sqlite_url: str) -> None:
    holder, other = Database(sqlite_url), Database(f"{sqlite_url}?timeout=0.01")

    async def begin_while_held() -> None:
        with pytest.raises(StoreUnavailable, match="locked"):
            await other.run(channels)

    loop = asyncio.get_running_loop()
    # The holder's transaction stays open in its own thread until the other one has been refused.
    await holder.run(lambda _: asyncio.run_coroutine_threadsafe(begin_while_held(), loop).result())
    await holder.close()
    await other.close()


async def test_an_absent_postgresql_server(tmp_path: Path) -> None:
    database = Database(f"postgresql+asyncpg://postgres:hunter2@/tepai?host={tmp_path}")
    with pytest.raises(StoreUnavailable) as caught:
        await database.run(channels)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    await database.close()


async def test_an_absent_postgresql_database(postgres: Server) -> None:
    database = Database(postgres.url("nowhere"))
    with pytest.raises(StoreUnavailable, match="does not exist"):
        await database.run(channels)
    await database.close()


async def test_a_postgresql_database_whose_connections_were_cut(postgres_url: str, postgres: Server) -> None:
    database = Database(postgres_url)
    await database.run(put, "before")
    with pytest.raises(StoreUnavailable):
        await database.run(lambda c: c.exec_driver_sql("select pg_terminate_backend(pg_backend_pid())"))
    assert await database.run(channels) == ["before"]
    await database.close()


async def test_a_read_only_postgresql_transaction(postgres_url: str) -> None:
    database = Database(postgres_url)

    def write(connection: Connection) -> None:
        connection.exec_driver_sql("set transaction read only")
        put(connection, "web")

    with pytest.raises(StoreUnavailable, match="read-only"):
        await database.run(write)
    await database.close()


@pytest.mark.parametrize(
    "url", ["mysql://root:hunter2@db/x", "sqlite+aiosqlite:///x.db", "postgresql://u:hunter2@db/x"]
)
def test_other_databases_are_refused_without_repeating_the_url(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Database(url)
    assert "hunter2" not in str(caught.value)

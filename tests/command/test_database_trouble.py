"""A database in trouble: told in one line at the start, and 503 with nothing kept in mid-run, until it is back."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection, select, text

from bot.store.database import Database
from bot.store.migrate import upgrade
from bot.store.tables import inbound, lane, outbox
from tests.command.disks import Allowance, Disk, SmallDisk, small_disk
from tests.command.serving import Serving
from tests.command.tepai import ROOT, call, start
from tests.postgres import SETTINGS, Server, throwaway
from tests.webchat.browser import Browser

Serve = Callable[[str], Serving]

OUTSIDE_DEMO = "demo: false\nsmtp: {host: 127.0.0.1}\n"
SECRET = {"TEPAI_SECRET": "a secret for these tests only"}


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[Server]:
    """A server that these tests may take away, and that keeps what it has committed."""
    with throwaway((*SETTINGS, "synchronous_commit=on")) as server:
        yield server


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "small") as disk:
        yield disk


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    begun: list[Serving] = []

    def served(url: str) -> Serving:
        begun.append(Serving(start(tmp_path, "run", PORT="0", DATABASE_URL=url)))
        return begun[-1]

    yield served
    for serving in begun:
        serving.process.kill()
        serving.process.communicate()


def refused(tmp_path: Path, url: str, *arguments: str, **environ: str) -> str:
    """What the command says when it does not start: one line."""
    found = call(tmp_path, *(arguments or ("run",)), PORT="0", DATABASE_URL=url, **environ)
    assert found.returncode == 2, found.stderr
    (line,) = found.stderr.splitlines()
    return line


@pytest.mark.parametrize("command", ["run", "worker"])
def test_a_locked_file_at_the_start(tmp_path: Path, sqlite_url: str, command: str) -> None:
    with closing(locked(tmp_path)):
        said = refused(tmp_path, f"{sqlite_url}?timeout=0.1", command)
    assert said == "tepai: the database is locked"


def test_a_read_only_file_at_the_start(tmp_path: Path, sqlite_url: str) -> None:
    said = refused(tmp_path, sqlite_url.replace("sqlite:///", "sqlite:///file:") + "?mode=ro&uri=true")
    assert said == "tepai: the database is read-only"


def test_a_full_disk_at_the_start(tmp_path: Path) -> None:
    begun = (
        f"import os, resource; resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)); os.execv({sys.executable!r}, ["
    )
    begun += f"{sys.executable!r}, '-m', 'bot', 'db', 'upgrade'])"
    # A limit on files is a limit on compiled modules as well.
    environ = {
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DATABASE_URL": f"sqlite:///{tmp_path}/tepai.db",
    }
    found = subprocess.run(
        [sys.executable, "-c", begun], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stderr) == (2, "tepai: the database has a disk error\n")


def test_a_small_disk_that_is_full_at_the_start(disk: Disk, tmp_path: Path) -> None:
    """Where nothing may be mounted, the test above has shown as much."""
    url = f"sqlite:///{disk.folder}/tepai.db"
    if isinstance(disk, SmallDisk):
        disk.fill()
        assert refused(tmp_path, url) in ("tepai: the database is full", "tepai: the database has a disk error")
        disk.free()
    assert call(tmp_path, "db", "upgrade", DATABASE_URL=url).returncode == 0


async def test_a_revision_that_is_not_this_versions(tmp_path: Path, postgres: Server) -> None:
    (tmp_path / "config.yaml").write_text(OUTSIDE_DEMO)
    async with postgres.database() as url:
        assert "the database is empty: run `tepai db upgrade`" in refused(tmp_path, url, **SECRET)
        await upgrade(url)
        database = Database(url)
        await database.run(lambda c: c.execute(text("update alembic_version set version_num = 'from_the_future'")))
        await database.close()
        line = refused(tmp_path, url, **SECRET)
        assert "from_the_future" in line and line.endswith("update Tepai")


def test_a_server_that_is_down_at_the_start(tmp_path: Path, own_postgres: Server) -> None:
    own_postgres.stop()
    try:
        assert (
            refused(tmp_path, own_postgres.url("postgres"))
            == "tepai: the database cannot be reached: no server listens there"
        )
    finally:
        own_postgres.start()


async def test_a_lock_in_mid_run(tmp_path: Path, serve: Serve) -> None:
    url = f"sqlite:///{tmp_path}/tepai.db"
    serving, holders = serve(f"{url}?timeout=0.1"), list[sqlite3.Connection]()

    await goes_on_after(serving, url, lambda: holders.append(locked(tmp_path)), lambda: holders.pop().close())


async def test_a_disk_that_is_full_in_mid_run(disk: Disk, serve: Serve) -> None:
    url = f"sqlite:///{disk.folder}/tepai.db"
    serving = serve(url)

    def fill() -> None:
        with closing(sqlite3.connect(disk.folder / "tepai.db")) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # or there would be room left in what is already written
        disk.fill(serving)

    await goes_on_after(serving, url, fill, lambda: disk.free(serving))


async def test_files_that_may_not_grow_in_mid_run(tmp_path: Path, serve: Serve) -> None:
    url, quota = f"sqlite:///{tmp_path}/tepai.db", Allowance(tmp_path)
    serving = serve(url)
    await goes_on_after(serving, url, lambda: quota.fill(serving), lambda: quota.free(serving))


async def test_a_server_that_goes_away_in_mid_run(serve: Serve, own_postgres: Server) -> None:
    await own_postgres.create("away")
    url = own_postgres.url("away")
    await goes_on_after(serve(url), url, own_postgres.stop, own_postgres.start)


async def test_a_process_without_its_database_still_stops_when_told(serve: Serve, own_postgres: Server) -> None:
    await own_postgres.create("stopping")
    serving = serve(own_postgres.url("stopping"))
    own_postgres.stop()
    try:
        assert "Traceback" not in serving.stop(signal.SIGTERM)
    finally:
        own_postgres.start()


async def goes_on_after(serving: Serving, url: str, harm: Callable[[], None], mend: Callable[[], None]) -> None:
    """Nothing is acknowledged or half kept meanwhile; the same message sent again afterwards counts once."""
    async with Browser(serving.url) as browser:
        await browser.open()
        assert (await browser.say("你好"))[0] == 202
        await until(lambda: answers(browser, 1))
        id = str(uuid4())
        harm()
        try:
            for _ in range(2):
                status, body = await browser.say("帮助", id)
                assert (status, body["error"]) == (503, "unavailable")
        finally:
            mend()
        await until(lambda: taken(browser, id))
        assert (await browser.say("帮助", id))[0] == 202
        await until(lambda: answers(browser, 2))
        said = [entry["text"] for entry in await browser.history() if entry["sender"] == "customer"]
        assert said == ["你好", "帮助"]
    assert "Traceback" not in serving.stop(signal.SIGTERM)
    database = Database(url)
    assert await database.run(numbering) == []
    await database.close()


async def answers(browser: Browser, count: int) -> bool:
    return len([entry for entry in await browser.history() if entry["sender"] == "bot"]) >= count


async def taken(browser: Browser, id: str) -> bool:
    return (await browser.say("帮助", id))[0] == 202


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await holds():  # noqa: ASYNC110 -- it is another process that changes
            await asyncio.sleep(0.1)


def numbering(connection: Connection) -> list[str]:
    """The conversations whose log has a gap or a number twice, as a half-kept step would leave it."""
    wrong = []
    for key, last in connection.execute(select(lane.c.conversation, lane.c.last_seq)).all():
        numbers = [
            seq
            for table in (inbound, outbox)
            for seq in connection.scalars(select(table.c.seq).where(table.c.conversation == key))
        ]
        if sorted(numbers) != list(range(1, last + 1)):
            wrong.append(key)
    return wrong


def locked(folder: Path) -> sqlite3.Connection:
    """Somebody else in the middle of a transaction, until closed."""
    holder = sqlite3.connect(folder / "tepai.db", isolation_level=None, timeout=10)
    holder.execute("BEGIN IMMEDIATE")
    return holder

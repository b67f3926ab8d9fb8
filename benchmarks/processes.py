"""Servers as processes of their own, and what processes cost."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
MB = 1_000_000
START_SECONDS = 30
STOP_SECONDS = 15


class Server:
    """A running server."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.port = port
        self._process = process
        self._seen = psutil.Process(process.pid)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def cpu(self) -> float:
        """Seconds of processor time so far, of all threads."""
        return cpu_of(self._seen)

    def megabytes(self) -> float:
        """Resident memory, in 10⁶ bytes."""
        return float(self._seen.memory_info().rss / MB)

    async def kill(self) -> None:
        """As `kill -9`."""
        self._process.kill()
        await self._process.wait()

    async def stop(self) -> None:
        """As a service manager stops it. Raises `TimeoutError` when it does not."""
        if self._process.returncode is None:
            self._process.terminate()
            async with asyncio.timeout(STOP_SECONDS):
                await self._process.wait()


@contextlib.asynccontextmanager
async def server(name: str, *options: object) -> AsyncIterator[Server]:
    """One of `benchmarks.servers`, ready. Raises `RuntimeError` when it does not start."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.servers",
        name,
        *map(str, options),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_SECONDS):
            line = await process.stdout.readline()
        if not line.strip().isdigit():
            raise RuntimeError(f"the server {name!r} did not start")
        yield (running := Server(process, int(line)))
        await running.stop()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def cpu_of(process: psutil.Process) -> float:
    """Seconds of processor time of one process."""
    spent = process.cpu_times()
    return float(spent.user + spent.system)


def family_cpu(process: psutil.Process) -> float:
    """Seconds of a process and its children, those that have ended too."""
    spent = process.cpu_times()
    ended = spent.children_user + spent.children_system
    alive = 0.0
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            alive += cpu_of(child)
    return float(spent.user + spent.system + ended + alive)


def total(servers: Sequence[Server]) -> float:
    """Seconds of processor time of several servers."""
    return sum(one.cpu() for one in servers)


def machine_cpu() -> float:
    """Seconds of processor time of everything on this machine."""
    spent = psutil.cpu_times()
    return float(sum(spent) - spent.idle - getattr(spent, "iowait", 0.0) - getattr(spent, "guest", 0.0))

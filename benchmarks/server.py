"""The product as a newcomer meets it: how soon it answers, and how much memory it then holds."""

from __future__ import annotations

import asyncio
import re
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil

from benchmarks.figures import Figure, median
from tests.command.tepai import start
from tests.webchat.browser import Browser

REPETITIONS = 5
IDLE_SECONDS = 3
MB = 1_000_000
LINES = ("为什么还在等待确认?", "继续等,有动静通知我", "谢谢")

_LINK = re.compile(r"(http://[\d.]+:\d+)/chat(\?lang=zh&link=\S+)")


def measure() -> list[Figure]:
    """Seconds from the start of the process to the first answer, and MB when it is idle afterwards."""
    found = [asyncio.run(_one_life()) for _ in range(REPETITIONS)]
    seconds, megabytes = zip(*found, strict=True)
    return [
        median("start-up to first answer", seconds, "s", 3),
        median("resident memory of the idle server", megabytes, "MB", 150),
    ]


async def _one_life() -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="tepai-") as folder:
        begun = time.perf_counter()
        process = start(Path(folder), "run", PORT="0")
        try:
            url, query = await asyncio.to_thread(address, process)
            async with Browser(url) as browser:
                await browser.open(query)
                lines = browser.by_socket()
                await _answer(lines)
                seconds = time.perf_counter() - begun
                await _talk(browser, lines)
            await asyncio.sleep(IDLE_SECONDS)
            return seconds, _resident(process.pid)
        finally:
            process.kill()
            process.communicate()


def address(process: subprocess.Popen[str]) -> tuple[str, str]:
    """The server and the first customer's link, as it prints them."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := _LINK.search(line):
            return found[1], found[2]
    raise RuntimeError("the server did not start")


async def _talk(browser: Browser, lines: AsyncIterator[dict[str, Any] | None]) -> None:
    for line in LINES:
        await browser.say(line)
        await _answer(lines)


async def _answer(lines: AsyncIterator[dict[str, Any] | None]) -> None:
    async for entry in lines:
        if entry and entry["sender"] == "bot":
            return
    raise RuntimeError("the server left without an answer")


def _resident(pid: int) -> float:
    root = psutil.Process(pid)
    return float(sum(process.memory_info().rss for process in [root, *root.children(recursive=True)]) / MB)

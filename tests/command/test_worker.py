"""`tepai worker` and `tepai run --no-worker`: one database, several processes, on both databases."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.commands.run import STOP_SECONDS
from tests.command.serving import MARGIN, Serving
from tests.command.tepai import start
from tests.webchat.browser import Browser

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def begin(database_url: str, tmp_path: Path) -> Iterator[Start]:
    """Starts a process on the test's database."""
    begun: list[subprocess.Popen[str]] = []

    def started(*arguments: str) -> subprocess.Popen[str]:
        begun.append(start(tmp_path, *arguments, DATABASE_URL=database_url, PORT="0"))
        return begun[-1]

    yield started
    for process in begun:
        process.kill()
        process.communicate()


def working(process: subprocess.Popen[str]) -> subprocess.Popen[str]:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "Tepai works" in line, process.communicate(timeout=10)
    return process


async def answers(browser: Browser, count: int) -> list[str]:
    """The first `count` things the bot said, when they are there."""
    async with asyncio.timeout(20):
        while True:
            said = [entry["text"] for entry in await browser.history() if entry["sender"] == "bot"]
            if len(said) >= count:
                return said
            await asyncio.sleep(0.1)


async def test_run_alone_serves_and_works(begin: Start) -> None:
    serving = Serving(begin("run"))
    async with Browser(serving.url) as browser:
        await browser.open()
        assert (await browser.say("你好"))[0] == 202
        assert await answers(browser, 1)


async def test_without_a_worker_messages_are_kept_until_one_comes(begin: Start) -> None:
    serving = Serving(begin("run", "--no-worker"))
    async with Browser(serving.url) as browser:
        await browser.open()
        for words in ("你好", "人工费用怎么算"):
            assert (await browser.say(words))[0] == 202
        entries = await browser.history()
        assert [entry["sender"] for entry in entries] == ["customer"], "nothing is shown past what is undelivered"
        worker = working(begin("worker"))
        assert len(await answers(browser, 2)) >= 2
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=STOP_SECONDS + MARGIN)


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_stops_when_told(begin: Start, sign: signal.Signals) -> None:
    worker = working(begin("worker"))
    worker.send_signal(sign)
    _, err = worker.communicate(timeout=STOP_SECONDS + MARGIN)
    assert worker.returncode == 0
    assert "Traceback" not in err

"""Tepai with Telegram and an echoing dialogue as a process of its own: `python -m tests.telegram.process API DATABASE`.

Prints where its webhook is, and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette

from adapters.telegram.webhook import PATH
from bot.store.database import Database
from tests.telegram.server import BotApi
from tests.telegram.tepai import Tepai

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def process(api: BotApi, database_url: str) -> AsyncIterator[str]:
    """One running process, as the address of its webhook; killed at the end."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.telegram.process", str(api.port), database_url),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    try:
        yield (await child.stdout.readline()).decode().strip()
    finally:
        child.kill()
        await child.wait()


async def main(port: int, database_url: str) -> None:
    api = BotApi()
    api.port = port
    database = Database(database_url)
    tepai = Tepai(api, database)
    assert tepai.door is not None
    await tepai.door.open(Starlette(routes=tepai.adapter.routes()))
    tepai.runtime.start()
    print(tepai.door.url + PATH, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await tepai.close()


if __name__ == "__main__":
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))

"""The servers under load, each a process of its own: `python -m benchmarks.servers NAME …` prints its port when ready.

All of them take the same webhook on the same Starlette and uvicorn; what they then do with it is what is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
import uvloop
from pydantic import SecretStr
from pydantic_core import to_json
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from benchmarks import floor, profiling
from benchmarks.cheapest import CHEAPEST
from benchmarks.demo import hold_orders
from bot import logs
from bot.bootstrap import assemble
from bot.channel import Capabilities
from bot.config import Settings
from bot.messages import Address, Incoming, Outgoing
from bot.runtime.service import Runtime
from bot.sections import DatabaseSection

SECRET = "a secret of the benchmarks"
CHANNEL = "phone"

Take = Callable[[dict[str, Any]], Awaitable[int]]
"""Takes the body of a webhook durably and returns its place in the conversation's log."""

Serving = Callable[[argparse.Namespace], AbstractAsyncContextManager[Take]]


class Sender:
    """The channel: POSTs every message to where the customers are."""

    name = CHANNEL
    capabilities = Capabilities()

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/messages"
        self._session: aiohttp.ClientSession | None = None
        self._process = os.getpid()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Keep connections until the block ends."""
        # The worker's own time limit is enough; another for each request would cost timers.
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Content-Type": "application/json", "User-Agent": "tepai", "Accept-Encoding": "identity"},
        ) as self._session:
            yield

    async def send(self, address: Address, message: Outgoing, seq: int) -> None:
        """See `bot.channel.Channel.send`."""
        assert self._session is not None
        tokens = [choice.token for choice in message.choices]
        body = {"chat": address.chat, "seq": seq, "key": message.key, "text": message.text, "tokens": tokens}
        async with self._session.post(self._url, data=to_json({**body, "process": self._process})) as reply:
            reply.raise_for_status()


def settings(url: str) -> Settings:
    """The defaults, on this database."""
    return Settings(secret=SecretStr(SECRET), database=DatabaseSection(url=url))


def incoming(body: dict[str, Any]) -> Incoming:
    """The message in a webhook."""
    return Incoming(
        Address(CHANNEL, body["chat"]),
        body["id"],
        body.get("text", ""),
        pressed=body.get("pressed"),
        link=body.get("link"),
        language="zh",
    )


@contextlib.asynccontextmanager
async def _echo(_: argparse.Namespace) -> AsyncIterator[Take]:
    async def take(body: dict[str, Any]) -> int:
        return int(body["line"])

    yield take


@contextlib.asynccontextmanager
async def _echo_and_send(options: argparse.Namespace) -> AsyncIterator[Take]:
    sender = Sender(options.phones)

    async def take(body: dict[str, Any]) -> int:
        await sender.send(Address(CHANNEL, body["chat"]), Outgoing(body.get("text", "")), 1)
        return 0

    async with sender.open():
        yield take


@contextlib.asynccontextmanager
async def _tepai(options: argparse.Namespace) -> AsyncIterator[Take]:
    sender = Sender(options.phones)
    app = assemble(settings(options.url), [sender])
    async with sender.open(), app.running():
        await hold_orders(app.database)
        yield _door(app.runtime)


def _door(runtime: Runtime) -> Take:
    async def take(body: dict[str, Any]) -> int:
        return (await runtime.receive(incoming(body))).seq

    return take


def _floor(options: argparse.Namespace) -> AbstractAsyncContextManager[Take]:
    return floor.opened(options.url, _recorded(options), floor.PLAIN)


def _cheapest(options: argparse.Namespace) -> AbstractAsyncContextManager[Take]:
    return floor.opened(options.url, _recorded(options), CHEAPEST)


def _recorded(options: argparse.Namespace) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(options.rows.read_text(encoding="utf-8"))
    return found


SERVERS: dict[str, Serving] = {
    "echo": _echo,
    "echo-and-send": _echo_and_send,
    "floor": _floor,
    "cheapest": _cheapest,
    "tepai": _tepai,
}


async def serve(options: argparse.Namespace, begun: Callable[[], None]) -> None:
    """Serve until told to stop; `begun` is called when everything is ready."""
    async with SERVERS[options.name](options) as take:

        async def hook(request: Request) -> JSONResponse:
            return JSONResponse({"seq": await take(json.loads(await request.body()))})

        door = socket.create_server(("127.0.0.1", 0), backlog=2048)
        app = Starlette(routes=[Route("/hook", hook, methods=["POST"])])
        config = uvicorn.Config(app, http="httptools", lifespan="off", log_config=None, access_log=False)
        begun()
        print(door.getsockname()[1], flush=True)
        await uvicorn.Server(config).serve(sockets=[door])


def _end_with_parent() -> None:
    """Whoever started this process holds its standard input open; without them nobody would end it."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=SERVERS)
    parser.add_argument("--url", default="", help="the database")
    parser.add_argument("--phones", type=int, default=0, help="the port to which answers are sent")
    parser.add_argument("--rows", type=Path, help="what the floor writes, a JSON list with one entry a line")
    parser.add_argument("--profile", type=Path, help="write a cProfile of every thread here")
    options = parser.parse_args()
    logs.configure()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises it again when it has stopped
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with profiling.into(options.profile) as begun, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(options, begun))


if __name__ == "__main__":
    main()

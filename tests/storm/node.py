"""One process of the storm: a real database, runtime, webhook and workers. `python -m tests.storm.node ORDERS`.

`ORDERS` is a `NodeOrders` as JSON. It prints its port when it serves, and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import os
import socket
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.dialogue.turn import Dialogue
from bot.errors import StoreUnavailable
from bot.messages import Address, Incoming
from bot.performer import Performers
from bot.runtime.clockwork import OrderChanges
from bot.runtime.service import Runtime
from bot.runtime.settings import RuntimeSettings
from bot.store.database import Database
from tests.storm.dialogue import Counting
from tests.storm.far_ends import CHANNEL, HttpChannel, HttpOrders, NoLinks
from tests.storm.sabotage import switch_off


@dataclass(frozen=True, slots=True)
class NodeOrders:
    """`notes`: the file for what its channel's client heard. `without`: the safeguard that this process lacks, to
    prove that the storm would notice. `engine`: the real dialogue instead of the counting one. `settings`: of the
    runtime, where they are not the defaults."""

    name: str
    database: str
    channel: str
    orders: str
    notes: str
    without: str | None = None
    engine: bool = False
    settings: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self))


class Doors:
    """What a node answers to: customers' messages, and staff."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def app(self) -> Starlette:
        doors = (("/hook", self.hook), ("/claim", self.claim), ("/return", self.give_back))
        routes = [Route(path, door, methods=["POST"]) for path, door in doors]
        return Starlette(routes=routes, exception_handlers={StoreUnavailable: _unavailable})

    async def hook(self, request: Request) -> Response:
        sent = await request.json()
        receipt = await self._runtime.receive(Incoming(Address(CHANNEL, sent["chat"]), sent["id"], sent["text"]))
        return JSONResponse({"duplicate": receipt.duplicate})

    async def claim(self, request: Request) -> Response:
        sent = await request.json()
        done = await self._runtime.take_over(Address(CHANNEL, sent["chat"]).conversation, sent["agent"])
        return JSONResponse({"done": done})

    async def give_back(self, request: Request) -> Response:
        sent = await request.json()
        done = await self._runtime.give_back(Address(CHANNEL, sent["chat"]).conversation, sent["agent"])
        return JSONResponse({"done": done})


async def _unavailable(request: Request, error: Exception) -> Response:
    return Response(status_code=503)


async def serve(orders: NodeOrders, config: uvicorn.Config) -> None:
    """Serve and work until killed."""
    database = Database(orders.database)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        service = HttpOrders(session, orders.orders)
        channel = HttpChannel(session, orders.channel, orders.name, Path(orders.notes))
        settings = RuntimeSettings(**orders.settings)  # type: ignore[arg-type]
        dialogue, performers, gateway = _parts(orders, database, service)
        runtime = Runtime(database, dialogue, performers, {CHANNEL: channel}, gateway, NoLinks(), settings)
        config.app = Doors(runtime).app()
        runtime.start()
        threading.Thread(target=_die_with_the_storm, daemon=True).start()
        listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
        print(listening.getsockname()[1], flush=True)
        await uvicorn.Server(config).serve(sockets=[listening])


def _parts(orders: NodeOrders, database: Database, service: HttpOrders) -> tuple[Dialogue, Performers, OrderChanges]:
    if orders.engine:
        from tests.storm import real  # the flows take a second to load, and most nodes do without

        return real.parts(orders.database, database)
    return Counting(), service.performers, service


def _die_with_the_storm() -> None:
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    """Read the orders and serve."""
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    orders = NodeOrders(**json.loads(sys.argv[1]))
    if orders.without:
        switch_off(orders.without)
    config = uvicorn.Config("", log_config=None, access_log=False, lifespan="off", ws="none")
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(serve(orders, config))


if __name__ == "__main__":
    main()

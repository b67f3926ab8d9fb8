"""`tepai run`: serve the web chat and, unless another process does, the background work."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click

from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.bootstrap import App
    from bot.config import Settings

STOP_SIGNS = (signal.SIGTERM, signal.SIGINT)
STOP_SECONDS = 3
"""How long open pages may hold up the end; live streams never end by themselves."""


@click.command()
@click.option("--no-worker", is_flag=True, help="Only serve: `tepai worker` delivers, on the same database.")
def run(no_worker: bool) -> None:
    """Serve the web chat, with demo data unless `demo` is off in config.yaml."""
    settings = begin()
    door = listen(settings.web.host, settings.web.port)
    live(settings, lambda app: serve(app, door, work=not no_worker))


def begin() -> Settings:
    """What every process that stays does first: logs, a prompt end on a signal, the settings."""
    from bot import config, logs

    logs.configure()
    for sign in STOP_SIGNS:
        signal.signal(sign, lambda *_: sys.exit(0))
    return config.load()


def live(settings: Settings, life: Callable[[App], Awaitable[None]]) -> None:
    """Join the parts and run `life` on an event loop of its own."""
    from bot.bootstrap import assemble  # a second of imports: what is set wrongly is told before

    async def begun() -> None:
        await life(assemble(settings))

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(begun())


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections; port 0 means any free one. Raises `ConfigError` where that cannot be."""
    try:
        kind = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=kind, backlog=2048)
    except (OSError, OverflowError) as error:
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            hint = f"PORT={port + 1} make run"
            raise ConfigError(f"port {port} is in use by another program; choose another: {hint}") from None
        raise ConfigError(f"cannot listen on {host}:{port}: {error}") from None


async def serve(app: App, door: socket.socket, work: bool) -> None:
    """Start the parts, serve until told to stop, stop the parts. Without `work`, nothing is delivered here."""
    import uvicorn

    server = uvicorn.Server(
        uvicorn.Config(
            app.web(),
            http="httptools",
            ws="websockets-sansio",
            lifespan="off",
            log_config=None,
            access_log=False,  # addresses may carry a deep link's token
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
    )
    async with app.running(work):
        host, port = door.getsockname()[:2]
        for line in await app.what_to_open(_address(host, port)):
            click.echo(line)
        await server.serve(sockets=[door])


def _address(host: str, port: int) -> str:
    """Where a browser on this machine finds what listens on `host`."""
    every = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- what the operator chose
    reachable = every.get(host, host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def _loop_factory() -> type[asyncio.AbstractEventLoop] | None:
    try:
        from uvloop import Loop
    except ImportError:  # Windows has none
        return None
    return Loop

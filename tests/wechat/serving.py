"""Our side on a real socket, in the test's own event loop; it can be stopped and started again on its port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals stay with pytest."""
        yield


class Serving:
    """Serves one application after another at one address."""

    def __init__(self) -> None:
        self.port = 0
        self._app: ASGIApp | None = None
        self._there = asyncio.Event()
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, app: Starlette) -> None:
        """From now on this one."""
        self._app = app
        self._there.set()
        if self._server is None:
            await self._start()

    async def _start(self) -> None:
        door = socket.create_server(("127.0.0.1", self.port), backlog=256)
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else the kernel holds answers back for 40 ms
        self.port = door.getsockname()[1]
        config = uvicorn.Config(
            self._pass_on,
            interface="asgi3",
            lifespan="off",
            log_config=None,
            access_log=False,
            http="httptools",
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve([door]))

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._there.wait()
        assert self._app is not None
        await self._app(scope, receive, send)

    def cut(self) -> None:
        """As if the process had been killed; whoever asks from now on waits for the next."""
        assert self._server is not None
        self._there.clear()
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()
        for task in list(self._server.server_state.tasks):
            task.cancel()

    async def stop(self) -> None:
        if self._server and self._task:
            self._server.should_exit = True
            await self._task
            self._server = self._task = None

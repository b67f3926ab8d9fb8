"""Routes on a real socket: uvicorn in a thread, which can be stopped and started again on the same port."""

from __future__ import annotations

import socket
import threading
from abc import ABC, abstractmethod
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute


class Serving(ABC):
    """`start` takes uvicorn's options (such as ws="none")."""

    def __init__(self) -> None:
        self.port = 0
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @abstractmethod
    def routes(self) -> list[BaseRoute]:
        """What is served, made anew for each start."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, **uvicorn_options: Any) -> None:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        listening.listen(64)  # whoever connects from here on waits for the server
        self.port = listening.getsockname()[1]
        config = uvicorn.Config(
            Starlette(routes=self.routes()),
            log_config=None,  # else uvicorn takes its loggers away from everybody in this process
            access_log=False,
            timeout_graceful_shutdown=1,
            **{"ws": "websockets-sansio", **uvicorn_options},
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listening]}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        assert self._server is not None and self._thread is not None
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive(), "the server did not stop"

    def restart(self) -> None:
        self.stop()
        self.start()

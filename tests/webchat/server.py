"""The web chat on a real socket: uvicorn in a thread, which can be stopped and started again on the same port."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from typing import Any

import uvicorn
from starlette.applications import Starlette

from adapters.webchat import Demo, Persona, Sent, routes
from bot.errors import LinkError
from tests.webchat.memory_service import MemoryService

SECRET = "a secret for these tests only"
STARTED_AT = 1_790_000_000.0


def verify_link(token: str) -> str:
    """Links of the tests: "for-ID" stands for the customer ID, anything else is forged."""
    if not token.startswith("for-"):
        raise LinkError("the link is not one of ours")
    return token.removeprefix("for-")


async def personas() -> Sequence[Persona]:
    return [
        Persona(
            {"zh": "林晓", "en": "Lin Xiao"},
            {"zh": "鲜花订单等了 25 分钟,没有骑手接单", "en": "Flowers, waiting 25 minutes: no courier took the order"},
            "for-lin",
        ),
        Persona(
            {"zh": "王建国", "en": "Wang Jianguo"},
            {"zh": "地址没写门牌号,订单停住了", "en": "The address lacks a door number, the order stands still"},
            "for-wang",
        ),
        Persona(
            {"zh": "Emma Clarke", "en": "Emma Clarke"},
            {"zh": "已付款,状态却一直没变", "en": "Paid, but the state never changed"},
            "for-emma",
        ),
        Persona(
            {"zh": "陈美玲", "en": "Chen Meiling"},
            {"zh": "重复下单,想取消其中一单", "en": "Ordered twice, wants to cancel one of the two"},
            "for-chen",
        ),
    ]


async def outbox() -> Sequence[Sent]:
    return [
        Sent(
            STARTED_AT, "mail", "support@tepai.example", "订单 TP10001\n原因:<b>取件后无法取消</b>", "书面申请 T-2041"
        ),
        Sent(STARTED_AT - 60, "code", "+86 138 **** 5678", "您的验证码是 482913,10 分钟内有效。"),
    ]


class LiveServer:
    """`options` go to `routes`; `uvicorn` options (such as ws="none") by `start`."""

    def __init__(self, service: MemoryService, **options: Any) -> None:
        self.service = service
        self._options = options
        self.port = 0
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, **uvicorn_options: Any) -> None:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        listening.listen(64)  # whoever connects from here on waits for the server
        self.port = listening.getsockname()[1]
        app = Starlette(
            routes=routes(
                self.service, secret=SECRET, verify_link=verify_link, demo=Demo(personas, outbox), **self._options
            )
        )
        config = uvicorn.Config(
            app,
            log_level="warning",
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

    def conversation(self) -> str:
        """The only conversation there is."""
        (found,) = self.service.conversations()
        return found

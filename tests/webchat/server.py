"""The web chat on a real socket."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.routing import BaseRoute

from adapters.webchat import Demo, Persona, Sent, routes
from bot.errors import LinkError
from tests.serving import Serving
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


class LiveServer(Serving):
    """`options` go to `routes`."""

    def __init__(self, service: MemoryService, **options: Any) -> None:
        super().__init__()
        self.service = service
        self._options = options

    def routes(self) -> list[BaseRoute]:
        return routes(
            self.service,
            secret=SECRET,
            verify_link=verify_link,
            demo=Demo(personas, outbox, desk="/desk"),
            **self._options,
        )

    def conversation(self) -> str:
        """The only conversation there is."""
        (found,) = self.service.conversations()
        return found

"""The HTTP of one message on Telegram without Tepai: `python -m benchmarks.telegram_floor URL BOT_API_WITH_TOKEN`.

One webhook call in; out one message with four buttons, and the buttons of the message before taken away.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.telegram.tepai import SECRET

TEXT = "订单 TP10024817（一束鲜花）从 14:05 起在等待确认：附近暂时没有骑手接单。\n您可以选择："
LABELS = ("继续等，有动静通知我", "加感谢费", "改时间", "取消订单")
BUTTONS = [[{"text": label, "callback_data": f"3.{place}"}] for place, label in enumerate(LABELS)]


class Floor:
    """Answers whatever comes with the same message."""

    def __init__(self, api: str) -> None:
        self._api = api
        self._session: aiohttp.ClientSession | None = None
        self._last: dict[int, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, request: Request) -> Response:
        """The webhook."""
        update = json.loads(await request.body())
        task = asyncio.create_task(self._answer(update["message"]["chat"]["id"]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return Response()

    async def call(self, method: str, parameters: dict[str, Any]) -> Any:
        """One call of the Bot API."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
        body = json.dumps(parameters).encode()
        headers = {"Content-Type": "application/json"}
        async with self._session.post(f"{self._api}/{method}", data=body, headers=headers) as answer:
            return json.loads(await answer.read())["result"]

    async def _answer(self, chat: int) -> None:
        markup = {"inline_keyboard": BUTTONS}
        sent = await self.call("sendMessage", {"chat_id": chat, "text": TEXT, "reply_markup": markup})
        if last := self._last.get(chat):
            await self.call("editMessageReplyMarkup", {"chat_id": chat, "message_id": last})
        self._last[chat] = sent["message_id"]


async def main(url: str, api: str) -> None:
    """Serve until killed."""
    floor = Floor(api)
    app = Starlette(routes=[Route("/hook", floor.take, methods=["POST"])])
    config = uvicorn.Config(app, port=int(url.rpartition(":")[2]), lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 -- the server has no event for it
        await asyncio.sleep(0.01)
    await floor.call("setWebhook", {"url": f"{url}/hook", "secret_token": SECRET})
    await serving


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(*sys.argv[1:]))

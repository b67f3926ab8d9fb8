"""An accepted WebSocket as a line that goes on telling until either side leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.errors import StoreUnavailable

CLOSE_TRY_AGAIN = 1013
CLOSE_SLOW_READER = 1008
SEND_SECONDS = 30


async def tell(socket: WebSocket, texts: AsyncIterator[str], hear: Callable[[str], None] = lambda _: None) -> None:
    """Send every text; `hear` is called with what the page says. Ends when the page has left, when it does not read,
    or when the store is down, so that it comes again. Raises what `texts` raises else."""
    sending = asyncio.create_task(_send_all(socket, texts))
    hearing = asyncio.create_task(_hear_all(socket, hear))
    try:
        done, _ = await asyncio.wait({sending, hearing}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in (sending, hearing):
            task.cancel()
        await asyncio.gather(sending, hearing, return_exceptions=True)


async def _send_all(socket: WebSocket, texts: AsyncIterator[str]) -> None:
    try:
        async for text in texts:
            # A page that does not read must not hold its share of memory for ever.
            async with asyncio.timeout(SEND_SECONDS):
                await socket.send_text(text)
    except StoreUnavailable:
        await socket.close(CLOSE_TRY_AGAIN)
    except TimeoutError:
        await socket.close(CLOSE_SLOW_READER)
    except (WebSocketDisconnect, RuntimeError):
        return


async def _hear_all(socket: WebSocket, hear: Callable[[str], None]) -> None:
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        if text := message.get("text"):
            hear(text)

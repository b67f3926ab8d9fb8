"""A conversation's log as it grows: the same entries by WebSocket and by server-sent events, keyed by seq."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.channel import Service
from bot.errors import StoreUnavailable
from bot.messages import Entry

CLOSE_TRY_AGAIN = 1013
CLOSE_SLOW_READER = 1008
SEND_SECONDS = 30


def entry_json(entry: Entry) -> dict[str, Any]:
    """One line of the history as the page gets it; `id` is the page's own id of a customer's message."""
    return {
        "seq": entry.seq,
        "at": entry.at,
        "sender": entry.sender,
        "text": entry.text,
        "choices": [{"token": choice.token, "label": choice.label} for choice in entry.choices],
        "attachments": [
            {"kind": a.kind.value, "ref": a.ref, "name": a.name, "media_type": a.media_type, "size": a.size}
            for a in entry.attachments
        ],
        "id": entry.message_id,
        "pressed": entry.pressed,
    }


async def follow(service: Service, conversation: str, after: int, heartbeat: float) -> AsyncIterator[Entry | None]:
    """Every entry above `after`, for ever; `None` once all there is was given, and after each `heartbeat` seconds
    of silence."""
    with service.watch(conversation) as wake:
        caught_up = False
        while True:
            # The log is read after the watch began and again after every wake: no entry slips between.
            entries = await service.history(conversation, after)
            for entry in entries:
                yield entry
                after = entry.seq
            if entries:
                continue
            if not caught_up:
                caught_up = True
                yield None
            if not await wake.wait(heartbeat):
                yield None


async def by_events(service: Service, conversation: str, after: int, heartbeat: float) -> AsyncIterator[str]:
    """The log as a `text/event-stream`."""
    with suppress(StoreUnavailable):
        async for entry in follow(service, conversation, after, heartbeat):
            if entry is None:
                yield "event: beat\ndata: {}\n\n"
            else:
                yield f"id: {entry.seq}\nevent: entry\ndata: {_compact(entry_json(entry))}\n\n"


async def by_socket(socket: WebSocket, service: Service, conversation: str, after: int, heartbeat: float) -> None:
    """The log on an accepted WebSocket, until either side leaves."""
    sending = asyncio.create_task(_send_all(socket, service, conversation, after, heartbeat))
    leaving = asyncio.create_task(_until_gone(socket))
    try:
        done, _ = await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in (sending, leaving):
            task.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)


async def _send_all(socket: WebSocket, service: Service, conversation: str, after: int, heartbeat: float) -> None:
    try:
        async for entry in follow(service, conversation, after, heartbeat):
            line = {"type": "beat"} if entry is None else {"type": "entry", "entry": entry_json(entry)}
            # A page that does not read must not hold its share of memory for ever.
            async with asyncio.timeout(SEND_SECONDS):
                await socket.send_text(_compact(line))
    except StoreUnavailable:
        await socket.close(CLOSE_TRY_AGAIN)
    except TimeoutError:
        await socket.close(CLOSE_SLOW_READER)
    except (WebSocketDisconnect, RuntimeError):
        return


async def _until_gone(socket: WebSocket) -> None:
    """Messages go by POST only; what arrives here is read and dropped until the page leaves."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


def _compact(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))

"""A conversation's log as it grows: the same entries by WebSocket and by server-sent events, keyed by seq."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket

from adapters.web.sockets import tell
from bot.channel import Service
from bot.errors import StoreUnavailable
from bot.messages import Entry


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
    """The log on an accepted WebSocket, until either side leaves. Messages go by POST only: what the page says here is
    not heard."""
    await tell(socket, _texts(service, conversation, after, heartbeat))


async def _texts(service: Service, conversation: str, after: int, heartbeat: float) -> AsyncIterator[str]:
    async for entry in follow(service, conversation, after, heartbeat):
        yield _compact({"type": "beat"} if entry is None else {"type": "entry", "entry": entry_json(entry)})


def _compact(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))

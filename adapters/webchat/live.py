"""A conversation's log as it grows, and whom one talks to: the same by WebSocket and by server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket

from adapters.web.sockets import tell
from bot.channel import WRITING_AGAIN, Counterpart, Service, counterpart_of
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


def counterpart_json(who: Counterpart) -> dict[str, Any]:
    """Whom the customer talks to, as the page gets it; `writing`: that person is, at this moment."""
    return {"person": who.person, "place": who.place, "writing": who.writing_at is not None}


async def follow(
    service: Service, conversation: str, after: int, heartbeat: float
) -> AsyncIterator[Entry | Counterpart | None]:
    """Every entry above `after`, for ever; whom the customer talks to, at first and whenever that has changed; `None`
    once all there is was given, and after each `heartbeat` seconds of silence."""
    topic, told, look = counterpart_of(conversation), None, True
    with service.watch(conversation, topic) as wake:
        while True:
            # The log is read after the watch began and again after every wake: no entry slips between.
            while entries := await service.history(conversation, after):
                for entry in entries:
                    yield entry
                    after = entry.seq
            if wake.take(topic) or look:
                now = await service.counterpart(conversation)
                if told is None or _is_news(now, told):
                    yield now
                    told = now
            if look:
                yield None
            look = not await wake.wait(heartbeat)


def _is_news(now: Counterpart, told: Counterpart) -> bool:
    if (now.person, now.place) != (told.person, told.place):
        return True
    if now.writing_at is None or told.writing_at is None:
        return now.writing_at != told.writing_at
    return now.writing_at - told.writing_at >= WRITING_AGAIN


async def by_events(service: Service, conversation: str, after: int, heartbeat: float) -> AsyncIterator[str]:
    """The log as a `text/event-stream`."""
    with suppress(StoreUnavailable):
        async for news in follow(service, conversation, after, heartbeat):
            name, data = _named(news)
            id = f"id: {news.seq}\n" if isinstance(news, Entry) else ""
            yield f"{id}event: {name}\ndata: {_compact(data)}\n\n"


async def by_socket(socket: WebSocket, service: Service, conversation: str, after: int, heartbeat: float) -> None:
    """The log on an accepted WebSocket, until either side leaves. Messages go by POST only: what the page says here is
    not heard."""
    await tell(socket, _texts(service, conversation, after, heartbeat))


async def _texts(service: Service, conversation: str, after: int, heartbeat: float) -> AsyncIterator[str]:
    async for news in follow(service, conversation, after, heartbeat):
        name, data = _named(news)
        yield _compact({"type": name, name: data} if data else {"type": name})


def _named(news: Entry | Counterpart | None) -> tuple[str, dict[str, Any]]:
    """What kind of news, and what it says."""
    match news:
        case Entry():
            return "entry", entry_json(news)
        case Counterpart():
            return "counterpart", counterpart_json(news)
    return "beat", {}


def _compact(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))

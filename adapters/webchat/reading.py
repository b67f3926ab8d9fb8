"""What a customer said or sent, from a request's bytes; anything malformed is a `Problem`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from adapters.web.problems import Problem
from adapters.web.reading import Uploaded, read_json, read_upload
from bot.content import clean

MAX_TEXT = 20_000
MAX_TOKEN = 256
# Every character may come as a six-character escape, those beyond the first plane as two.
MAX_JSON = MAX_TEXT * 12 + 4096

_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


@dataclass(frozen=True, slots=True)
class Posted:
    """A message as the page sends it. `id` is the page's own. `chat`: which chat the page shows, if it says so."""

    id: str
    text: str = ""
    press: str | None = None
    chat: str | None = None


async def read_message(request: Request) -> Posted:
    """The JSON body `{"id", "text" | "press", "chat"}`."""
    data = await read_json(request, MAX_JSON)
    if ("text" in data) == ("press" in data):
        raise Problem(400, "bad_message", 'The body must have "id" and either "text" or "press".')
    return _posted(data)


async def read_file(request: Request, max_bytes: int) -> tuple[Posted, Uploaded]:
    """The multipart body with `id`, `file`, and perhaps `text` and `chat`: a picture or file, and the words with it."""
    upload = await read_upload(request, max_bytes, MAX_TEXT * 4)
    return _posted(upload.fields), upload


def _posted(data: Mapping[str, Any]) -> Posted:
    message_id, chat = data.get("id"), data.get("chat")
    if not isinstance(message_id, str) or not _ID.fullmatch(message_id):
        raise Problem(400, "bad_id", '"id" must be 8 to 64 letters, digits or hyphens.')
    text, press = data.get("text", ""), data.get("press", "")
    if not isinstance(text, str) or not isinstance(press, str) or not isinstance(chat, str | None):
        raise Problem(400, "bad_message", '"text", "press" and "chat" must be strings.')
    if len(text) > MAX_TEXT:
        raise Problem(400, "too_long", f"A message has at most {MAX_TEXT} characters.")
    if len(press) > MAX_TOKEN:
        raise Problem(400, "bad_message", '"press" is no button of ours.')
    return Posted(message_id, clean(text), clean(press) if "press" in data else None, chat)

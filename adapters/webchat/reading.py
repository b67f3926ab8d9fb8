"""From a request's bytes to what a customer said or sent; anything malformed is a `Problem`."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from adapters.webchat.problems import Problem
from bot.content import clean, file_name, media_type

MAX_TEXT = 20_000
MAX_TOKEN = 256
# Every character may come as a six-character escape, those beyond the first plane as two.
MAX_JSON = MAX_TEXT * 12 + 4096
FORM_OVERHEAD = MAX_TEXT * 4 + 16_384

_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


@dataclass(frozen=True, slots=True)
class Posted:
    """A message as the page sends it. `id` is the page's own. `chat`: which chat the page shows, if it says so."""

    id: str
    text: str = ""
    press: str | None = None
    chat: str | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture or file, with the words that came along."""

    posted: Posted
    name: str
    media_type: str
    data: bytes


async def read_message(request: Request) -> Posted:
    """The JSON body `{"id", "text" | "press", "chat"}`."""
    body = b"".join([chunk async for chunk in _limited(request, MAX_JSON)])
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(400, "not_json", "The body is not JSON.") from None
    if not isinstance(data, dict) or ("text" in data) == ("press" in data):
        raise Problem(400, "bad_message", 'The body must be an object with "id" and either "text" or "press".')
    return _posted(data)


async def read_upload(request: Request, max_bytes: int) -> Upload:
    """The multipart body with `id`, `file`, and perhaps `text` and `chat`."""
    form = await _form(request, max_bytes)
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Problem(400, "bad_upload", 'The form must have "id" and "file".')
        data = await file.read()
        if not data:
            raise Problem(400, "empty_file", "The file is empty.")
        if len(data) > max_bytes:
            raise _too_large()
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        return Upload(_posted(fields), file_name(file.filename), media_type(file.content_type, data), data)
    finally:
        await form.close()


def _posted(data: dict[str, Any]) -> Posted:
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


async def _form(request: Request, max_bytes: int) -> FormData:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Problem(400, "bad_upload", "The body must be multipart/form-data.")
    parser = MultiPartParser(
        request.headers,
        _limited(request, max_bytes + FORM_OVERHEAD),
        max_files=1,
        max_fields=4,
        max_part_size=MAX_TEXT * 4,
    )
    try:
        return await parser.parse()
    except (MultiPartException, KeyError, ValueError):
        raise Problem(400, "bad_upload", "The form cannot be read.") from None


async def _limited(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """The body's pieces; stops reading, whatever the length was said to be, as soon as it is too large."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large()
        yield chunk


def _too_large() -> Problem:
    return Problem(413, "too_large", "This is too large.")

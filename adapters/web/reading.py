"""From a request's bytes to its fields and files; anything malformed or too large is a `Problem`."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

from adapters.web.problems import Problem
from bot.content import file_name, media_type

MAX_FORM = 64 * 1024
MAX_FIELDS = 64


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file with the form's other fields."""

    fields: Mapping[str, str]
    name: str
    media_type: str
    data: bytes


async def read_json(request: Request, limit: int) -> dict[str, Any]:
    """The JSON object in a body of at most `limit` bytes."""
    body = b"".join([chunk async for chunk in _limited(request, limit)])
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(400, "not_json", "The body is not JSON.") from None
    if not isinstance(data, dict):
        raise Problem(400, "bad_message", "The body must be a JSON object.")
    return data


async def read_form(request: Request, limit: int = MAX_FORM) -> FormData:
    """The fields of a page's form, in a body of at most `limit` bytes."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise Problem(400, "bad_form", "The body must be a form's.")
    form = await FormParser(request.headers, _limited(request, limit)).parse()
    if len(form.multi_items()) > MAX_FIELDS:
        raise Problem(400, "bad_form", "The form has too many fields.")
    return form


async def read_upload(request: Request, max_bytes: int, max_text: int) -> Uploaded:
    """The multipart body with a `file` of at most `max_bytes` and fields of at most `max_text` bytes each."""
    form = await _multipart(request, max_bytes, max_text)
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Problem(400, "bad_upload", 'The form must have "file".')
        data = await file.read()
        if not data:
            raise Problem(400, "empty_file", "The file is empty.")
        if len(data) > max_bytes:
            raise _too_large()
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        return Uploaded(fields, file_name(file.filename), media_type(file.content_type, data), data)
    finally:
        await form.close()


async def _multipart(request: Request, max_bytes: int, max_text: int) -> FormData:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Problem(400, "bad_upload", "The body must be multipart/form-data.")
    parser = MultiPartParser(
        request.headers,
        _limited(request, max_bytes + max_text + 16_384),
        max_files=1,
        max_fields=4,
        max_part_size=max_text,
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

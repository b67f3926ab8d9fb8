"""What every channel does with words and files from outside before anybody keeps or shows them."""

from __future__ import annotations

import re
from urllib.parse import quote

from bot.messages import Attachment

MAX_NAME = 120

_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}")
# Databases refuse NUL and lone surrogates; the other control characters mean nothing in a chat.
_UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# With these, "photo\u202egnp.exe" reads as "photoexe.png".
_TURNING = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SIGNATURES = (
    ("image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    ("image/gif", re.compile(rb"GIF8[79]a")),
    ("image/webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
)
SAFE_IMAGES = frozenset(media_type for media_type, _ in _SIGNATURES)


def clean(text: str) -> str:
    """The text without what no database keeps and no reader sees."""
    return _UNSPEAKABLE.sub("", text.replace("\r\n", "\n"))


def file_name(given: str | None) -> str:
    """The last part of a name, in one line, at most `MAX_NAME` characters; "file" for none."""
    last = one_line(given or "").replace("\\", "/").rpartition("/")[2].strip()
    return last[-MAX_NAME:] or "file"


def one_line(text: str) -> str:
    """Words in one line that cannot turn what stands around them, as a name is shown."""
    return _TURNING.sub("", clean(text)).replace("\n", " ").replace("\t", " ").strip()


def media_type(claimed: str | None, data: bytes) -> str:
    """Pictures are told by their bytes; the name of any other kind is the sender's claim, and only downloaded."""
    for found, signature in _SIGNATURES:
        if signature.match(data):
            return found
    named = (claimed or "").partition(";")[0].strip().lower()
    if named.startswith("image/") or not _MEDIA_TYPE.fullmatch(named):
        return "application/octet-stream"
    return named


def served(file: Attachment) -> tuple[str, dict[str, str]]:
    """The media type and headers with which a stranger's file is handed out: only pictures that cannot carry scripts
    are shown in place."""
    safe = file.media_type in SAFE_IMAGES
    headers = {
        "Content-Disposition": f"{'inline' if safe else 'attachment'}; filename*=UTF-8''{quote(file.name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=86400, immutable",
    }
    return file.media_type if safe else "application/octet-stream", headers

"""What the Bot API takes and what it refuses, so strictly that a client which passes here passes there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

REQUIRED = True
OPTIONAL = False
FILE = "file"

_SENDING = {
    "chat_id": (int, REQUIRED),
    "message_thread_id": (int, OPTIONAL),
    "reply_markup": (dict, OPTIONAL),
    "reply_parameters": (dict, OPTIONAL),
    "disable_notification": (bool, OPTIONAL),
    "protect_content": (bool, OPTIONAL),
    "link_preview_options": (dict, OPTIONAL),
}
PARAMETERS: dict[str, dict[str, tuple[Any, bool]]] = {
    "getme": {},
    "getupdates": {
        "offset": (int, OPTIONAL),
        "limit": (int, OPTIONAL),
        "timeout": (int, OPTIONAL),
        "allowed_updates": (list, OPTIONAL),
    },
    "setwebhook": {
        "url": (str, REQUIRED),
        "secret_token": (str, OPTIONAL),
        "allowed_updates": (list, OPTIONAL),
        "max_connections": (int, OPTIONAL),
        "drop_pending_updates": (bool, OPTIONAL),
    },
    "deletewebhook": {"drop_pending_updates": (bool, OPTIONAL)},
    "setmycommands": {"commands": (list, REQUIRED), "language_code": (str, OPTIONAL), "scope": (dict, OPTIONAL)},
    "sendmessage": {**_SENDING, "text": (str, REQUIRED), "parse_mode": (str, OPTIONAL)},
    "sendphoto": {**_SENDING, "photo": (FILE, REQUIRED), "caption": (str, OPTIONAL)},
    "senddocument": {**_SENDING, "document": (FILE, REQUIRED), "caption": (str, OPTIONAL)},
    "sendchataction": {"chat_id": (int, REQUIRED), "action": (str, REQUIRED)},
    "answercallbackquery": {
        "callback_query_id": (str, REQUIRED),
        "text": (str, OPTIONAL),
        "show_alert": (bool, OPTIONAL),
    },
    "editmessagetext": {
        "chat_id": (int, REQUIRED),
        "message_id": (int, REQUIRED),
        "text": (str, REQUIRED),
        "parse_mode": (str, OPTIONAL),
        "reply_markup": (dict, OPTIONAL),
    },
    "editmessagereplymarkup": {
        "chat_id": (int, REQUIRED),
        "message_id": (int, REQUIRED),
        "reply_markup": (dict, OPTIONAL),
    },
    "getfile": {"file_id": (str, REQUIRED)},
    "createforumtopic": {"chat_id": (int, REQUIRED), "name": (str, REQUIRED)},
    "closeforumtopic": {"chat_id": (int, REQUIRED), "message_thread_id": (int, REQUIRED)},
    "reopenforumtopic": {"chat_id": (int, REQUIRED), "message_thread_id": (int, REQUIRED)},
}

MAX_TEXT = 4096
MAX_DATA = 64
_TAG = re.compile(r"<(/?)([a-z-]+)((?:\s[^<>]*)?)>")
_TAGS = {"b", "strong", "i", "em", "u", "s", "code", "pre", "a", "blockquote", "tg-spoiler"}
_AMPERSAND = re.compile(r"&(?!lt;|gt;|amp;|quot;|#\d+;|#x[0-9a-fA-F]+;)")
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


class Refused(Exception):
    """The answer that the Bot API would give."""

    def __init__(self, status: int, why: str, **parameters: int) -> None:
        super().__init__(why)
        self.status = status
        self.why = why
        self.parameters = parameters

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"ok": False, "error_code": self.status, "description": self.why}
        return {**found, "parameters": self.parameters} if self.parameters else found


def checked(method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as their types. Raises `Refused` for one that is missing, unknown or of another type."""
    wanted = PARAMETERS.get(method)
    if wanted is None:
        raise Refused(404, "Not Found")
    for name in given:
        if name not in wanted:
            raise Refused(400, f"Bad Request: the test server knows no parameter {name} of {method}")
    found = {}
    for name, (kind, required) in wanted.items():
        if name in given:
            found[name] = _typed(name, kind, given[name])
        elif required:
            raise Refused(400, f"Bad Request: parameter {name} is required")
    return found


def plain(text: str, parse_mode: str | None) -> str:
    """The text after its markup. Raises `Refused` for markup that does not hold, and for a text of no fit length."""
    if parse_mode not in (None, "HTML"):
        raise Refused(400, "Bad Request: unsupported parse_mode")
    found = _without_markup(text) if parse_mode else text
    if not found.strip():
        raise Refused(400, "Bad Request: message text is empty")
    if units(found) > MAX_TEXT:
        raise Refused(400, "Bad Request: message is too long")
    return found


def check_markup(markup: Mapping[str, Any] | None, *, inline_only: bool = False) -> None:
    """Raises `Refused` for a keyboard that Telegram would not show."""
    if markup is None:
        return
    kinds = {"inline_keyboard", "keyboard", "remove_keyboard"} & markup.keys()
    if len(kinds) != 1 or (inline_only and kinds != {"inline_keyboard"}):
        raise Refused(400, "Bad Request: object expected as reply markup")
    if kinds == {"remove_keyboard"}:
        return
    rows = markup.get("inline_keyboard", markup.get("keyboard"))
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Refused(400, "Bad Request: field of type Array expected")
    for button in [button for row in rows for button in row]:
        _check_button(button, inline="inline_keyboard" in markup)


def check_commands(commands: list[dict[str, str]]) -> None:
    for command in commands:
        if set(command) != {"command", "description"} or not _COMMAND.fullmatch(command["command"]):
            raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= 256:
            raise Refused(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")


def check_webhook(parameters: Mapping[str, Any]) -> None:
    """Plain HTTP only on this machine, as a Bot API server of one's own allows."""
    if not re.match(r"https://|http://127\.0\.0\.1:", parameters["url"]):
        raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
    if not _SECRET.fullmatch(parameters.get("secret_token", "x")):
        raise Refused(400, "Bad Request: secret token contains unallowed characters")


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _check_button(button: Mapping[str, Any], *, inline: bool) -> None:
    if not isinstance(button.get("text"), str) or not button["text"].strip():
        raise Refused(400, "Bad Request: text buttons are unallowed in the inline keyboard")
    if inline and set(button) != {"text", "callback_data"}:
        raise Refused(400, "Bad Request: the test server wants buttons with callback_data and nothing else")
    if inline and not 1 <= len(button["callback_data"].encode()) <= MAX_DATA:
        raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
    if not inline and not set(button) <= {"text", "request_contact", "request_location"}:
        raise Refused(400, "Bad Request: the test server knows no such button")


def _typed(name: str, kind: Any, value: Any) -> Any:
    try:
        if kind is int and not isinstance(value, bool):
            return int(value)
        if kind is str and isinstance(value, str):
            return value
        if kind is bool and value in (True, False, "true", "false"):
            return value in (True, "true")
        if kind in (dict, list):
            found = json.loads(value) if isinstance(value, str) else value
            if isinstance(found, kind):
                return found
        if kind is FILE and isinstance(value, tuple) and value[1]:
            return value
    except (TypeError, ValueError):
        pass
    raise Refused(400, f"Bad Request: can't parse {name}")


def _without_markup(text: str) -> str:
    open_tags: list[str] = []

    def tag(found: re.Match[str]) -> str:
        closing, name, rest = found.groups()
        if name not in _TAGS or (rest and name != "a"):
            raise Refused(400, f"Bad Request: can't parse entities: unsupported start tag at {found.start()}")
        if not closing:
            open_tags.append(name)
        elif not open_tags or open_tags.pop() != name:
            raise Refused(400, "Bad Request: can't parse entities: unmatched end tag")
        return ""

    bare = _TAG.sub(tag, text)
    if open_tags or "<" in bare or ">" in bare or _AMPERSAND.search(bare):
        raise Refused(400, "Bad Request: can't parse entities: something is not escaped")
    return unescape(bare)

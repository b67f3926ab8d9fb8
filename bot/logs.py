"""Logs carry ids, never a customer's words, a phone number or a token.

Everything goes one way: structlog's events and the standard library's (uvicorn, aiohttp, alembic) pass the same
processors. What is known to hold words is left out by its key; phone numbers, e-mail addresses, query strings and
tokens are struck from what remains; an exception is told by its type and place, because its text may quote a
customer.
"""

from __future__ import annotations

import logging
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

from bot.errors import TepaiError

Style = Literal["json", "console"]

WITHHELD = "[withheld]"
_PERSONAL = frozenset(
    {
        "address",
        "attachments",
        "authorization",
        "body",
        "brief",
        "choices",
        "code",
        "contact",
        "content",
        "cookie",
        "email",
        "goods",
        "headers",
        "link",
        "message",
        "parameters",
        "params",
        "password",
        "payload",
        "phone",
        "pressed",
        "query",
        "recipient",
        "secret",
        "slots",
        "subject",
        "text",
        "to",
        "token",
        "url",
        "values",
        "words",
    }
)
_STRUCK = (
    (re.compile(r"\?[^\s\"'<>]+"), "?" + WITHHELD),  # a deep link's token stands in the query string
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), WITHHELD),
    (re.compile(r"\+\d[\d -]{6,17}\d|(?<!\d)(?:86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)"), WITHHELD),
    (re.compile(r"(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[A-Za-z0-9_-]{28,}"), WITHHELD),
)
_DEEPEST_PLACES = 5
SELDOM_SECONDS = 30.0
"""How often a loop tells that it still waits for the same: several of them look every second or more often."""
MOST_TOLD = 1_000
_OURS = ("bot", "adapters", "flows")


def configure(style: Style | None = None, stream: TextIO = sys.stderr, level: int = logging.INFO) -> None:
    """Send all logs to `stream`, one JSON object a line, or coloured for a person.

    Without `style`, a terminal gets the one and everything else the other. `level` is for Tepai's own logs; of the
    libraries' only warnings are kept.
    """
    chosen = style or ("console" if stream.isatty() else "json")
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        Seldom(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        name_the_exception,
        withhold,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    _route_standard_library(stream, chosen, level, shared)


def _route_standard_library(stream: TextIO, style: Style, level: int, shared: list[structlog.typing.Processor]) -> None:
    rendering: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=stream.isatty())
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, rendering],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(level)


class Seldom:
    """Leaves out that a loop still waits ("lanes_wait", "clockwork_waits"), for the same reason, when that was told a
    moment ago; `times` in the next one counts them. `clock`: seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told: dict[str, float] = {}
        self._left_out: Counter[str] = Counter()

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        """See `structlog.typing.Processor`."""
        if event.get("level") != "warning" or not str(event.get("event")).endswith(("_wait", "_waits")):
            return event
        this, now = repr(sorted(event.items())), self._clock()
        if now - self._told.get(this, -SELDOM_SECONDS) < SELDOM_SECONDS:
            self._left_out[this] += 1
            raise structlog.DropEvent
        if len(self._told) >= MOST_TOLD:
            self._told.clear()
        self._told[this] = now
        left_out = self._left_out.pop(this, 0)
        return {**event, "times": left_out + 1} if left_out else event


def name_the_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Say an exception's type and where it arose; its text only when Tepai raised it on purpose."""
    found = event.pop("exc_info", None)
    if not found:
        return event
    error = found if isinstance(found, BaseException) else (found[1] if isinstance(found, tuple) else sys.exc_info()[1])
    if error is not None:
        event["error"] = type(error).__name__
        event["at"] = _places(error)
        if isinstance(error, TepaiError):
            event["why"] = str(error)
    return event


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-_DEEPEST_PLACES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def withhold(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Leave out what may be a customer's own, whatever the caller handed over."""
    kept = {name: value for name, value in event.items() if name.startswith("_")}
    return {**_safe({name: value for name, value in event.items() if name not in kept}), **kept}


def _safe(value: Any) -> Any:
    match value:
        case str():
            for pattern, instead in _STRUCK:
                value = pattern.sub(instead, value)
            return value
        case bool() | int() | float() | None:
            return value
        case Mapping():
            return {str(key): WITHHELD if str(key) in _PERSONAL else _safe(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_safe(inner) for inner in value]
    # An object's repr shows all it holds.
    return f"<{type(value).__name__}>"

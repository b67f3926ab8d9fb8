"""Whose session a browser holds: a cookie with a random token, of which the server keeps only a hash."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import Response

_PLAIN = "tepai_desk"
# Browsers take a cookie of this name only by HTTPS and from this very host, so no neighbour can plant one.
_SECURE = "__Host-tepai_desk"
MAX_TOKEN = 128
# Only the longest that any browser should hold it: when the session ends is the server's decision.
MAX_AGE = 30 * 24 * 3600


def read(connection: HTTPConnection) -> str:
    """The token, "" for none."""
    by_https = connection.url.scheme in ("https", "wss")
    names = (_SECURE,) if by_https else (_SECURE, _PLAIN)
    return next((token for name in names if (token := connection.cookies.get(name, ""))), "")[:MAX_TOKEN]


def write(response: Response, connection: HTTPConnection, token: str) -> None:
    """Hold the token."""
    response.headers.append("set-cookie", _cookie(connection, token, MAX_AGE))


def clear(response: Response, connection: HTTPConnection) -> None:
    """Forget it."""
    response.headers.append("set-cookie", _cookie(connection, "", 0))


def _cookie(connection: HTTPConnection, token: str, max_age: int) -> str:
    # A proxy may end HTTPS and not say so, but the page's own origin tells.
    secure = connection.url.scheme == "https" or connection.headers.get("origin", "").startswith("https://")
    rules = ["HttpOnly", "SameSite=Strict", "Path=/", f"Max-Age={max_age}", *(["Secure"] if secure else [])]
    return "; ".join([f"{_SECURE if secure else _PLAIN}={token}", *rules])

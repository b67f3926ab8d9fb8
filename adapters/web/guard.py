"""What keeps other sites and floods out: headers, the origin check and a rate limit."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from math import ceil
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.web.problems import Problem

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors "
)


class SecureHeaders:
    """ASGI middleware: a strict content security policy and its companions on every answer.

    `embedders`: origins whose pages may frame the page, besides its own; None for not even its own. `referrer`: the
    referrer policy. A page with forms needs "same-origin": with "no-referrer", browsers hide the origin of its posts.
    """

    def __init__(self, app: ASGIApp, embedders: Collection[str] | None = (), referrer: str = "no-referrer") -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": _POLICY + ("'none'" if embedders is None else " ".join(["'self'", *embedders])),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": referrer,
            "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
            "Cross-Origin-Resource-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add what the answer does not set itself."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class OriginCheck:
    """Lets only our own pages act. `trusted`: further origins, where a proxy hides the public host name."""

    def __init__(self, trusted: Collection[str] = ()) -> None:
        self._trusted = frozenset(origin.rstrip("/") for origin in trusted)

    def allows(self, headers: Headers) -> bool:
        """Browsers always name the origin of a POST and of a WebSocket; who names none is no page of ours."""
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if origin in self._trusted:
            return True
        if site is not None and site != "same-origin":
            return False
        if origin is None:
            return site == "same-origin"
        return urlsplit(origin).netloc == headers.get("host") != ""

    def require(self, headers: Headers) -> None:
        """Raises `Problem` (403) for a request of another site."""
        if not self.allows(headers):
            raise Problem(403, "other_site", "This request comes from another site.")


class RateLimit:
    """A token bucket a visitor: `burst` requests at once, then one every `seconds`.

    The newest `visitors` are remembered; a forgotten one starts with a full bucket again.
    """

    def __init__(
        self, burst: int = 20, seconds: float = 1.0, visitors: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._seconds = seconds
        self._visitors = visitors
        self._clock = clock
        self._full_again: OrderedDict[str, float] = OrderedDict()

    def spend(self, visitor: str) -> None:
        """Take one token. Raises `Problem` (429) with the pause to keep."""
        now = self._clock()
        full_again = max(self._full_again.get(visitor, now), now) + self._seconds
        over = full_again - now - self._burst * self._seconds
        if over > 0:
            raise Problem(429, "too_fast", "Too many messages at once.", retry_after=max(1, ceil(over)))
        self._full_again[visitor] = full_again
        self._full_again.move_to_end(visitor)
        if len(self._full_again) > self._visitors:
            self._full_again.popitem(last=False)

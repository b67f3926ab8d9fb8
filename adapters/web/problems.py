"""What an API answers when something is wrong: a status, a stable code and one plain sentence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from bot.errors import StoreUnavailable

RETRY_SECONDS = 3

Owner = TypeVar("Owner")


class Problem(Exception):
    """Becomes `{"error": code, "message": sentence, **more}` with the given status."""

    def __init__(self, status: int, code: str, sentence: str, *, retry_after: int | None = None, **more: Any) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.sentence = sentence
        self.retry_after = retry_after
        self.more = more

    def response(self) -> Response:
        """The answer as JSON."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        body = {"error": self.code, "message": self.sentence, **self.more}
        return JSONResponse(body, status_code=self.status, headers=headers)


def unavailable() -> Problem:
    """Nothing was acknowledged; the same request may be sent again."""
    return Problem(503, "unavailable", "Nothing was saved. Please send it again.", retry_after=RETRY_SECONDS)


def answering(
    endpoint: Callable[[Owner, Request], Awaitable[Response]],
) -> Callable[[Owner, Request], Awaitable[Response]]:
    """Turn every expected failure of an endpoint into its JSON answer."""

    @wraps(endpoint)
    async def answered(owner: Owner, request: Request) -> Response:
        try:
            return await endpoint(owner, request)
        except Problem as problem:
            return problem.response()
        except StoreUnavailable:
            return unavailable().response()
        except ClientDisconnect:
            return Response(status_code=499)

    return answered

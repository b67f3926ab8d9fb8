"""The Bot API over aiohttp: a third of the processor time of the library's own transport."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    FormData,
    TCPConnector,
)
from telegram._utils.types import ODVInput
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECT_SECONDS = 2.5
READ_SECONDS = 4.0
"""Together with a look whether Telegram answers at all, less than the runtime gives a message (8 s): what may have
arrived is to be noted, not cut off."""


class NotSent(NetworkError):
    """There was no connection: the call certainly did nothing."""


class AiohttpRequest(BaseRequest):
    """One client session, made in the event loop that first sends. `connections`: at most at a time."""

    __slots__ = ("_connections", "_session")

    def __init__(self, connections: int = 100) -> None:
        self._connections = connections
        self._session: ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds that an answer may be waited for."""
        return READ_SECONDS

    async def initialize(self) -> None:
        """Nothing to do before the first call."""

    async def shutdown(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """The status and the body of the answer.

        Raises `NotSent` where nothing went out, and `TimedOut` where the call may have been taken although no
        answer came. Neither shows the address: it holds the token.
        """
        del write_timeout, connect_timeout, pool_timeout
        seconds = read_timeout if isinstance(read_timeout, int | float) else READ_SECONDS
        try:
            async with self._opened().request(
                method, url, timeout=ClientTimeout(connect=CONNECT_SECONDS, sock_read=seconds), **_body(request_data)
            ) as answer:
                return answer.status, await answer.read()
        except (ConnectionTimeoutError, ClientConnectorError) as error:
            raise NotSent(type(error).__name__) from None
        except (TimeoutError, ClientError, OSError) as error:
            raise TimedOut(type(error).__name__) from None

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """As the library does it, but that an answer which is no JSON is not written to the log."""
        try:
            found: dict[str, Any] = json.loads(payload)
        except ValueError:
            raise TelegramError("the answer is no JSON") from None
        return found

    def _opened(self) -> ClientSession:
        if self._session is None:
            self._session = ClientSession(connector=TCPConnector(limit=self._connections))
        return self._session


def _body(data: RequestData | None) -> dict[str, Any]:
    if data is None:
        return {}
    if not data.contains_files:
        return {"data": json.dumps(data.parameters).encode(), "headers": {"Content-Type": "application/json"}}
    form = FormData(quote_fields=False)  # Telegram shows names as they come: "%E8%B4%A6" is no 账
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (file_name, content, media_type) in data.multipart_data.items():
        form.add_field(name, content, filename=file_name, content_type=media_type)
    return {"data": form}

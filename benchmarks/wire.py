"""HTTP for the load generator: as little as makes real requests, so that it takes little from what is measured."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import cast

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"

Message = tuple[bytes, bytes]
"""The first line of a request or response, and its body."""


class Frames:
    """Cuts a stream of bytes into messages. Only such as give their length, as JSON's do."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """The messages that are complete now. Raises `ValueError` for one of unknown length."""
        self._bytes += data
        found = []
        while message := self._next():
            found.append(message)
        return found

    def _next(self) -> Message | None:
        end = self._bytes.find(_END)
        if end < 0:
            return None
        head = bytes(self._bytes[:end])
        length = _LENGTH.search(head)
        if length is None:
            raise ValueError("a message without a length")
        begin, stop = end + len(_END), end + len(_END) + int(length[1])
        if len(self._bytes) < stop:
            return None
        body = bytes(self._bytes[begin:stop])
        del self._bytes[:stop]
        return head.partition(b"\r\n")[0], body


class Caller(asyncio.Protocol):
    """One connection to a server, one request at a time."""

    def __init__(self) -> None:
        self._frames = Frames()
        self._transport: asyncio.Transport | None = None
        self._reply: asyncio.Future[Message] | None = None

    @classmethod
    async def connected(cls, port: int) -> Caller:
        """A connection to this port of this machine."""
        _, caller = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return caller

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are of another family

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        for message in self._frames.feed(data):
            if self._reply is not None and not self._reply.done():
                self._reply.set_result(message)

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(exc or ConnectionResetError("the server closed the connection"))

    async def post(self, path: str, body: bytes) -> bytes:
        """The reply's body. Raises `RuntimeError` for any reply but 200, `OSError` when there is none."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("the connection is closed")
        self._reply = asyncio.get_running_loop().create_future()
        head = f"POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
        self._transport.write(head.encode() + _END + body)
        first, reply = await self._reply
        if b" 200 " not in first:
            raise RuntimeError(f"the server replied {first.decode(errors='replace')}")
        return reply

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()


class Listener(asyncio.Protocol):
    """One connection of a client: hands each request's body on and says OK, unless `take` says not to."""

    def __init__(self, take: Callable[[bytes], bool]) -> None:
        self._frames = Frames()
        self._take = take
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are of another family

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        assert self._transport is not None
        for _, body in self._frames.feed(data):
            if self._take(body):
                self._transport.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
                )

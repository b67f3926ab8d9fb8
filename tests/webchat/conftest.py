from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.webchat.browser import Browser
from tests.webchat.memory_service import MemoryService
from tests.webchat.server import LiveServer


@pytest.fixture
def service() -> MemoryService:
    return MemoryService()


@pytest.fixture
def server(service: MemoryService) -> Iterator[LiveServer]:
    server = LiveServer(service)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def visitor(server: LiveServer) -> AsyncIterator[Browser]:
    async with Browser(server.url) as visitor:
        yield visitor


@pytest.fixture
async def stranger(server: LiveServer) -> AsyncIterator[Browser]:
    async with Browser(server.url) as stranger:
        yield stranger

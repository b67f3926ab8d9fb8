from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.desk.memory_desk import MemoryDesk, MemoryPeople
from tests.desk.office import Member, Office
from tests.desk.server import DeskServer


@pytest.fixture
def desk() -> MemoryDesk:
    return MemoryDesk()


@pytest.fixture
def people() -> MemoryPeople:
    return MemoryPeople()


@pytest.fixture
def server(desk: MemoryDesk, people: MemoryPeople) -> Iterator[DeskServer]:
    server = DeskServer(desk, people, heartbeat=0.5)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def li(office: Office) -> AsyncIterator[Member]:
    """An agent who has signed in at the `office` of the test's own."""
    async with await office.comes() as member:
        yield member

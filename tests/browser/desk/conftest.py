"""The desk in a real browser, over the desk in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.desk.colleague import Colleague
from tests.desk.memory_desk import MemoryDesk, MemoryPeople
from tests.desk.server import DeskServer

LIN = "web:lin"
Opened = Callable[..., Colleague]


@pytest.fixture
def desk() -> MemoryDesk:
    """One customer has asked for a person."""
    desk = MemoryDesk()
    desk.bot(LIN, "请问有什么可以帮您？")
    desk.says(LIN, "我的订单怎么还没人接")
    desk.wants_a_person(LIN)
    return desk


@pytest.fixture
def people() -> MemoryPeople:
    return MemoryPeople()


@pytest.fixture
def server(desk: MemoryDesk, people: MemoryPeople) -> Iterator[DeskServer]:
    server = DeskServer(desk, people, heartbeat=1.0)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def zhou(server: DeskServer, page: Page, complaints: list[str]) -> Colleague:
    """小周's page with the customer's conversation open."""
    return Colleague(page, server.url, "xiaozhou").open(LIN)


@pytest.fixture
def another(server: DeskServer, browser: Browser, complaints: list[str]) -> Iterator[Opened]:
    """Somebody else's browser beside it."""
    contexts: list[BrowserContext] = []

    def opened(agent: str, conversation: str = LIN, **options: object) -> Colleague:
        context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **options)  # type: ignore[arg-type]
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        contexts.append(context)
        return Colleague(context.new_page(), server.url, agent).open(conversation)

    yield opened
    for context in contexts:
        context.close()

"""Whom the customer talks to, as the page shows it: the bot, a place in the queue, or a person who may be writing."""

from __future__ import annotations

from queue import Empty

import pytest
from playwright.sync_api import Page, expect

from bot.channel import Counterpart
from tests.browser.customer import Customer
from tests.webchat.memory_service import MemoryService
from tests.webchat.server import LiveServer


@pytest.fixture
def visitor(server: LiveServer, page: Page, complaints: list[str]) -> Customer:
    """A customer who has said something, on a page whose time the test moves."""
    page.clock.install()
    customer = Customer(page, server.url)
    customer.open("?lang=zh")
    customer.say("你好")
    customer.hears("echo: 你好")
    return customer


def header(customer: Customer, text: str) -> None:
    expect(customer.page.locator("#counterpart")).to_have_text(text)


def test_the_header_names_the_person_and_then_the_bot_again(
    visitor: Customer, server: LiveServer, service: MemoryService
) -> None:
    header(visitor, "智能客服 · 随时可转人工")
    service.talks_to(server.conversation(), Counterpart(place=3))
    header(visitor, "人工排队中 · 您是第 3 位")
    service.talks_to(server.conversation(), Counterpart("<b>$& 小周"))
    header(visitor, "<b>$& 小周正在为您服务")
    visitor.page.goto(f"{server.url}/chat?lang=en")
    header(visitor, "You are talking to <b>$& 小周")
    service.talks_to(server.conversation(), Counterpart(""))
    header(visitor, "You are talking to Support")
    service.talks_to(server.conversation(), Counterpart())
    header(visitor, "Assistant · people on call")


def test_a_person_is_seen_writing_for_some_seconds(
    visitor: Customer, server: LiveServer, service: MemoryService
) -> None:
    page = visitor.page
    service.talks_to(server.conversation(), Counterpart("小周", writing_at=100.0))
    header(visitor, "小周正在输入……")
    expect(page.locator("#typing")).to_contain_text("小周正在输入")
    page.clock.run_for(5_000)
    header(visitor, "小周正在输入……")
    page.clock.run_for(1_500)
    header(visitor, "小周正在为您服务")
    expect(page.locator("#typing")).to_be_hidden()
    service.talks_to(server.conversation(), Counterpart("小周", writing_at=110.0))
    expect(page.locator("#typing")).to_be_visible()
    service.talks_to(server.conversation(), Counterpart("小周"))
    expect(page.locator("#typing")).to_be_hidden()


def test_with_a_person_nobody_only_seems_to_write(
    visitor: Customer, server: LiveServer, service: MemoryService
) -> None:
    service.mute = True
    service.talks_to(server.conversation(), Counterpart("小周"))
    header(visitor, "小周正在为您服务")
    visitor.say("在吗？")
    expect(visitor.pending).to_have_count(0)
    visitor.page.clock.run_for(2_000)
    expect(visitor.page.locator("#typing")).to_be_hidden()


def test_only_a_person_is_told_that_the_customer_writes(
    visitor: Customer, server: LiveServer, service: MemoryService
) -> None:
    visitor.text.press_sequentially("ab")
    service.talks_to(server.conversation(), Counterpart("小周"))
    header(visitor, "小周正在为您服务")
    assert service.written.empty()
    with visitor.page.expect_request("**/chat/writing?*") as told:
        visitor.text.press_sequentially("cd")
    assert told.value.post_data is None
    assert service.written.get(timeout=10) == server.conversation()
    with pytest.raises(Empty):
        service.written.get(timeout=0.2)
    visitor.page.clock.run_for(3_000)
    visitor.text.press("e")
    assert service.written.get(timeout=10) == server.conversation()


def test_by_events_it_is_the_same(
    server: LiveServer, page: Page, complaints: list[str], service: MemoryService
) -> None:
    page.add_init_script("WebSocket = undefined")
    customer = Customer(page, server.url)
    customer.open("?lang=zh")
    customer.say("你好")
    customer.hears("echo: 你好")
    service.talks_to(server.conversation(), Counterpart("小周", writing_at=100.0))
    header(customer, "小周正在输入……")
    customer.text.press("a")
    assert service.written.get(timeout=10) == server.conversation()

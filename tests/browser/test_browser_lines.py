"""Cut lines, restarts and blocked WebSockets: nothing missing, nothing doubled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from adapters.web.guard import RateLimit
from tests.browser.customer import Customer
from tests.webchat.memory_service import MemoryService
from tests.webchat.server import LiveServer


def texts(service: MemoryService, server: LiveServer) -> list[str]:
    return [entry.text for entry in service.log(server.conversation())]


def test_a_restart_amid_a_chat(customer: Customer, server: LiveServer, service: MemoryService) -> None:
    customer.say("before")
    customer.hears("echo: before")
    server.stop()
    expect(customer.page.locator("#banner")).to_contain_text("连接已断开")
    customer.say("meanwhile one")
    customer.say("meanwhile two")
    expect(customer.page.locator("#pending .failed")).not_to_have_count(0)
    service.say(server.conversation(), "the order moved")
    server.start()
    customer.hears("echo: meanwhile two")
    expect(customer.pending).to_have_count(0)
    assert customer.shown() == texts(service, server)
    assert [message.text for message in service.received] == ["before", "meanwhile one", "meanwhile two"]


def test_offline_and_back(customer: Customer, server: LiveServer, service: MemoryService) -> None:
    customer.say("before")
    customer.hears("echo: before")
    customer.page.context.set_offline(True)
    expect(customer.page.locator("#banner")).to_contain_text("连接已断开")
    service.say(server.conversation(), "missed")
    customer.say("from the tunnel")
    expect(customer.pending).to_contain_text("未发送")
    assert "missed" not in customer.shown()
    customer.page.context.set_offline(False)
    customer.hears("echo: from the tunnel")
    expect(customer.pending).to_have_count(0)
    assert customer.shown() == texts(service, server)


def test_an_answer_lost_on_its_way_doubles_nothing(
    customer: Customer, server: LiveServer, service: MemoryService
) -> None:
    """The server took the message, but its 202 never arrived: the page sends the same id again."""
    tries: list[int] = []

    def lose_first(route: Route) -> None:
        tries.append(route.fetch().status)
        if len(tries) == 1:
            route.abort()
        else:
            route.fulfill(status=202, json={"seq": 2})

    customer.page.route("**/chat/messages", lose_first)
    service.mute = True
    customer.say("only once")
    expect(customer.page.locator("#entries .mine")).to_have_count(1)
    customer.say("and on")
    expect(customer.page.locator("#entries .mine")).to_have_count(2)
    assert customer.shown() == ["only once", "and on"] == texts(service, server)


def test_a_store_that_is_down_shows_as_not_sent_and_can_be_tried_again(
    customer: Customer, service: MemoryService
) -> None:
    customer.page.evaluate("() => { window.stay = true; }")
    service.down = True
    customer.say("hello")
    expect(customer.pending).to_contain_text("未发送")
    service.down = False
    customer.page.get_by_role("button", name="重试").click()
    customer.hears("echo: hello")
    assert customer.shown() == ["hello", "echo: hello"]
    assert customer.page.evaluate("() => window.stay") is True


def test_words_not_yet_sent_outlive_a_reload(customer: Customer, service: MemoryService) -> None:
    service.down = True
    customer.say("hold this")
    expect(customer.pending).to_contain_text("未发送")
    service.down = False
    customer.page.reload()
    customer.hears("echo: hold this")
    assert [message.text for message in service.received] == ["hold this"]


def test_what_can_never_be_sent_says_why_and_can_be_discarded(customer: Customer) -> None:
    customer.page.route("**/chat/messages", lambda route: route.fulfill(status=400, json={"error": "too_long"}))
    customer.say("x")
    expect(customer.pending).to_contain_text("消息太长了")
    customer.page.get_by_role("button", name="删除").click()
    expect(customer.pending).to_have_count(0)


class TestFlood:
    @pytest.fixture
    def server(self, service: MemoryService) -> Iterator[LiveServer]:
        server = LiveServer(service, limit=RateLimit(burst=3, seconds=0.5))
        server.start()
        yield server
        server.stop()

    def test_all_is_sent_in_the_end_and_in_order(self, customer: Customer, service: MemoryService) -> None:
        sent = [f"message {number}" for number in range(5)]
        service.mute = True
        for text in sent:
            customer.say(text)
        expect(customer.page.locator("#entries .mine")).to_have_count(5)
        expect(customer.pending).to_have_count(0)
        assert [message.text for message in service.received] == sent
        assert customer.shown() == sent


def test_a_socket_cut_by_the_network_is_opened_again(page: Page, server: LiveServer, service: MemoryService) -> None:
    sockets: list[WebSocketRoute] = []

    def through(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket("**/chat/live*", through)
    customer = Customer(page, server.url)
    customer.open()
    customer.say("one")
    customer.hears("echo: one")
    sockets[0].close(code=1011)
    service.say(server.conversation(), "said in the gap")
    customer.hears("said in the gap")
    assert len(sockets) == 2
    assert customer.shown() == texts(service, server)


class TestWithoutWebSockets:
    @pytest.fixture
    def server(self, service: MemoryService) -> Iterator[LiveServer]:
        server = LiveServer(service)
        server.start(ws="none")
        yield server
        server.stop()

    def test_server_sent_events_do_the_same(
        self, customer: Customer, server: LiveServer, service: MemoryService
    ) -> None:
        customer.say("我的订单")
        customer.choice("TP10001").click()
        customer.hears("pressed 1.a")
        service.say(server.conversation(), "unasked")
        customer.hears("unasked")
        assert customer.shown() == texts(service, server)

    def test_without_either_the_history_is_read(self, page: Page, server: LiveServer, service: MemoryService) -> None:
        page.route("**/chat/events*", lambda route: route.abort())
        page.goto(f"{server.url}/chat")
        customer = Customer(page, server.url)
        customer.say("slow but sure")
        customer.hears("echo: slow but sure")
        assert customer.shown() == texts(service, server)

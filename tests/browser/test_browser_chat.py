"""The chat page, used as customers use it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from bot.messages import Choice
from tests.browser.customer import Customer
from tests.webchat.memory_service import MemoryService
from tests.webchat.server import LiveServer

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001"
    "f61738550000000049454e44ae426082"
)


def test_what_is_sent_shows_at_once_and_once(customer: Customer, service: MemoryService) -> None:
    held: list[Route] = []
    customer.page.route("**/chat/messages", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks handlers
    customer.say("你好")
    expect(customer.pending).to_have_count(1)
    expect(customer.pending).to_contain_text("发送中")
    assert service.received == []
    held[0].continue_()
    customer.hears("echo: 你好")
    expect(customer.pending).to_have_count(0)
    assert customer.shown() == ["你好", "echo: 你好"]


def test_enter_sends_and_shift_enter_starts_a_line(customer: Customer, service: MemoryService) -> None:
    customer.text.press_sequentially("one")
    customer.text.press("Shift+Enter")
    customer.text.press_sequentially("two")
    customer.text.press("Enter")
    customer.hears("echo: one\ntwo")
    assert service.received[0].text == "one\ntwo"
    expect(customer.text).to_have_value("")


def test_enter_that_ends_a_composition_does_not_send(customer: Customer, service: MemoryService) -> None:
    line = customer.page.context.new_cdp_session(customer.page)
    customer.text.focus()
    line.send("Input.imeSetComposition", {"text": "dingdan", "selectionStart": 7, "selectionEnd": 7})
    customer.text.dispatch_event("keydown", {"key": "Enter", "keyCode": 13, "isComposing": True, "bubbles": True})
    line.send("Input.insertText", {"text": "订单"})
    customer.text.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True})
    expect(customer.text).to_have_value("订单")
    assert service.received == []
    customer.text.press("Enter")
    customer.hears("请问是哪一单?")
    assert [message.text for message in service.received] == ["订单"]


def test_choices_answer_once_and_stay_readable(customer: Customer, service: MemoryService) -> None:
    customer.say("我的订单")
    customer.choice("TP10002").click()
    customer.hears("pressed 1.b")
    assert service.received[-1].pressed == "1.b"
    first = customer.page.locator("#entries .choices").first
    expect(first.get_by_role("button")).to_have_count(3)
    for button in first.get_by_role("button").all():
        expect(button).to_be_disabled()
    expect(first.get_by_role("button", name="已选: TP10002")).to_be_visible()


def test_typed_answers_close_the_choices_too(customer: Customer) -> None:
    customer.say("我的订单")
    expect(customer.choice("TP10001")).to_be_enabled()
    customer.say("第二个")
    expect(customer.choice("TP10001")).to_be_disabled()


def test_only_the_newest_question_can_be_answered(
    customer: Customer, server: LiveServer, service: MemoryService
) -> None:
    customer.say("我的订单")
    expect(customer.choice("TP10001")).to_be_enabled()
    service.say(server.conversation(), "Which then?", [Choice("2.x", "This one")])
    expect(customer.choice("This one")).to_be_enabled()
    expect(customer.page.locator("#entries .choices").first.get_by_role("button").first).to_be_disabled()


def test_all_of_it_by_keyboard(customer: Customer, service: MemoryService) -> None:
    page = customer.page
    expect(customer.text).to_be_focused()
    page.keyboard.type("my order")
    page.keyboard.press("Enter")
    expect(customer.choice("TP10001")).to_be_enabled()
    for _ in range(3):
        page.keyboard.press("Shift+Tab")
    expect(customer.choice("TP10002")).to_be_focused()
    page.keyboard.press("Enter")
    customer.hears("pressed 1.b")
    expect(customer.text).to_be_focused()


def test_a_suggestion_starts_the_conversation(customer: Customer, service: MemoryService) -> None:
    customer.page.get_by_role("button", name="我的订单一直等待确认").click()
    customer.hears("请问是哪一单?")
    expect(customer.page.locator("#welcome")).to_be_hidden()
    assert service.received[0].text == "我的订单一直等待确认"


def test_somebody_seems_to_write_until_the_answer_comes(
    customer: Customer, server: LiveServer, service: MemoryService
) -> None:
    service.mute = True
    customer.say("hello?")
    expect(customer.page.locator("#typing")).to_be_visible()
    service.say(server.conversation(), "here I am")
    customer.hears("here I am")
    expect(customer.page.locator("#typing")).to_be_hidden()


def test_markup_stays_text_and_only_web_addresses_become_links(
    customer: Customer, server: LiveServer, service: MemoryService
) -> None:
    evil = '<img src=x onerror="document.title=1"><script>document.title=2</script> javascript:alert(1)'
    customer.say(evil)
    customer.hears("echo: <img")
    service.say(server.conversation(), "看 https://tepai.example/a?b=1&c=2。谢谢\n(http://x.example/y)")
    customer.hears("看 https")
    assert customer.shown()[0] == evil
    assert "·" in customer.page.title()
    links = customer.page.locator("#entries .bubble a")
    assert [link.get_attribute("href") for link in links.all()] == [
        "https://tepai.example/a?b=1&c=2",
        "http://x.example/y",
    ]
    assert links.first.get_attribute("rel") == "noopener noreferrer"


def test_a_picture_is_shown_and_kept(customer: Customer, service: MemoryService) -> None:
    customer.page.set_input_files("#file", {"name": "门口.png", "mimeType": "image/png", "buffer": PNG})
    customer.hears("got 门口.png")
    picture = customer.page.get_by_role("img", name="门口.png")
    expect(picture).to_have_attribute("src", "/chat/files/f1")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    customer.page.reload()
    expect(picture).to_be_visible()


def test_a_picture_can_be_pasted_and_a_file_dropped(customer: Customer) -> None:
    customer.text.evaluate(
        """node => { const data = new DataTransfer();
        data.items.add(new File(['a note'], 'note.txt', {type: 'text/plain'}));
        node.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})); }"""
    )
    customer.hears("got note.txt")
    customer.page.evaluate(
        """() => { const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(['b'], 'b.pdf', {type: 'application/pdf'}));
        for (const type of ['dragover', 'drop'])
          document.body.dispatchEvent(new DragEvent(type, {dataTransfer, bubbles: true, cancelable: true})); }"""
    )
    customer.hears("got b.pdf")
    expect(customer.page.locator("#drop")).to_be_hidden()


def test_a_file_too_large_is_told_before_it_is_sent(customer: Customer, service: MemoryService, tmp_path: Path) -> None:
    big = tmp_path / "big.bin"
    big.write_bytes(b"\0" * (5 * 1024 * 1024 + 1))
    customer.page.set_input_files("#file", big)
    expect(customer.page.get_by_role("alert")).to_have_text("文件太大了，最大 5 MB。")
    assert service.received == []


def test_history_and_draft_outlive_a_reload(customer: Customer) -> None:
    customer.say("hello")
    customer.hears("echo: hello")
    customer.text.fill("half a")
    customer.page.reload()
    customer.settled()
    assert customer.shown() == ["hello", "echo: hello"]
    expect(customer.text).to_have_value("half a")


def test_a_new_conversation_is_asked_for_and_empty(customer: Customer) -> None:
    customer.say("hello")
    customer.hears("echo: hello")
    customer.page.get_by_role("button", name="新的对话").click()
    customer.page.get_by_role("button", name="继续当前对话").click()
    assert customer.shown() == ["hello", "echo: hello"]
    customer.page.get_by_role("button", name="新的对话").click()
    customer.page.get_by_role("button", name="开始新对话").click()
    expect(customer.page.locator("#welcome")).to_be_visible()
    assert customer.shown() == []


def test_two_tabs_show_the_same(customer: Customer, another: Callable[[BrowserContext], Customer]) -> None:
    other = another(customer.page.context)
    customer.say("我的订单")
    other.choice("TP10001").click()
    for tab in (customer, other):
        tab.hears("pressed 1.a")
    assert customer.shown() == other.shown()
    assert len(customer.shown()) == 5


def test_a_tab_left_behind_goes_on_with_the_present_chat(
    customer: Customer, another: Callable[[BrowserContext], Customer], service: MemoryService
) -> None:
    customer.say("old")
    customer.hears("echo: old")
    other = another(customer.page.context)
    other.page.get_by_role("button", name="新的对话").click()
    other.page.get_by_role("button", name="开始新对话").click()
    expect(other.page.locator("#welcome")).to_be_visible()
    customer.say("words for whom?")
    expect(customer.page.locator("#welcome")).to_be_visible()
    expect(customer.text).to_have_value("words for whom?")
    assert [message.text for message in service.received] == ["old"]


def test_reading_back_is_not_disturbed_by_news(customer: Customer, server: LiveServer, service: MemoryService) -> None:
    customer.say("hello")
    customer.hears("echo: hello")
    for number in range(40):
        service.say(server.conversation(), f"line {number}")
    customer.hears("line 39")
    distance = "node => node.scrollHeight - node.scrollTop - node.clientHeight"
    assert customer.log.evaluate(distance) < 2
    customer.log.evaluate(
        """node => new Promise(done => {
        node.addEventListener('scroll', done, {once: true}); node.scrollTop = 0; }).then(() => {})"""
    )
    service.say(server.conversation(), "news")
    pill = customer.page.get_by_role("button", name="有新消息")
    expect(pill).to_be_visible()
    assert customer.log.evaluate("node => node.scrollTop") == 0
    pill.click()
    expect(pill).to_be_hidden()
    assert customer.log.evaluate(distance) < 2


def test_staff_are_told_from_the_bot(customer: Customer, server: LiveServer, service: MemoryService) -> None:
    customer.say("human")
    customer.hears("echo: human")
    service.say(server.conversation(), "我是小周", sender="staff")
    expect(customer.page.locator(".message.staff")).to_contain_text("人工客服")


def test_a_persona_card_leads_into_a_chat(page: Page, server: LiveServer, complaints: list[str]) -> None:
    page.goto(f"{server.url}/?lang=en")
    page.get_by_role("link", name="Wang Jianguo").click()
    customer = Customer(page, server.url)
    customer.hears("欢迎,for-wang")
    assert customer.shown() == ["欢迎,for-wang"]
    assert "link" not in page.url
    expect(page.get_by_role("textbox", name="Your message")).to_be_visible()


def test_the_language_can_be_changed_amid_a_draft(customer: Customer) -> None:
    customer.text.fill("half a")
    customer.page.get_by_role("link", name="English").click()
    expect(customer.page.get_by_role("button", name="Send")).to_be_visible()
    expect(customer.text).to_have_value("half a")
    assert customer.page.locator("html").get_attribute("lang") == "en"


@pytest.fixture
def host_page(server: LiveServer) -> Iterator[str]:
    """A company's own page, on another origin, that embeds the chat."""
    html = f'<!doctype html><html lang="en"><title>Shop</title><script src="{server.url}/chat/embed.js"></script>'

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            """The test's own output stays readable."""

    shop = HTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=shop.serve_forever)
    thread.start()
    yield f"http://localhost:{shop.server_port}/"
    shop.shutdown()
    thread.join()
    shop.server_close()


class TestEmbedded:
    @pytest.fixture
    def server(self, service: MemoryService) -> Iterator[LiveServer]:
        server = LiveServer(service, embedders=["http://localhost:*"])
        server.start()
        yield server
        server.stop()

    def test_a_company_embeds_the_chat(self, page: Page, host_page: str, service: MemoryService) -> None:
        with page.expect_event("requestfinished", lambda request: request.url.endswith("/mark.svg")):
            page.goto(host_page)
        page.get_by_role("button", name="Support chat").click()
        chat = page.frame_locator("iframe")
        expect(chat.get_by_role("button", name="Send")).to_be_enabled()
        chat.get_by_role("textbox").fill("hello from the shop")
        chat.get_by_role("textbox").press("Enter")
        expect(chat.locator("#entries .theirs")).to_have_text(re.compile("echo: hello from the shop"))
        page.reload()
        page.get_by_role("button", name="Support chat").click()
        expect(chat.locator("#entries .theirs")).to_have_text(re.compile("echo: hello from the shop"))
        page.get_by_role("button", name="Support chat").click()
        expect(page.locator("iframe")).to_be_hidden()
        assert len(service.received) == 1


def test_a_site_that_was_not_named_cannot_frame_the_chat(page: Page, host_page: str) -> None:
    page.goto(host_page)
    page.get_by_role("button", name="Support chat").click()
    expect(page.frame_locator("iframe").get_by_role("textbox")).to_have_count(0)
    assert page.frames[-1].url.startswith("chrome-error:") or page.frames[-1].url == "about:blank"

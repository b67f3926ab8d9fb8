"""Everybody can use the pages: axe finds nothing, and phones need no sideways scrolling."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.customer import Customer
from tests.webchat.memory_service import MemoryService
from tests.webchat.server import LiveServer

PHONE = {"width": 360, "height": 640}


def assert_accessible(page: Page) -> None:
    # Mid-animation colours are nobody's to judge.
    page.emulate_media(reduced_motion="reduce")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def talk(customer: Customer, service: MemoryService, server: LiveServer) -> None:
    customer.say("我的订单 https://tepai.example/" + "long" * 30)
    customer.choice("TP10002").click()
    customer.hears("pressed 1.b")
    customer.say("order")
    service.say(server.conversation(), "我是小周,来帮您。", sender="staff")
    customer.hears("小周")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_axe_finds_nothing(
    page: Page, server: LiveServer, service: MemoryService, scheme: str, language: str, complaints: list[str]
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for path in ("/", "/demo/outbox"):
        page.goto(f"{server.url}{path}?lang={language}")
        assert_accessible(page)
    customer = Customer(page, server.url)
    customer.open(f"?lang={language}")
    assert_accessible(page)
    talk(customer, service, server)
    service.down = True
    customer.say("failed")
    expect(customer.page.locator("#pending .failed")).to_be_visible()
    assert_accessible(page)
    page.locator("#new").click()
    assert_accessible(page)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_phone_needs_no_sideways_scrolling(
    browser: Browser, server: LiveServer, service: MemoryService, language: str
) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2)
    page = context.new_page()
    customer = Customer(page, server.url)
    customer.open(f"?lang={language}")
    talk(customer, service, server)
    for path in ("/", "/demo/outbox", "/chat"):
        page.goto(f"{server.url}{path}?lang={language}")
        widths = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
        assert widths == [PHONE["width"]] * 2
    assert page.locator("#log").evaluate("node => node.scrollWidth <= node.clientWidth")
    expect(customer.text).to_be_in_viewport()
    context.close()


def test_the_theme_follows_the_system_until_it_is_chosen(customer: Customer) -> None:
    page = customer.page
    background = "() => getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    light = page.evaluate(background)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate(background) != light
    page.get_by_role("button", name="切换到浅色").click()
    assert page.evaluate(background) == light
    page.reload()
    assert page.evaluate(background) == light
    expect(page.get_by_role("button", name="切换到深色")).to_be_visible()


def test_who_wants_no_motion_gets_none(page: Page, server: LiveServer) -> None:
    page.emulate_media(reduced_motion="reduce")
    customer = Customer(page, server.url)
    customer.open()
    customer.say("hello")
    customer.hears("echo: hello")
    assert page.evaluate("() => document.getAnimations().length") == 0


def test_news_are_read_out_but_the_past_is_not(customer: Customer) -> None:
    expect(customer.log).to_have_accessible_name("聊天记录")
    customer.say("hello")
    customer.hears("echo: hello")
    first = customer.page.locator("#entries .message").last
    expect(first).to_contain_text("智能客服")

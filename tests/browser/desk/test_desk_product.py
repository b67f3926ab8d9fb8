"""The whole product: a customer's chat page beside an agent's workspace, through kill -9."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.customer import Customer
from tests.browser.desk.colleague import Colleague
from tests.webchat.product import Product


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    product = Product(tmp_path)
    product.start()
    yield product
    product.kill()


def signed_in(page: Page, product: Product) -> Colleague:
    page.goto(product.links["小周"])
    page.get_by_role("button", name=re.compile("^(登录|Sign in)$")).click()
    expect(page).to_have_url(re.compile(r"/desk(/me.*)?$"))
    page.goto(f"{product.url}/desk")
    colleague = Colleague(page, product.url, "")
    colleague.settled()
    return colleague


def asks_for_a_person(page: Page, product: Product) -> Customer:
    page.goto(f"{product.url}/?lang=zh")
    page.locator(".card").first.click()
    customer = Customer(page, product.url)
    customer.settled()
    customer.say("转人工")
    customer.hears("排")
    return customer


def test_customer_and_agent_talk_and_a_kill_loses_and_doubles_nothing(
    browser: Browser, page: Page, product: Product, complaints: list[str]
) -> None:
    customer = asks_for_a_person(page, product)
    zhou = signed_in(browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai").new_page(), product)
    zhou.row("林").first.click()
    zhou.sees("转人工")
    zhou.has_seen()
    zhou.say("林女士您好，我是小周")
    customer.hears("林女士您好，我是小周")
    expect(zhou.group("mine").locator("a.row")).to_have_count(1)
    expect(zhou.line("林女士您好，我是小周")).to_contain_text("已发送")
    customer.say("请帮我看看")
    zhou.sees("请帮我看看")
    product.kill()
    customer.say("断了吗？")
    zhou.say("我在查")
    expect(customer.pending).to_contain_text("未发送")
    expect(zhou.unsent).to_have_count(1)
    product.start()
    zhou.sees("断了吗？")
    zhou.has_seen()
    if zhou.text.input_value():  # the customer's words came first: it asks for a second press
        zhou.text.press("Enter")
    customer.hears("我在查")
    expect(zhou.unsent).to_have_count(0)
    for shown in (customer.shown(), zhou.shown()):
        for words in ("转人工", "林女士您好，我是小周", "请帮我看看", "断了吗？", "我在查"):
            assert shown.count(words) == 1, (words, shown)
    assert not customer.page.get_by_text("没听懂").count()


def test_what_is_done_with_it_reaches_the_customer(
    browser: Browser, page: Page, product: Product, complaints: list[str]
) -> None:
    customer = asks_for_a_person(page, product)
    zhou = signed_in(browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai").new_page(), product)
    zhou.row("林").first.click()
    zhou.act("接入")
    customer.hears("小周")
    zhou.act("结束会话")
    zhou.dialog.get_by_role("button", name="结束会话").click()
    expect(zhou.group("mine")).to_be_hidden()
    customer.hears("这次的人工服务就到这里")
    expect(zhou.page.locator("#acts").get_by_role("button")).to_have_text(["接入"])


def test_a_ticket_is_opened_beside_the_conversation(browser: Browser, page: Page, product: Product) -> None:
    asks_for_a_person(page, product)
    zhou = signed_in(browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai").new_page(), product)
    zhou.row("林").first.click()
    zhou.sees("转人工")
    zhou.page.get_by_role("link", name="开工单").click()
    zhou.page.locator("textarea[name=words]").fill("客户说包装破了")
    zhou.page.locator("form:has(textarea[name=words]) button.strong").click()
    expect(zhou.page).to_have_url(re.compile(r"/desk/tickets/T\d{6}-\w{4}$"))
    expect(zhou.page.locator("main")).to_contain_text("客户说包装破了")

"""The whole product in a real browser, through kill -9."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.customer import Customer
from tests.webchat.product import Product


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    product = Product(tmp_path)
    product.start()
    yield product
    product.kill()


def test_killed_amid_a_chat_nothing_is_missing_or_doubled(page: Page, product: Product, complaints: list[str]) -> None:
    page.goto(f"{product.url}/?lang=zh")
    page.locator(".card").first.click()
    customer = Customer(page, product.url)

    def said(after: str) -> Locator:
        mine = page.locator("#entries .mine", has_text=after)
        return mine.locator("xpath=following-sibling::*[contains(@class, 'theirs')]")

    customer.settled()
    expect(page.locator("#entries .theirs")).not_to_have_count(0)
    customer.say("帮助")
    expect(said("帮助")).not_to_have_count(0)
    before = customer.shown()
    product.kill()
    customer.say("还在吗？")
    expect(customer.pending).to_contain_text("未发送")
    product.start()
    expect(customer.pending).to_have_count(0)
    expect(said("还在吗？")).not_to_have_count(0)
    customer.settled()
    after = customer.shown()
    assert after[: len(before)] == before
    assert after.count("还在吗？") == 1
    page.reload()
    customer.settled()
    assert customer.shown()[: len(after)] == after

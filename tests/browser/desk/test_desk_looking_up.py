"""Search, the list and the reports in a browser: for everybody, on any screen, and back again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.desk.reports import PAGE
from tests.browser.test_browser_looks import PHONE, assert_accessible
from tests.desk.busy_weeks import served
from tests.desk.memory_desk import MIN, MemoryPeople
from tests.desk.page import COOKIE
from tests.desk.server import DeskServer

PAGES = ("/desk/search", "/desk/reports", "/desk/reports/flows", "/desk/reports/flows?flow=cancel_order&all=1")


@pytest.fixture
def server(people: MemoryPeople, tmp_path: Path) -> Iterator[DeskServer]:
    with served(tmp_path, people, days=4, a_day=30) as server:
        yield server


@pytest.fixture
def lead(page: Page, server: DeskServer, complaints: list[str]) -> Page:
    page.context.add_cookies([{"name": COOKIE, "value": "zhoumin", "url": server.url}])
    return page


def look(page: Page, words: str) -> None:
    page.locator("#q").fill(words)
    page.keyboard.press("Enter")
    expect(page.locator(".lines mark").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_axe_finds_nothing(lead: Page, server: DeskServer, people: MemoryPeople, scheme: str, language: str) -> None:
    people.staff["zhoumin"] = replace(MIN, language=language)
    lead.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for path in PAGES:
        lead.goto(server.url + path)
        for summary in lead.locator("main details > summary").all():
            summary.click()
        assert_accessible(lead)
    lead.goto(f"{server.url}/desk/search")
    look(lead, "等待")
    assert_accessible(lead)
    lead.goto(f"{server.url}/desk/reports?first=2020-01-01&last=2020-01-02")
    assert_accessible(lead)


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_needs_no_sideways_scrolling(browser: Browser, server: DeskServer, path: str) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)  # type: ignore[arg-type]
    context.add_cookies([{"name": COOKIE, "value": "zhoumin", "url": server.url}])
    page = context.new_page()
    page.goto(server.url + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert_accessible(page)
    context.close()


def test_all_conversations_are_paged_narrowed_down_and_opened(lead: Page, server: DeskServer) -> None:
    lead.goto(f"{server.url}/desk/search")
    rows = lead.locator("tbody tr")
    expect(rows).to_have_count(PAGE)
    first = rows.first.get_by_role("link").get_attribute("href")
    lead.get_by_role("link", name="更早的").click()
    expect(rows.first.get_by_role("link")).not_to_have_attribute("href", first or "")
    lead.get_by_label("渠道").select_option(label="Telegram")
    lead.get_by_role("button", name="筛选").click()
    expect(rows.first).to_be_visible()
    assert set(lead.locator("[data-label=渠道]").all_inner_texts()) == {"Telegram"}
    rows.first.get_by_role("link").click()
    lead.wait_for_url("**/desk?c=telegram*")


def test_the_workspace_lists_them_as_well(lead: Page, server: DeskServer) -> None:
    lead.goto(f"{server.url}/desk")
    lead.get_by_role("button", name="全部会话").click()
    rows = lead.locator("#queue .group.all a.row")
    expect(rows).to_have_count(PAGE)
    lead.get_by_role("button", name="更多").click()
    expect(rows.nth(PAGE)).to_be_visible()
    rows.nth(PAGE).click()
    lead.wait_for_url("**/desk?c=*")
    expect(rows.nth(PAGE)).to_have_attribute("aria-current", "true")


def test_what_was_looked_for_is_there_again_on_the_way_back(lead: Page, server: DeskServer) -> None:
    lead.goto(f"{server.url}/desk/search")
    look(lead, "骑手 等待")
    assert lead.url == f"{server.url}/desk/search"
    first = lead.locator(".lines a").first.inner_text()
    lead.get_by_role("button", name="更早的").click()
    expect(lead.locator(".lines a").first).not_to_have_text(first)
    older = lead.locator(".lines a").first.inner_text()
    lead.locator(".lines a").first.click()
    lead.wait_for_url("**/desk?c=*")
    lead.go_back()
    expect(lead.locator("#q")).to_have_value("骑手 等待")
    expect(lead.locator(".lines a").first).to_contain_text(older.splitlines()[-1])


def test_without_scripts_it_is_found_all_the_same(browser: Browser, server: DeskServer) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": COOKIE, "value": "zhoumin", "url": server.url}])
    page = context.new_page()
    page.goto(f"{server.url}/desk/search")
    look(page, "等待")
    page.get_by_role("button", name="更早的").click()
    expect(page.locator(".lines mark").first).to_be_visible()
    context.close()


def test_the_search_has_the_focus_by_one_key(lead: Page, server: DeskServer) -> None:
    lead.goto(f"{server.url}/desk/search")
    lead.keyboard.press("/")
    expect(lead.locator("#q")).to_be_focused()
    lead.keyboard.type("a/b")
    expect(lead.locator("#q")).to_have_value("a/b")

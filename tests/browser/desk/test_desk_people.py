"""The desk's own pages in a real browser: everybody can use them, in both languages and themes, also on a phone."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.desk.people import Role
from bot.store.database import Database
from bot.support.phones import StaffPhones
from tests.browser.test_browser_looks import PHONE, assert_accessible
from tests.desk.office import COOKIE, Office
from tests.support.staffing import PASSWORD

T = TypeVar("T")

OUTSIDE = ("/desk/sign-in", "/desk/link", "/desk/nowhere")
INSIDE = (
    "/desk/me",
    "/desk/me/password",
    "/desk/staff",
    "/desk/staff/new",
    "/desk/staff/li",
    "/desk/audit",
    "/desk/staff/no",
)


def elsewhere(work: Coroutine[Any, Any, T]) -> T:
    """Playwright's loop runs in this thread, so that another one has to do it."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@pytest.fixture
def office(sqlite_url: str) -> Iterator[Office]:
    office = Office(sqlite_url, phones=StaffPhones(Database(sqlite_url), _at_telegram))
    office.start()
    yield office
    office.stop()
    elsewhere(office.outside.close())


async def _at_telegram(token: str) -> str:
    return f"https://t.me/tepai_test_bot?start=staff-{token}"


async def _moved_in(office: Office, language: str) -> str:
    """An admin who is signed in, and a colleague; the admin's session."""
    begun = await office.team.come("boss", Role.ADMIN, name="老板" if language == "zh" else "Boss")
    await office.team.staff.describe(begun.agent, name=begun.agent.name, language=language, languages=["zh", "en"])
    await office.team.link("li", teams=("care",), email="li.with.a.rather.long.name@customer-care.tepai.example")
    return begun.token


@pytest.fixture(params=["zh", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def inside(office: Office, context: BrowserContext, language: str, complaints: list[str]) -> Page:
    """A page of an admin who is signed in."""
    holds(context, office, elsewhere(_moved_in(office, language)))
    return context.new_page()


def holds(context: BrowserContext, office: Office, token: str) -> None:
    context.add_cookies([{"name": COOKIE, "value": token, "url": office.url}])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(inside: Page, office: Office, language: str, scheme: Any) -> None:
    inside.emulate_media(color_scheme=scheme)
    for path in INSIDE:
        inside.goto(office.url + path)
        assert_accessible(inside)
    inside.goto(f"{office.url}/desk/staff/li")
    inside.locator("form[action$='/link'] button").click()
    expect(inside.locator("#link")).to_be_visible()
    assert_accessible(inside)
    inside.goto(f"{office.url}/desk/me")
    inside.locator("form[action='/desk/me/telegram'] button").click()
    expect(inside.locator("a[href^='https://t.me/']")).to_be_visible()
    assert_accessible(inside)
    inside.goto(f"{office.url}/desk/me?done=saved")
    for menu in ("#presence", "#account"):
        inside.locator(f"{menu} summary").click()
        assert_accessible(inside)
        inside.keyboard.press("Escape")
    inside.context.clear_cookies()
    for path in OUTSIDE:
        inside.goto(f"{office.url}{path}?lang={language}")
        assert_accessible(inside)
    inside.goto(f"{office.url}/desk/sign-in?lang={language}")
    inside.locator("#name").fill("li")
    inside.locator("#password").fill("wrong")
    inside.keyboard.press("Enter")
    expect(inside.get_by_role("alert")).to_be_visible()
    assert_accessible(inside)


def test_a_phone_needs_no_sideways_scrolling(browser: Browser, office: Office, language: str) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)  # type: ignore[arg-type]
    holds(context, office, elsewhere(_moved_in(office, language)))
    page = context.new_page()
    for path in (*INSIDE, "/desk/me?done=saved"):
        page.goto(office.url + path)
        assert page.evaluate("() => document.documentElement.scrollWidth") == PHONE["width"], path
        expect(page.get_by_role("navigation")).to_be_in_viewport()
    context.clear_cookies()
    for path in OUTSIDE:
        page.goto(office.url + path)
        assert page.evaluate("() => document.documentElement.scrollWidth") == PHONE["width"], path
    context.close()


def test_a_new_colleague_comes_by_the_link(page: Page, office: Office, complaints: list[str]) -> None:
    token = elsewhere(office.team.link())
    page.goto(f"{office.url}/desk/link#{token}")
    expect(page.locator("#paste")).to_be_hidden()
    assert token not in page.url
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_label("新密码", exact=True).fill(PASSWORD)
    page.get_by_label("再次输入新密码").fill(PASSWORD)
    page.get_by_role("button", name="设置密码").click()
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()
    page.locator("#account summary").click()
    page.get_by_role("button", name="退出登录").click()
    page.get_by_label("登录名").fill("li")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()


def test_what_one_chose_to_be_is_shown_on_every_page(
    context: BrowserContext, office: Office, complaints: list[str]
) -> None:
    holds(context, office, elsewhere(_moved_in(office, "zh")))
    first, second = context.new_page(), context.new_page()
    for page in (first, second):
        page.goto(f"{office.url}/desk/me")
    first.locator("#presence summary").click()
    first.get_by_role("button", name="离开").click()
    expect(first.locator("#presence summary")).to_have_text("离开")
    expect(first.locator("#presence")).not_to_have_attribute("open", "")
    second.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect(second.locator("#presence summary")).to_have_text("离开")


def test_who_is_signed_out_in_the_middle_loses_no_words(inside: Page, office: Office, language: str) -> None:
    inside.goto(f"{office.url}/desk/staff/new")
    inside.locator("#shown").fill("小王")
    elsewhere(_thrown_out(office))
    inside.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect(inside.locator("#signed-out")).to_be_visible()
    expect(inside.locator("#shown")).to_have_value("小王")
    assert_accessible(inside)


async def _thrown_out(office: Office) -> None:
    (boss,) = [one for one in await office.team.staff.everybody(office.team.by) if one.id == "boss"]
    for session in await office.team.staff.sessions(boss, ""):
        await office.team.staff.revoke(office.team.by, session.id)


def test_a_keyboard_is_enough(inside: Page, office: Office, language: str) -> None:
    inside.goto(f"{office.url}/desk/me")
    inside.keyboard.press("Tab")
    skip = inside.locator(".skip")
    expect(skip).to_be_focused()
    inside.keyboard.press("Enter")
    expect(inside.locator("#main")).to_be_focused()
    inside.locator("#presence summary").focus()
    inside.keyboard.press("Enter")
    expect(inside.locator("#presence button").first).to_be_visible()
    inside.keyboard.press("Escape")
    expect(inside.locator("#presence button").first).to_be_hidden()
    expect(inside.locator("#presence summary")).to_be_focused()


def test_the_language_and_the_theme_are_switched_and_stay(inside: Page, office: Office, language: str) -> None:
    inside.emulate_media(color_scheme="light")
    inside.goto(f"{office.url}/desk/me")
    other = "en" if language == "zh" else "zh-CN"
    inside.locator("#account summary").click()
    inside.locator("form[action='/desk/me/language'] button").click()
    expect(inside.locator("html")).to_have_attribute("lang", other)
    inside.locator("#account summary").click()
    inside.locator("#theme").click()
    expect(inside.locator("html")).to_have_attribute("data-theme", "dark")
    inside.reload()
    expect(inside.locator("html")).to_have_attribute("data-theme", "dark")
    expect(inside.locator("html")).to_have_attribute("lang", other)


def test_names_are_text_whatever_is_in_them(context: BrowserContext, office: Office, complaints: list[str]) -> None:
    evil = "<img src=x onerror=alert(1)>"
    holds(context, office, elsewhere(office.team.come("evil", Role.ADMIN, name=evil)).token)
    page = context.new_page()
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    for path in ("/desk/me", "/desk/staff", "/desk/staff/evil", "/desk/audit"):
        page.goto(office.url + path)
        expect(page.get_by_text(evil).or_(page.locator(f"input[value='{evil}']")).first).to_be_attached()
        assert page.locator("img[src=x]").count() == 0

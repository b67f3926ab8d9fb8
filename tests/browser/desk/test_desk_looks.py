"""Everybody can use the workspace, on any screen; and nothing anybody writes is ever more than text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.desk.talk import Delivery, Draft, Limits, Note
from bot.desk.work import Status
from bot.messages import Attachment, AttachmentKind, Choice
from tests.browser.desk.colleague import Colleague
from tests.browser.desk.conftest import LIN, Opened
from tests.browser.test_browser_looks import assert_accessible
from tests.desk.memory_desk import CARD, ZHOU, MemoryDesk, MemoryPeople
from tests.desk.server import DeskServer

PHONE = {"width": 360, "height": 640}
EVIL = '"><img src=x onerror="window.owned=1"><script>window.owned=1</script>'


def everything(desk: MemoryDesk) -> None:
    """A conversation with one of each."""
    desk.bot(LIN, "请选择", choices=[Choice("1", "取消订单")])
    desk.bot(LIN, "没说出口", Delivery.HELD)
    desk.add(LIN, "staff", "没送到 https://tepai.example/" + "long" * 30, Delivery.FAILED, author="xiaozhou")
    desk.add(LIN, "staff", "在路上", Delivery.QUEUED, author="xiaowang")
    desk.says(LIN, "", (Attachment(AttachmentKind.FILE, "f9", "文件.pdf", "application/pdf", 9),))
    desk.talks[LIN].notes.append(Note("xiaowang:n1", 0, "xiaowang", "内部"))
    desk.talks[LIN].tags.append("超时")
    desk.talks[LIN].drafts["xiaowang"] = Draft("xiaowang", "正在写的", 9e9)
    desk.change(LIN, owner="xiaozhou", status=Status.TAKEN, customer_wrote_at=9e9, limits=Limits(until=9e9, left=3))
    desk.wants_a_person("wechat:chen", name="陈美玲", limits=Limits(reachable=False), priority=1, opened_at=1.0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_axe_finds_nothing(
    page: Page,
    server: DeskServer,
    desk: MemoryDesk,
    people: MemoryPeople,
    complaints: list[str],
    scheme: str,
    language: str,
) -> None:
    people.staff["xiaozhou"] = replace(ZHOU, language=language)
    everything(desk)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    zhou = Colleague(page, server.url, "xiaozhou").open()
    expect(zhou.row("林晓")).to_be_visible()
    assert_accessible(page)
    zhou.open(LIN)
    expect(page.locator("#orders .order")).to_be_visible()
    zhou.text.press_sequentially("/")
    expect(page.get_by_role("option").first).to_be_visible()
    assert_accessible(page)
    zhou.text.fill("words")
    page.locator("[data-mode=note]").click()
    assert_accessible(page)
    zhou.leave_editor()
    for key in ("?", "t", "x", "b"):
        page.keyboard.press(key)
        expect(zhou.dialog).to_be_visible()
        assert_accessible(page)
        page.keyboard.press("Escape")
    page.locator("#orders button.danger").click()
    expect(zhou.dialog).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_one_at_a_time_without_sideways_scrolling(desk: MemoryDesk, another: Opened, scheme: str) -> None:
    everything(desk)
    options = {"viewport": PHONE, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
    zhou = another("xiaozhou", "", **options, color_scheme=scheme)
    page = zhou.page

    def fits() -> None:
        assert page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [PHONE["width"]] * 2
        assert_accessible(page)

    expect(zhou.queue).to_be_visible()
    expect(page.locator("#talk")).to_be_hidden()
    fits()
    zhou.row("林晓").click()
    zhou.sees("没送到")
    expect(zhou.queue).to_be_hidden()
    expect(zhou.text).to_be_in_viewport()
    expect(page.locator("#acts").get_by_role("button")).to_have_count(3)
    assert zhou.log.evaluate("node => node.scrollWidth <= node.clientWidth")
    fits()
    page.get_by_role("button", name="客户与订单").click()
    expect(page.locator("#orders .order")).to_be_visible()
    expect(page.locator("#talk")).to_be_hidden()
    fits()
    page.get_by_role("button", name="返回会话").click()
    page.get_by_role("button", name="返回队列").click()
    expect(zhou.queue).to_be_visible()
    page.go_back()
    zhou.sees("没送到")


def test_words_names_and_files_are_only_ever_text(zhou: Colleague, desk: MemoryDesk, people: MemoryPeople) -> None:
    people.staff["xiaowang"] = replace(people.staff["xiaowang"], name=EVIL)
    desk.card = replace(CARD, goods=EVIL, facts=((EVIL, EVIL),), diagnosis=(EVIL,))
    desk.bot(LIN, EVIL, Delivery.FAILED, [Choice("1", EVIL)])
    desk.becomes(LIN, desk.talks[LIN].lines[-1].seq, Delivery.FAILED, EVIL)
    desk.says(LIN, "javascript:alert(1) http://x\"onmouseover=\"window.owned=1", (
        Attachment(AttachmentKind.FILE, "f1", EVIL, "text/html", 3),
        Attachment(AttachmentKind.IMAGE, "f2", EVIL, "image/png", 3),
    ))  # fmt: skip
    desk.talks[LIN].notes.append(Note("xiaowang:1", 0, "xiaowang", EVIL))
    desk.talks[LIN].tags.append(EVIL)
    desk.talks[LIN].drafts["xiaowang"] = Draft("xiaowang", EVIL, 9e9)
    desk.change(LIN, name=EVIL, owner="xiaowang", status=Status.TAKEN, reason=EVIL)
    zhou.open(LIN)
    zhou.sees("javascript:alert(1)")
    expect(zhou.page.locator("#orders .order")).to_contain_text(EVIL)
    expect(zhou.page.locator("#tags")).to_contain_text(EVIL)
    expect(zhou.page.locator("#writers")).to_contain_text(EVIL)
    expect(zhou.page.locator("#whose h2")).to_have_text(EVIL)
    assert zhou.page.evaluate("window.owned") is None
    assert zhou.page.locator("img[src=x]").count() == 0
    hrefs = zhou.page.locator("#lines a").evaluate_all("nodes => nodes.map(node => node.protocol)")
    assert set(hrefs) <= {"http:", "https:"}


def test_who_wants_no_motion_gets_none(zhou: Colleague, desk: MemoryDesk) -> None:
    zhou.page.emulate_media(reduced_motion="reduce")
    desk.change(LIN, customer_wrote_at=9e9)
    expect(zhou.page.locator("#writers .dots")).to_be_visible()
    assert zhou.page.evaluate("document.getAnimations().length") == 0


def test_the_past_is_not_read_out_but_news_are(zhou: Colleague) -> None:
    expect(zhou.log).to_have_accessible_name("聊天记录")
    expect(zhou.log).not_to_have_attribute("aria-busy", "true")
    expect(zhou.page.locator("#toast")).to_have_attribute("role", "status")
    expect(zhou.page.locator("#composer-alert")).to_have_attribute("role", "alert")


def test_a_middle_wide_screen_leaves_nothing_out_of_reach(desk: MemoryDesk, another: Opened, browser: Browser) -> None:
    zhou = another("xiaozhou", LIN, viewport={"width": 900, "height": 700})
    expect(zhou.page.locator("#side")).to_be_hidden()
    zhou.page.get_by_role("button", name="客户与订单").click()
    expect(zhou.page.locator("#brief")).to_be_visible()
    zhou.page.get_by_role("button", name="返回会话").click()
    zhou.sees("我的订单怎么还没人接")

"""Replies that are written once: leads write them, everybody uses them."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.desk.colleague import Colleague
from tests.browser.desk.conftest import Opened
from tests.browser.test_browser_looks import assert_accessible
from tests.desk.memory_desk import MemoryDesk


def test_a_lead_writes_changes_and_drops_one(desk: MemoryDesk, another: Opened) -> None:
    page = another("zhoumin", "").page
    page.goto(page.url.replace("/desk", "/desk/replies"))
    expect(page.get_by_role("row")).to_have_count(4)
    assert_accessible(page)
    page.get_by_role("link", name="新建快捷回复").click()
    page.get_by_label("快捷词").fill("/sorry")
    page.get_by_label("名称").fill("致歉")
    page.get_by_label("内容").fill("非常抱歉，{customer}。\n<b>马上</b>处理。")
    assert_accessible(page)
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status").filter(has_text="已保存")).to_be_visible()
    expect(page.get_by_role("row", name="致歉")).to_contain_text("<b>马上</b>处理。")
    assert [(each.shortcut, each.title) for each in desk.replies[3:]] == [("sorry", "致歉")]
    page.get_by_role("link", name="致歉").click()
    page.get_by_label("快捷词").fill("hello")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert")).to_have_text("同一语言中已有这个快捷词。")
    expect(page.get_by_label("内容")).to_have_value("非常抱歉，{customer}。\n<b>马上</b>处理。")
    page.get_by_label("快捷词").fill("sorry2")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("link", name="致歉").click()
    page.get_by_role("button", name="删除").click()
    expect(page.get_by_role("row")).to_have_count(4)


def test_an_agent_reads_them_and_changes_none(zhou: Colleague, desk: MemoryDesk) -> None:
    page = zhou.page
    page.goto(f"{zhou.url}/desk/replies")
    expect(page.get_by_role("row")).to_have_count(4)
    expect(page.get_by_role("link", name="新建快捷回复")).to_have_count(0)
    for path, answer in (("new", 403), ("1", 403)):
        assert page.request.get(f"{zhou.url}/desk/replies/{path}").status == answer
    for path in ("new", "1", "1/drop"):
        headers = {"Origin": zhou.url}
        refused = page.request.post(f"{zhou.url}/desk/replies/{path}", form={"shortcut": "x"}, headers=headers)
        assert refused.status == 403
    assert len(desk.replies) == 3

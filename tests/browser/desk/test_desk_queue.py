"""The queue, what is done with a conversation, and two members of staff at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from bot.desk.talk import Delivery
from bot.desk.work import Ending, Resume, Status
from tests.browser.desk.colleague import Colleague
from tests.browser.desk.conftest import LIN, Opened
from tests.desk.memory_desk import MemoryDesk, MemoryPeople
from tests.desk.server import DeskServer

CHEN, WANG = "wechat:chen", "telegram:wang"

# Within one task: before the browser has told of the dialog's end, and before the focus has found another place.
CLOSE_AND_PRESS = """key => {
  document.querySelector("dialog[open]")?.close();
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  (document.activeElement ?? document.body).dispatchEvent(event);
}"""


@pytest.fixture
def busy(desk: MemoryDesk) -> MemoryDesk:
    """Three wait, in this order of urgency: WANG, LIN, CHEN."""
    desk.says(CHEN, "Hello?")
    desk.wants_a_person(CHEN, name="陈美玲", language="en")
    desk.says(WANG, "包裹丢了")
    desk.wants_a_person(WANG, name="王建国", priority=2, reason="lost")
    return desk


def test_the_queue_is_grouped_and_what_is_urgent_comes_first(zhou: Colleague, busy: MemoryDesk) -> None:
    expect(zhou.group("waiting").locator("a.row b")).to_have_text(["王建国", "林晓", "陈美玲"])
    expect(zhou.row("王建国")).to_contain_text("包裹丢失")
    expect(zhou.row("陈美玲")).to_contain_text("英文")
    busy.change(WANG, owner="xiaowang", status=Status.TAKEN)
    expect(zhou.group("others").locator("a.row")).to_contain_text("小王")
    busy.change(LIN, owner="xiaozhou", status=Status.TAKEN)
    expect(zhou.group("mine").locator("a.row b")).to_have_text(["林晓"])
    busy.change(CHEN, status=Status.CLOSED)
    expect(zhou.group("waiting")).to_be_hidden()


def test_all_by_keyboard(zhou: Colleague, busy: MemoryDesk) -> None:
    page = zhou.page
    expect(zhou.group("waiting").locator("a.row")).to_have_count(3)
    zhou.leave_editor()
    page.keyboard.press("k")
    expect(zhou.row("王建国")).to_be_focused()
    page.keyboard.press("Enter")
    zhou.sees("包裹丢了")
    assert page.url.endswith("?c=telegram%3Awang")
    zhou.leave_editor()
    page.keyboard.press("c")
    expect(page.locator("#toast")).to_contain_text("已接入")
    assert busy.talks[WANG].owner == "xiaozhou"
    expect(zhou.text).to_be_focused()
    page.keyboard.type("cjkx?/t")
    expect(zhou.text).to_have_value("cjkx?/t")
    zhou.text.fill("")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.locator("#composer")).to_have_attribute("data-mode", "note")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.locator("#composer")).to_have_attribute("data-mode", "reply")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_role("option")).to_have_count(3)
    page.keyboard.press("Escape")
    zhou.text.fill("")
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    expect(zhou.dialog).to_contain_text("结束会话")
    page.keyboard.press("b")
    expect(page.locator("dialog[open]")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(zhou.dialog).to_contain_text("快捷键")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_a_key_counts_in_the_very_moment_in_which_a_dialog_closes(zhou: Colleague, desk: MemoryDesk) -> None:
    desk.change(LIN, owner="xiaozhou", status=Status.TAKEN)
    expect(zhou.page.locator("#acts").get_by_role("button")).to_have_count(3)
    zhou.leave_editor()
    for key, title in (("x", "结束会话"), ("t", "转接会话"), ("b", "交还给机器人"), ("?", "快捷键"), ("x", "结束会话")):
        zhou.page.evaluate(CLOSE_AND_PRESS, key)
        expect(zhou.dialog).to_contain_text(title)
    zhou.page.evaluate(CLOSE_AND_PRESS, "r")
    expect(zhou.dialog).to_have_count(0)
    zhou.page.keyboard.type("xtb")
    expect(zhou.text).to_have_value("xtb")


def test_it_is_handed_back_with_a_way_to_go_on(zhou: Colleague, desk: MemoryDesk) -> None:
    desk.change(LIN, owner="xiaozhou", status=Status.TAKEN)
    zhou.act("交还机器人")
    zhou.dialog.get_by_text("重新开始").click()
    zhou.dialog.get_by_role("button", name="交还机器人").click()
    expect(zhou.page.locator("#toast")).to_contain_text("已交还机器人")
    assert desk.handed == [("hand_back", LIN, Resume.FRESH)]
    expect(zhou.page.locator("#acts").get_by_role("button")).to_have_text(["接入"])


def test_it_is_closed_with_how_it_ended(zhou: Colleague, desk: MemoryDesk) -> None:
    desk.change(LIN, owner="xiaozhou", status=Status.TAKEN)
    zhou.act("结束会话")
    zhou.dialog.get_by_role("button", name="取消").click()
    assert desk.handed == []
    zhou.act("结束会话")
    zhou.dialog.get_by_text("未解决").click()
    zhou.dialog.get_by_role("button", name="结束会话").click()
    expect(zhou.group("mine")).to_be_hidden()
    assert desk.handed == [("close", LIN, Ending.NOT_SOLVED)]


def test_it_is_passed_on_with_words_that_only_colleagues_see(
    zhou: Colleague, desk: MemoryDesk, another: Opened
) -> None:
    desk.change(LIN, owner="xiaozhou", status=Status.TAKEN)
    wang = another("xiaowang", "")
    expect(wang.group("others").locator("a.row")).to_have_count(1)
    zhou.act("转接")
    zhou.dialog.get_by_label("转给").select_option(label="小王 · 在线")
    zhou.dialog.get_by_label("给接手人的留言").fill("地址已核对")
    zhou.dialog.get_by_role("button", name="转接").click()
    expect(wang.group("mine").locator("a.row")).to_have_count(1)
    wang.row("林晓").click()
    expect(wang.page.locator("#lines .note")).to_contain_text("地址已核对")
    assert desk.said(LIN) == []
    expect(zhou.page.locator("#limits")).to_contain_text("小王正在接待")
    expect(zhou.page.get_by_role("button", name="回复客户")).to_be_disabled()


def test_of_two_who_take_it_at_once_one_has_it_and_the_other_is_told(
    zhou: Colleague, desk: MemoryDesk, another: Opened
) -> None:
    wang = another("xiaowang")
    zhou.page.route("**/claim", lambda route: (desk.change(LIN, owner="xiaowang"), route.continue_())[1])
    zhou.act("接入")
    expect(zhou.page.locator("#toast")).to_have_text("由小王接待")
    expect(wang.page.locator("#whose")).to_contain_text("由您接待")
    expect(zhou.page.locator("#acts").get_by_role("button")).to_have_count(0)


def test_a_lead_passes_on_what_somebody_else_has(desk: MemoryDesk, another: Opened) -> None:
    desk.change(LIN, owner="xiaozhou", status=Status.TAKEN)
    lead = another("zhoumin")
    lead.act("转接")
    lead.dialog.get_by_label("转给").select_option(label="我自己 · 离开")
    lead.dialog.get_by_role("button", name="转接").click()
    expect(lead.group("mine").locator("a.row")).to_have_count(1)


def test_what_a_colleague_is_writing_is_seen(zhou: Colleague, another: Opened) -> None:
    wang = another("xiaowang")
    zhou.text.press_sequentially("您的订单我已经")
    writers = wang.page.locator("#writers")
    expect(writers).to_contain_text("小周正在写：")
    expect(writers).to_contain_text("您的订单我已经")
    expect(zhou.page.locator("#writers")).to_be_empty()
    zhou.text.fill("")
    expect(writers).to_be_empty()
    zhou.text.press_sequentially("再写一次")
    expect(writers).to_contain_text("再写一次")
    zhou.page.goto("about:blank")
    expect(writers).to_be_empty()


def test_two_pages_show_the_same_lines(zhou: Colleague, desk: MemoryDesk, another: Opened) -> None:
    wang = another("xiaowang")
    zhou.has_seen()
    zhou.say("我来处理")
    wang.sees("我来处理")
    desk.says(LIN, "谢谢")
    desk.bot(LIN, "不该说的", Delivery.HELD)
    for page in (zhou, wang):
        page.sees("不该说的")
        assert page.shown() == ["请问有什么可以帮您？", "我的订单怎么还没人接", "我来处理", "谢谢", "不该说的"]


def test_who_waits_is_counted_in_the_title_and_announced(zhou: Colleague, desk: MemoryDesk) -> None:
    expect(zhou.page).to_have_title("(1) 会话 · 特派")
    desk.says(CHEN, "在吗")
    desk.wants_a_person(CHEN, name="陈美玲")
    expect(zhou.page).to_have_title("(2) 会话 · 特派")
    expect(zhou.page.locator("#announcement")).to_have_text("新客户等待接入：陈美玲")
    desk.change(CHEN, owner="xiaozhou", status=Status.TAKEN)
    desk.says(CHEN, "还在吗")
    expect(zhou.page.locator("#announcement")).to_have_text("陈美玲发来新消息")
    desk.change(CHEN, unanswered_since=None)
    expect(zhou.page).to_have_title("(1) 会话 · 特派")


NOTED = """() => {
  window.noted = [];
  window.Notification = class { constructor(text) { noted.push(text); } static permission = "default";
    static async requestPermission() { Notification.permission = "granted"; } };
  window.AudioContext = class { constructor() { noted.push("sound"); throw new Error(); } };
  Object.defineProperty(document, "hidden", { get: () => true });
}"""


def test_notifications_and_sound_are_off_until_asked_for(zhou: Colleague, desk: MemoryDesk) -> None:
    page = zhou.page
    page.add_init_script(f"({NOTED})()")
    zhou.open()
    desk.wants_a_person(CHEN, name="陈美玲")
    expect(page.locator("#announcement")).to_contain_text("陈美玲")
    assert page.evaluate("noted") == []
    assert page.evaluate("Notification.permission") == "default"
    page.locator("#bell summary").click()
    page.get_by_label("浏览器通知").check()
    page.get_by_label("提示音").check()
    expect(page.get_by_label("浏览器通知")).to_be_checked()
    desk.wants_a_person(WANG, name="王建国")
    expect(page.locator("#announcement")).to_contain_text("王建国")
    assert page.evaluate("noted") == ["sound", "sound", "新客户等待接入：王建国"]
    page.reload()
    page.locator("#bell summary").click()
    expect(page.get_by_label("提示音")).to_be_checked()


def test_another_teams_conversation_looks_like_none(desk: MemoryDesk, another: Opened) -> None:
    desk.change(LIN, team="lost")
    for conversation in (LIN, "web:nobody"):
        anna = another("anna", "")
        anna.page.goto(f"{anna.url}/desk?c={conversation}")
        expect(anna.page.locator("#not-there")).to_be_visible()
        expect(anna.page.locator("#not-there h2")).to_have_text("There is no such conversation")
        expect(anna.page.locator("#talk")).to_be_hidden()
        assert "我的订单" not in anna.page.content()


def test_the_address_leads_to_the_conversation_and_back(zhou: Colleague, busy: MemoryDesk) -> None:
    zhou.row("王建国").click()
    zhou.sees("包裹丢了")
    zhou.page.go_back()
    zhou.sees("我的订单怎么还没人接")
    zhou.page.go_forward()
    zhou.sees("包裹丢了")
    assert zhou.shown() == ["包裹丢了"]


def test_a_colleague_without_a_name_here_is_looked_up(
    zhou: Colleague, desk: MemoryDesk, people: MemoryPeople, page: Page, server: DeskServer
) -> None:
    zhou.page.clock.install()
    people.staff["new"] = replace(people.staff["xiaowang"], id="new", name="新同事")
    zhou.page.clock.run_for(11_000)
    desk.change(LIN, owner="new", status=Status.TAKEN)
    expect(zhou.page.locator("#whose")).to_contain_text("由新同事接待")

"""The conversation on an agent's page: what is sent, what becomes of it, and what must not happen by accident."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Route, expect

from bot.desk.talk import Delivery, Limits
from bot.messages import Attachment, AttachmentKind, Choice
from tests.browser.desk.colleague import Colleague
from tests.browser.desk.conftest import LIN
from tests.browser.test_browser_chat import PNG
from tests.desk.memory_desk import MemoryDesk
from tests.desk.server import DeskServer

FILE = b"%PDF-1.4 not really"


def test_a_reply_shows_at_once_and_once_and_takes_the_conversation(zhou: Colleague, desk: MemoryDesk) -> None:
    held: list[Route] = []
    zhou.page.route("**/reply", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks handlers
    zhou.has_seen()
    zhou.say("您好，我来帮您")
    expect(zhou.unsent).to_have_count(1)
    expect(zhou.unsent).to_contain_text("发送中")
    assert desk.said(LIN) == []
    held[0].continue_()
    expect(zhou.unsent).to_have_count(0)
    expect(zhou.line("您好，我来帮您")).to_contain_text("已发送")
    assert zhou.shown()[-1:] == ["您好，我来帮您"]
    assert desk.talks[LIN].owner == "xiaozhou"
    expect(zhou.group("mine").locator("a.row")).to_have_count(1)


def test_news_and_changed_states_come_by_themselves(zhou: Colleague, desk: MemoryDesk) -> None:
    desk.says(LIN, "还在吗？")
    zhou.sees("还在吗？")
    seq = desk.add(LIN, "staff", "在的", Delivery.QUEUED, author="xiaowang").seq
    expect(zhou.line("在的")).to_contain_text("排队发送中")
    expect(zhou.line("在的")).to_contain_text("小王")
    desk.becomes(LIN, seq, Delivery.SENT)
    expect(zhou.line("在的")).to_contain_text("已发送")
    assert zhou.shown().count("在的") == 1


def test_what_failed_says_why_and_is_sent_again_once(zhou: Colleague, desk: MemoryDesk) -> None:
    desk.change(LIN, owner="xiaozhou")
    seq = desk.add(LIN, "staff", "到了吗", Delivery.SENT, author="xiaozhou").seq
    desk.becomes(LIN, seq, Delivery.FAILED, "unreachable")
    expect(zhou.line("到了吗")).to_contain_text("未送达 · 客户无法联系")
    zhou.line("到了吗").get_by_role("button", name="重新发送").click()
    expect(zhou.line("到了吗")).to_contain_text("已发送")
    expect(zhou.page.get_by_role("button", name="重新发送")).to_have_count(0)
    assert desk.said(LIN) == ["到了吗", "到了吗"]


def test_a_reason_in_the_channels_own_words_is_shown_as_it_is(zhou: Colleague, desk: MemoryDesk) -> None:
    desk.add(LIN, "staff", "图片", Delivery.FAILED, author="xiaozhou", why="Bad Request: <b>chat</b> not found")
    expect(zhou.line("图片")).to_contain_text("Bad Request: <b>chat</b> not found")


def test_held_back_words_of_the_bot_are_marked(zhou: Colleague, desk: MemoryDesk) -> None:
    desk.bot(LIN, "我再查一下", Delivery.HELD, [Choice("1", "取消订单")])
    expect(zhou.line("我再查一下")).to_contain_text("未发送：当时人工已接入")
    expect(zhou.line("我再查一下").get_by_role("listitem")).to_have_text("取消订单")


def test_a_reply_never_passes_words_that_were_not_yet_seen(zhou: Colleague, desk: MemoryDesk) -> None:
    zhou.has_seen()
    held: list[Route] = []
    zhou.page.route("**/reply", lambda route: held.append(route))  # noqa: PLW0108
    zhou.say("帮您取消了")
    desk.says(LIN, "等一下，先别取消！")
    zhou.sees("等一下，先别取消！")
    held[0].continue_()
    expect(zhou.alert).to_contain_text("客户刚刚又发了消息")
    expect(zhou.text).to_have_value("帮您取消了")
    expect(zhou.unsent).to_have_count(0)
    assert desk.said(LIN) == []
    zhou.page.unroute("**/reply")
    zhou.has_seen()
    zhou.text.press("Enter")
    zhou.sees("帮您取消了")
    expect(zhou.alert).to_be_empty()
    assert desk.said(LIN) == ["帮您取消了"]


def test_words_below_the_screen_are_not_seen(zhou: Colleague, desk: MemoryDesk) -> None:
    for number in range(40):
        desk.bot(LIN, f"第 {number} 条")
    zhou.sees("第 39 条")
    zhou.has_seen()
    zhou.log.evaluate("node => { node.scrollTop = 0; }")
    expect(zhou.page.locator("#latest")).to_be_hidden()
    desk.says(LIN, "在屏幕下面")
    expect(zhou.page.locator("#latest")).to_have_text("1 条新消息")
    zhou.say("没看到就回复")
    expect(zhou.alert).to_contain_text("客户刚刚又发了消息")
    expect(zhou.line("在屏幕下面")).to_be_in_viewport()
    assert desk.said(LIN) == []


def test_until_it_is_acknowledged_the_same_reply_is_sent_again_and_arrives_once(
    zhou: Colleague, desk: MemoryDesk, server: DeskServer
) -> None:
    zhou.has_seen()
    answered: list[Route] = []

    def lose(route: Route) -> None:
        """The server takes it, and the answer is lost."""
        answered.append(route)
        if len(answered) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    zhou.page.route("**/reply", lose)
    zhou.say("只说一次")
    zhou.sees("只说一次")
    expect(zhou.unsent).to_have_count(0)
    assert desk.said(LIN) == ["只说一次"]


def test_a_reply_outlives_an_outage_and_a_reload(zhou: Colleague, desk: MemoryDesk) -> None:
    zhou.has_seen()
    zhou.page.route("**/reply", lambda route: route.abort())
    zhou.say("网络断了")
    expect(zhou.unsent).to_contain_text("尚未送出，正在重试")
    zhou.write("还没写完的话")
    zhou.page.unroute("**/reply")
    zhou.page.reload()
    zhou.settled()
    expect(zhou.text).to_have_value("还没写完的话")
    zhou.sees("网络断了")
    expect(zhou.unsent).to_have_count(0)
    assert desk.said(LIN) == ["网络断了"]


def test_what_is_refused_goes_back_to_the_editor(zhou: Colleague, desk: MemoryDesk) -> None:
    zhou.has_seen()
    zhou.page.route("**/reply", lambda route: (desk.change(LIN, owner="xiaowang"), route.continue_())[1])
    zhou.say("我来回")
    expect(zhou.unsent).to_contain_text("同事已接手这个会话")
    zhou.unsent.get_by_role("button", name="放回输入框").click()
    expect(zhou.unsent).to_have_count(0)
    assert desk.said(LIN) == []
    desk.change(LIN, owner="xiaozhou")
    zhou.page.get_by_role("button", name="回复客户").click()
    expect(zhou.text).to_have_value("我来回")


def test_enter_that_ends_a_composition_does_not_send(zhou: Colleague, desk: MemoryDesk) -> None:
    zhou.has_seen()
    line = zhou.page.context.new_cdp_session(zhou.page)
    zhou.text.focus()
    line.send("Input.imeSetComposition", {"text": "ninhao", "selectionStart": 6, "selectionEnd": 6})
    zhou.text.dispatch_event("keydown", {"key": "Enter", "keyCode": 13, "isComposing": True, "bubbles": True})
    line.send("Input.insertText", {"text": "您好"})
    zhou.text.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True})
    expect(zhou.text).to_have_value("您好")
    expect(zhou.unsent).to_have_count(0)
    zhou.text.press("Enter")
    zhou.sees("您好")
    assert desk.said(LIN) == ["您好"]


def test_who_prefers_it_sends_with_control_and_enter(zhou: Colleague, desk: MemoryDesk) -> None:
    zhou.has_seen()
    zhou.page.get_by_role("button", name="Enter 发送").click()
    expect(zhou.page.locator("#enter-mode")).to_have_text("Enter 换行 · Ctrl+Enter 发送")
    zhou.page.reload()
    zhou.settled()
    zhou.has_seen()
    zhou.text.press_sequentially("一")
    zhou.text.press("Enter")
    zhou.text.press_sequentially("二")
    zhou.text.press("Control+Enter")
    zhou.sees("一")
    assert desk.said(LIN) == ["一\n二"]


def test_a_note_looks_different_and_never_reaches_the_customer(zhou: Colleague, desk: MemoryDesk) -> None:
    zhou.write("给客户的草稿")
    zhou.page.get_by_role("button", name="内部备注", exact=True).click()
    expect(zhou.text).to_have_value("")
    zhou.say("上周已补偿 5 元")
    note = zhou.page.locator("#lines .note")
    expect(note).to_contain_text("内部备注 · 客户不可见")
    expect(note).to_contain_text("上周已补偿 5 元")
    expect(zhou.page.locator("#notes li")).to_contain_text("上周已补偿 5 元")
    assert desk.said(LIN) == []
    zhou.page.get_by_role("button", name="回复客户").click()
    expect(zhou.text).to_have_value("给客户的草稿")


def test_canned_replies_are_found_and_filled_in(zhou: Colleague, desk: MemoryDesk) -> None:
    expect(zhou.page.locator("#brief")).to_contain_text("想取消等了 25 分钟的鲜花订单")
    zhou.text.press_sequentially("/wa")
    options = zhou.page.get_by_role("option")
    expect(options).to_have_count(1)
    expect(zhou.text).to_have_attribute("aria-activedescendant", "canned-0")
    zhou.text.press("Enter")
    expect(zhou.text).to_have_value("请稍候，我正在查看订单 TP10001。")
    zhou.text.fill("")
    zhou.text.press_sequentially("/")
    expect(options).to_have_count(3)
    expect(options.first).to_contain_text("林晓您好，我是小周")
    zhou.text.press("ArrowDown")
    zhou.text.press("ArrowDown")
    zhou.text.press("Tab")
    expect(zhou.text).to_have_value("Hello 林晓, this is 小周.")
    zhou.text.fill("3/4 和 http://a/b")
    expect(options).to_have_count(0)
    zhou.text.fill("")
    zhou.text.press_sequentially("/zzz")
    expect(options).to_have_text("没有匹配的快捷回复")
    zhou.text.press("Escape")
    expect(options).to_have_count(0)
    assert desk.said(LIN) == []


def test_what_is_not_known_is_left_to_be_filled_in(zhou: Colleague, desk: MemoryDesk) -> None:
    desk.change(LIN, name="")
    zhou.open(LIN)
    zhou.text.press_sequentially("/hello")
    zhou.text.press("Enter")
    expect(zhou.text).to_have_value("{customer}您好，我是小周，很高兴为您服务。")
    zhou.page.keyboard.type("林女士")
    expect(zhou.text).to_have_value("林女士您好，我是小周，很高兴为您服务。")


def test_pictures_and_files_go_both_ways(zhou: Colleague, desk: MemoryDesk) -> None:
    zhou.has_seen()
    files = [
        {"name": "收据.png", "mimeType": "image/png", "buffer": PNG},
        {"name": "说明.pdf", "mimeType": "application/pdf", "buffer": FILE},
    ]
    zhou.page.locator("#file").set_input_files(files)  # type: ignore[arg-type]
    expect(zhou.page.locator("#files li progress:not([hidden])")).to_have_count(0)
    expect(zhou.page.locator("#files li")).to_have_count(2)
    zhou.page.locator("#files").get_by_role("button", name="移除 说明.pdf").click()
    zhou.say("请看收据")
    line = zhou.line("请看收据")
    expect(line.get_by_role("img", name="收据.png")).to_be_visible()
    assert line.get_by_role("img").evaluate("node => node.naturalWidth") == 1
    assert [file.name for file in desk.talks[LIN].lines[-1].attachments] == ["收据.png"]
    kept = Attachment(AttachmentKind.FILE, "f1", "位置.pdf", "application/pdf", 1200)
    desk.says(LIN, "", (kept,))
    expect(zhou.page.locator("#lines .file")).to_contain_text("位置.pdf")


def test_a_pasted_picture_is_attached_and_survives_a_reload(zhou: Colleague) -> None:
    zhou.text.evaluate(
        """(node, bytes) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], "截图.png", { type: "image/png" }));
          node.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        list(PNG),
    )
    expect(zhou.page.locator("#files li")).to_contain_text("截图.png")
    expect(zhou.page.locator("#files li progress:not([hidden])")).to_have_count(0)
    zhou.page.reload()
    zhou.settled()
    expect(zhou.page.locator("#files li")).to_contain_text("截图.png")


def test_what_is_too_large_is_said_before_it_is_sent(zhou: Colleague) -> None:
    sent: list[str] = []
    zhou.page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    zhou.page.locator("#file").set_input_files(
        {"name": "录像.mp4", "mimeType": "video/mp4", "buffer": bytes(5 * 1024 * 1024 + 1)}
    )
    expect(zhou.alert).to_have_text("“录像.mp4”过大，上限 5 MB。")
    zhou.page.locator("#file").set_input_files({"name": "空.txt", "mimeType": "text/plain", "buffer": b""})
    expect(zhou.alert).to_have_text("“空.txt”是空文件。")
    assert not [url for url in sent if url.endswith("/files")]


def test_the_wechat_window_counts_down(zhou: Colleague, desk: MemoryDesk) -> None:
    desk.wants_a_person("wechat:chen", name="陈美玲")
    now: float = zhou.page.evaluate("Date.now() / 1000")
    desk.change("wechat:chen", limits=Limits(until=now + 3605, left=2, why="message"))
    zhou.row("陈美玲").click()
    limits = zhou.page.locator("#limits")
    expect(limits).to_contain_text("还可发送 2 条")
    expect(limits).to_contain_text(re.compile(r"剩余 01:00:0[0-5]"))
    expect(limits).to_contain_text(re.compile(r"剩余 00:59:5\d"), timeout=8000)
    desk.change("wechat:chen", limits=Limits(until=now + 3605, left=0, why="message"))
    expect(limits).to_contain_text("微信可发送条数已用完")
    desk.change("wechat:chen", limits=Limits(until=now - 5, left=2))
    expect(limits).to_contain_text("微信回复时限已过")
    desk.change("wechat:chen", limits=Limits(left=0, kept=2, reserved=True))
    expect(limits.locator(".bad")).to_have_text("微信回复时限已过，客户再次发言后才能发送 · 已保留 2 条")
    desk.change("wechat:chen", limits=Limits(until=now + 90_000, left=3, why="message", reserved=True))
    expect(limits).to_contain_text("还可发送 3 条 · 最后 1 条只留给人工 · 由客户消息开启")
    desk.change("wechat:chen", limits=Limits(left=0, why="account", kept=1))
    expect(limits.locator(".warm")).to_contain_text("此公众号只能回复客户的消息")


def test_who_blocked_the_bot_is_said_to_have(zhou: Colleague, desk: MemoryDesk) -> None:
    desk.wants_a_person("telegram:7", name="王建国")
    desk.change("telegram:7", limits=Limits(reachable=False))
    expect(zhou.row("王建国")).to_contain_text("无法送达")
    zhou.row("王建国").click()
    expect(zhou.page.locator("#limits .bad")).to_have_text("客户已屏蔽机器人，消息无法送达。")


def test_the_customer_who_writes_is_seen_writing(zhou: Colleague, desk: MemoryDesk) -> None:
    desk.change(LIN, customer_wrote_at=time.time())
    expect(zhou.page.locator("#writers")).to_contain_text("客户正在输入")
    desk.says(LIN, "算了")
    expect(zhou.page.locator("#writers")).to_be_empty()


def test_emoji_and_line_breaks_stay_as_they_are(zhou: Colleague, desk: MemoryDesk) -> None:
    zhou.has_seen()
    zhou.text.fill("好的 👩‍👩‍👧 🎂\n第二行")
    zhou.text.press("Enter")
    zhou.sees("第二行")
    assert desk.said(LIN) == ["好的 👩‍👩‍👧 🎂\n第二行"]


def test_older_lines_come_when_asked_for(zhou: Colleague, desk: MemoryDesk) -> None:
    for number in range(300):
        desk.bot("web:long", f"旧 {number}.")
    desk.wants_a_person("web:long", name="长谈")
    zhou.row("长谈").click()
    zhou.sees("旧 299.")
    expect(zhou.page.locator("#lines .message")).to_have_count(200)
    zhou.page.get_by_role("button", name="更早的消息").click()
    expect(zhou.page.locator("#lines .message")).to_have_count(300)
    assert zhou.shown() == [f"旧 {number}." for number in range(300)]
    expect(zhou.page.get_by_role("button", name="更早的消息")).to_be_hidden()


def test_tags_are_put_on_and_taken_off(zhou: Colleague, desk: MemoryDesk) -> None:
    field = zhou.page.get_by_role("textbox", name="添加标签")
    field.fill("#超时")
    field.press("Enter")
    expect(zhou.page.locator("#tags li")).to_have_text(["超时"])
    field.fill("两 个")
    field.press("Enter")
    expect(zhou.page.locator("#toast")).to_contain_text("标签最多 24 个字")
    zhou.page.get_by_role("button", name="移除 超时").click()
    expect(zhou.page.locator("#tags li")).to_have_count(0)
    assert desk.talks[LIN].tags == []

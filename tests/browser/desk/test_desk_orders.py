"""The order beside the conversation, and what may be done to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser, Locator, expect

from tests.browser.desk.colleague import Colleague
from tests.browser.desk.conftest import LIN
from tests.desk.memory_desk import MemoryDesk
from tests.desk.server import DeskServer


def card(zhou: Colleague) -> Locator:
    return zhou.page.locator("#orders .order")


def test_the_brief_and_the_order_say_what_the_next_person_must_know(zhou: Colleague) -> None:
    brief = zhou.page.locator("#brief")
    for words in ("想取消等了 25 分钟的鲜花订单", "要求人工", "没有骑手接单：已等 25 分钟", "客户加了 5 元小费"):
        expect(brief).to_contain_text(words)
    for words in ("鲜花", "TP10001", "等待骑手接单", "静安区南京西路 1266 号", "附近 3 名骑手拒绝了订单"):
        expect(card(zhou)).to_contain_text(words)


def test_cancelling_shows_the_price_and_asks(zhou: Colleague, desk: MemoryDesk) -> None:
    desk.fee = 500
    card(zhou).get_by_role("button", name="取消订单…").click()
    expect(zhou.dialog).to_contain_text("取消将收取 ¥5.00。")
    zhou.dialog.get_by_role("button", name="保留订单").click()
    assert desk.acted == []
    card(zhou).get_by_role("button", name="取消订单…").click()
    zhou.dialog.get_by_label("原因").select_option(label="等待太久")
    zhou.dialog.get_by_label("告知客户").uncheck()
    zhou.dialog.get_by_role("button", name="确认取消，收费 ¥5.00").click()
    expect(zhou.page.locator("#toast")).to_have_text("订单已取消。")
    expect(card(zhou)).to_contain_text("已取消")
    assert desk.acted == [("cancel", "TP10001", {"fee": 500, "reason": "too_slow", "tell": False})]


def test_a_price_that_rose_is_asked_again(zhou: Colleague, desk: MemoryDesk) -> None:
    card(zhou).get_by_role("button", name="取消订单…").click()
    zhou.dialog.get_by_label("原因").select_option(label="价格原因")
    desk.fee = 800
    zhou.dialog.get_by_role("button", name="确认取消，免费").click()
    expect(zhou.dialog).to_contain_text("费用有变")
    expect(zhou.dialog).to_contain_text("取消将收取 ¥8.00。")
    assert desk.acted == []
    zhou.dialog.get_by_role("button", name="确认取消，收费 ¥8.00").click()
    expect(zhou.page.locator("#toast")).to_have_text("订单已取消。 已告知客户。")
    assert desk.acted == [("cancel", "TP10001", {"fee": 800, "reason": "price", "tell": True})]


def test_an_act_without_an_answer_is_asked_again_and_done_once(zhou: Colleague, desk: MemoryDesk) -> None:
    desk.orders_down = 1
    card(zhou).get_by_role("button", name="加小费…").click()
    zhou.dialog.get_by_label("金额（元）").fill("6.5")
    zhou.dialog.get_by_role("button", name="加小费").click()
    expect(zhou.dialog).to_contain_text("再试一次不会重复执行")
    zhou.dialog.get_by_role("button", name="再试一次").click()
    expect(zhou.page.locator("#toast")).to_contain_text("已加小费。")
    assert desk.acted == [("tip", "TP10001", {"amount": 650})]


def test_data_is_corrected_the_time_changed_and_the_order_watched(zhou: Colleague, desk: MemoryDesk) -> None:
    card(zhou).get_by_role("button", name="更正信息…").click()
    expect(zhou.dialog.get_by_role("radio")).to_have_count(2)
    zhou.dialog.get_by_text("联系电话").click()
    zhou.dialog.get_by_label("正确的内容").fill("13800138000")
    zhou.dialog.get_by_role("button", name="保存").click()
    expect(zhou.page.locator("#toast")).to_contain_text("已更正。")
    card(zhou).get_by_role("button", name="改时间…").click()
    zhou.dialog.get_by_label("新的取件时间").fill("2099-01-02T20:30")
    zhou.dialog.get_by_role("button", name="保存").click()
    expect(zhou.page.locator("#toast")).to_contain_text("已改时间。")
    card(zhou).get_by_role("button", name="通知进展").click()
    zhou.dialog.get_by_role("button", name="通知进展").click()
    expect(card(zhou)).to_contain_text("状态变化会通知客户")
    assert desk.acted[:1] == [("correct", "TP10001", {"field": "phone", "value": "13800138000"})]
    assert [act for act, _, _ in desk.acted] == ["correct", "reschedule", "watch"]
    assert desk.acted[1][2]["at"] == 4071040200


def test_times_are_chinas_wherever_somebody_sits(browser: Browser, server: DeskServer, desk: MemoryDesk) -> None:
    at = datetime(2026, 1, 2, 16, 30, tzinfo=UTC)
    desk.talks[LIN].lines[-1] = replace(desk.talks[LIN].lines[-1], at=at.timestamp())
    context = browser.new_context(locale="zh-CN", timezone_id="America/Los_Angeles")
    zhou = Colleague(context.new_page(), server.url, "xiaozhou").open(LIN)
    expect(zhou.line("我的订单怎么还没人接").locator("time")).to_have_text("2026年1月3日 00:30")
    card(zhou).get_by_role("button", name="改时间…").click()
    offered = zhou.dialog.get_by_label("新的取件时间").input_value()
    soon = datetime.now(UTC) + timedelta(hours=8 + 2)
    assert abs(datetime.fromisoformat(offered + "Z") - soon) < timedelta(minutes=5)
    context.close()


def test_only_what_is_permitted_is_offered(zhou: Colleague, desk: MemoryDesk) -> None:
    desk.card = replace(desk.card, may=("refresh",), state_text="配送中")
    card(zhou).get_by_role("button", name="刷新").click()
    expect(card(zhou)).to_contain_text("配送中")
    expect(card(zhou).get_by_role("button")).to_have_text(["刷新"])

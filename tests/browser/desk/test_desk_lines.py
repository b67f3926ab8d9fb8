"""The page's live line: whole through restarts, without WebSockets, and at the end of the session."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bot.desk.talk import Delivery
from tests.browser.desk.colleague import Colleague
from tests.browser.desk.conftest import LIN
from tests.desk.memory_desk import MemoryDesk, MemoryPeople
from tests.desk.server import DeskServer


def test_through_a_restart_nothing_is_missing_and_nothing_doubled(
    zhou: Colleague, desk: MemoryDesk, server: DeskServer
) -> None:
    seq = desk.add(LIN, "staff", "还没送出", Delivery.QUEUED, author="xiaozhou").seq
    zhou.sees("还没送出")
    zhou.has_seen()
    server.stop()
    expect(zhou.page.locator("#banner")).to_contain_text("连接已断开")
    for number in range(5):
        desk.says(LIN, f"断线 {number}")
    desk.becomes(LIN, seq, Delivery.SENT)
    desk.wants_a_person("web:new", name="新来的")
    zhou.write("写到一半")
    server.start()
    zhou.sees("断线 4")
    expect(zhou.line("还没送出")).to_contain_text("已发送")
    expect(zhou.row("新来的")).to_be_visible()
    expect(zhou.text).to_have_value("写到一半")
    expect(zhou.page.locator("#banner")).to_be_empty()
    assert zhou.shown() == [
        "请问有什么可以帮您？",
        "我的订单怎么还没人接",
        "还没送出",
        *(f"断线 {number}" for number in range(5)),
    ]


def test_what_was_sent_while_the_server_was_away_arrives_once(
    zhou: Colleague, desk: MemoryDesk, server: DeskServer
) -> None:
    zhou.has_seen()
    server.stop()
    zhou.say("一")
    zhou.say("二")
    expect(zhou.unsent).to_have_count(2)
    server.start()
    zhou.sees("二")
    expect(zhou.unsent).to_have_count(0)
    assert desk.said(LIN) == ["一", "二"]
    assert zhou.shown()[-2:] == ["一", "二"]


@pytest.mark.parametrize("without", ["WebSocket", "both"])
def test_without_websockets_and_without_any_line_it_works_too(
    page: Page, desk: MemoryDesk, server: DeskServer, complaints: list[str], without: str
) -> None:
    page.add_init_script("window.WebSocket = class { constructor() { throw new Error(); } };")
    if without == "both":
        page.route("**/desk/api/events*", lambda route: route.abort())
    desk.says("web:other", "另一个会话")
    desk.wants_a_person("web:other", name="另一位")
    zhou = Colleague(page, server.url, "xiaozhou")
    page.goto(f"{server.url}/desk?c={LIN}")
    zhou.sees("我的订单怎么还没人接")
    desk.says(LIN, "还在吗")
    zhou.sees("还在吗")
    zhou.row("另一位").click()
    zhou.sees("另一个会话")
    assert zhou.shown() == ["另一个会话"]


def test_a_session_revoked_amid_writing_loses_nothing(
    zhou: Colleague, context: BrowserContext, desk: MemoryDesk, people: MemoryPeople, server: DeskServer
) -> None:
    zhou.has_seen()
    zhou.write("刚写到一半")
    people.revoked.add("xiaozhou")
    expect(zhou.page.locator("#signed-out")).to_be_visible(timeout=15_000)
    expect(zhou.text).to_have_value("刚写到一半")
    zhou.text.press("Enter")
    expect(zhou.unsent).to_contain_text("尚未送出")
    zhou.write("还有一句")
    assert desk.said(LIN) == []
    zhou.page.reload()
    assert "/desk/sign-in" in zhou.page.url
    signed_in = Colleague(context.new_page(), server.url, "xiaozhou-again")
    zhou.page.close()
    signed_in.open(LIN)
    signed_in.sees("刚写到一半")
    expect(signed_in.text).to_have_value("还有一句")
    assert desk.said(LIN) == ["刚写到一半"]


def test_signed_in_again_in_another_tab_the_page_carries_on(
    zhou: Colleague, context: BrowserContext, desk: MemoryDesk, people: MemoryPeople, server: DeskServer
) -> None:
    zhou.has_seen()
    people.revoked.add("xiaozhou")
    expect(zhou.page.locator("#signed-out")).to_be_visible(timeout=15_000)
    zhou.say("还在这里")
    expect(zhou.unsent).to_contain_text("尚未送出")
    Colleague(context.new_page(), server.url, "xiaozhou-again").open()
    zhou.page.evaluate("dispatchEvent(new Event('focus'))")
    expect(zhou.page.locator("#signed-out")).to_be_hidden()
    zhou.sees("还在这里")
    assert desk.said(LIN) == ["还在这里"]


@pytest.mark.parametrize("place", [3, 150, 449])
def test_a_search_leads_to_the_line_wherever_it_stands(
    desk: MemoryDesk, server: DeskServer, page: Page, complaints: list[str], place: int
) -> None:
    seqs = [desk.says(LIN, f"第{number}句").seq for number in range(450)]
    zhou = Colleague(page, server.url, "xiaozhou")
    page.goto(f"{server.url}/desk?c={LIN}&seq={seqs[place]}")
    zhou.settled()
    sought = page.locator("#lines .sought")
    expect(sought).to_contain_text(f"第{place}句")
    expect(sought).to_be_in_viewport()
    desk.says(LIN, "又来一句")
    zhou.sees("又来一句")
    if place < 440:
        expect(sought).to_be_in_viewport()

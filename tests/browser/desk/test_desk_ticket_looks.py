"""The ticket and health pages in a real browser: everybody can use them, and health keeps itself fresh quietly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import insert, update

from bot.desk.tickets import TicketState
from bot.errors import Later, Undeliverable
from bot.messages import Address
from bot.store.support_tables import ticket
from bot.store.tables import channel_pause
from tests.browser.desk.test_desk_people import elsewhere
from tests.browser.test_browser_looks import PHONE, assert_accessible
from tests.desk.office import COOKIE
from tests.desk.ticket_house import House
from tests.support.floor import MEI

EVIL = '"><img src=x onerror="window.owned=1"><script>window.owned=1</script>'
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@pytest.fixture
def house(sqlite_url: str) -> Iterator[House]:
    house = House(sqlite_url)
    house.start()
    yield house
    house.stop()
    elsewhere(house.close())


@pytest.fixture(params=["zh", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def _busy(house: House, language: str) -> tuple[str, str]:
    """A house with one of everything; the session of somebody who works in it, and the number of a ticket."""
    begun = await house.team.come("li", name="李小龙" if language == "zh" else "Bruce")
    await house.team.staff.describe(begun.agent, name=begun.agent.name, language=language, languages=["zh", "en"])
    floor = house.floor
    await floor.seed()
    await floor.comes("lin")
    keep = floor.app.runtime.keep_attachment
    files = [
        await keep(Address("phone", "a"), "箱子.png", "image/png", PICTURE),
        await keep(Address("phone", "a"), EVIL + ".pdf", "application/pdf", b"%PDF"),
    ]
    await floor.says("我要投诉")
    await floor.says("骑手把箱子摔坏了，箱子里是给孩子的生日礼物。" * 3 + EVIL, attachments=tuple(files))
    await floor.says("确认提交")
    (row,) = await floor.table(ticket)
    number: str = row["number"]
    office = floor.app.workbench.tickets
    await office.note(MEI, "n", number, "骑手承认了，站长会上门道歉。" + EVIL)
    await office.move(MEI, "m1", number, TicketState.IN_PROGRESS, "")
    await office.move(MEI, "m2", number, TicketState.PROPOSED, "退您 20 元，并由站长上门道歉。")
    await floor.settle()
    await floor.says("不接受")
    await floor.says("箱子值 200 元，照价赔偿")
    floor.phone.refusals = [Undeliverable("Bad Request: chat not found")]
    await office.move(MEI, "m3", number, TicketState.PROPOSED, "照价赔偿 200 元，三个工作日内到账。")
    await floor.settle()
    await floor.database.run(_more, await floor.now())
    floor.phone.refusals = [Later("Too Many Requests: retry after 40", after=4_000, channel_wide=True)]
    await floor.says("在吗", "b")
    return begun.token, number


def _more(connection: Any, now: float) -> None:
    abouts = ["lost_parcel", "fee_dispute", "return", "suggestion", "written_request", "callback"]
    states = ["open", "in_progress", "accepted", "answered", "objected", "open"]
    rows = [
        {
            "number": f"T261129-{n:04}",
            "key": f"more{n}",
            "conversation": "phone:a",
            "customer": "lin" if n % 3 else None,
            "about": abouts[n % 6],
            "order_number": f"TP100248{n:02}" if n % 2 else None,
            "words": "w",
            "attachments": [],
            "state": states[n % 6],
            "owner": ["mei", "li", None][n % 3],
            "opened_at": now - 7_000 * n,
            "due_at": now + 9_000 * (n - 4) if states[n % 6] != "answered" else None,
        }
        for n in range(60)
    ]
    connection.execute(insert(ticket), rows)


@pytest.fixture
def busy(house: House, language: str) -> tuple[str, str]:
    return elsewhere(_busy(house, language))


def opened(browser: Browser, house: House, token: str, **options: Any) -> tuple[BrowserContext, Page]:
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **options)
    context.add_cookies([{"name": COOKIE, "value": token, "url": house.url}])
    return context, context.new_page()


def paths(number: str) -> list[str]:
    one, new = f"/desk/tickets/{number}", "/desk/tickets/new?conversation=phone:a"
    return ["/desk/tickets", "/desk/tickets?show=overdue", one, new, "/desk/health"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_words_stay_text(
    browser: Browser, house: House, busy: tuple[str, str], scheme: Any
) -> None:
    token, number = busy
    context, page = opened(browser, house, token, color_scheme=scheme)
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    for path in paths(number):
        assert page.goto(house.url + path).status == 200  # type: ignore[union-attr]
        assert_accessible(page)
        assert page.evaluate("() => window.owned") is None
    assert complaints == []
    context.close()


def test_a_phone_needs_no_sideways_scrolling(browser: Browser, house: House, busy: tuple[str, str]) -> None:
    token, number = busy
    context, page = opened(browser, house, token, viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2)
    for path in paths(number):
        page.goto(house.url + path)
        widths = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
        assert widths == [PHONE["width"]] * 2, path
        assert_accessible(page)
    context.close()


@pytest.mark.parametrize("language", ["zh"], indirect=True)
def test_a_ticket_is_worked_on_by_keyboard(browser: Browser, house: House, busy: tuple[str, str]) -> None:
    token, number = busy
    context, page = opened(browser, house, token)
    page.goto(f"{house.url}/desk/tickets/{number}")
    page.get_by_label("对客户说").fill("已经安排赔付。")
    page.get_by_role("button", name="开始处理").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".history")).to_contain_text("已经安排赔付。")
    expect(page.locator(".ticket .head .badge").first).to_have_text("处理中")
    page.get_by_label("备注").fill("等财务回复")
    page.get_by_role("button", name="添加备注").click()
    expect(page.locator(".history li").last).to_contain_text("等财务回复")
    page.get_by_label("负责人").select_option("li")
    page.get_by_role("button", name="指派").click()
    expect(page.locator(".history li").last).to_contain_text("李小龙")
    context.close()


@pytest.mark.parametrize("language", ["zh"], indirect=True)
def test_health_keeps_itself_fresh_without_a_flicker(
    browser: Browser, house: House, busy: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.support.health.FRESH", 0.0)
    token, _ = busy
    context, page = opened(browser, house, token)
    page.clock.install()
    page.goto(f"{house.url}/desk/health")
    phone, mail = page.locator('[data-key="phone"]'), page.locator('[data-key="mail"]')
    expect(phone).to_contain_text("暂停")
    page.evaluate("() => { document.querySelector('[data-key=mail]').mine = true; }")
    page.locator(".letters summary").first.click()
    elsewhere(house.floor.database.run(lambda c: c.execute(update(channel_pause).values(blocked_until=0.0))))
    with page.expect_response("**/desk/health"):
        page.clock.run_for(5_100)
    expect(phone).not_to_contain_text("暂停")
    assert mail.evaluate("node => node.mine"), "what reads the same is the same element"
    expect(page.get_by_role("button", name="确定放弃").first).to_be_visible()
    house.stop()
    page.clock.run_for(5_100)
    expect(page.locator("#fresh")).to_contain_text("连接中断")
    context.close()


@pytest.mark.parametrize("language", ["zh"], indirect=True)
def test_a_dead_letter_is_let_go_only_after_a_second_press(
    browser: Browser, house: House, busy: tuple[str, str]
) -> None:
    token, _ = busy
    context, page = opened(browser, house, token)
    page.goto(f"{house.url}/desk/health")
    expect(page.locator("#dead tr")).to_have_count(1)
    page.locator(".letters summary").first.click()
    page.get_by_role("button", name="确定放弃").click()
    expect(page.locator("#dead")).to_contain_text("全部已送达")
    context.close()

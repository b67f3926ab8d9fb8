"""The ticket and health pages through sockets: what they show, what they refuse, and what sent twice counts once."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import insert, update

from bot.desk.people import Role
from bot.desk.tickets import TicketState
from bot.errors import Undeliverable
from bot.messages import Address, Attachment
from bot.store import handovers
from bot.store.support_tables import ticket, ticket_event
from bot.store.tables import dead
from tests.desk.office import Member
from tests.desk.ticket_house import House
from tests.support.floor import MEI

EVIL = '"><img src=x onerror=alert(1)><script>alert(2)</script>{{ 7*7 }}'
ELSEWHERE = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}


@pytest.fixture
async def house(sqlite_url: str) -> AsyncIterator[House]:
    house = House(sqlite_url)
    house.start()
    yield house
    house.stop()
    await house.close()


@pytest.fixture
async def li(house: House) -> AsyncIterator[Member]:
    async with await house.comes() as member:
        yield member


def form_id(page: str) -> str:
    """The id that the page's forms carry."""
    found = re.search(r'name="id" value="([0-9a-f]{32})"', page)
    assert found is not None
    return found[1]


async def states(house: House) -> list[str]:
    return [row["state"] for row in await house.floor.table(ticket)]


# --- tickets --------------------------------------------------------------------------------------------------------


async def test_a_list_that_is_not_counted_to_its_end_says_so(
    house: House, li: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.complaint()
    assert "共 1 个工单" in (await li.get("/desk/tickets"))[1]
    monkeypatch.setattr("adapters.desk.tickets.MOST_COUNTED", 1)
    assert "共 1+ 个工单" in (await li.get("/desk/tickets"))[1]


async def test_from_the_list_to_a_ticket_and_a_proposal(house: House, li: Member) -> None:
    number = await house.complaint()
    status, page = await li.get("/desk/tickets")
    assert status == 200
    assert f'href="/desk/tickets/{number}"' in page
    status, page = await li.get(f"/desk/tickets/{number}")
    assert (status, "骑手把箱子摔坏了" in page) == (200, True)
    form = {"id": form_id(page), "state": "proposed", "words": "退您 20 元。"}
    for _ in range(3):
        assert await li.post(f"/desk/tickets/{number}/move", form) == (303, f"/desk/tickets/{number}")
    await house.floor.settle()
    assert house.floor.heard()[-1] == "ticket_news.proposed"
    assert house.floor.heard().count("ticket_news.proposed") == 1
    _, page = await li.get(f"/desk/tickets/{number}")
    assert "退您 20 元。" in page
    assert "已发送" in page


async def test_what_cannot_be_is_said_and_the_words_are_kept(house: House, li: Member) -> None:
    number = await house.complaint()
    _, page = await li.get(f"/desk/tickets/{number}")
    status, page = await li.post(f"/desk/tickets/{number}/move", {"id": form_id(page), "state": "proposed"})
    assert (status, "请先写内容" in page) == (422, True)
    long = "长" * 1501
    form = {"id": "x", "state": "answered", "words": long}
    status, page = await li.post(f"/desk/tickets/{number}/move", form)
    assert (status, long in page) == (422, True)
    status, page = await li.post(f"/desk/tickets/{number}/move", {"id": "y", "state": "accepted", "words": "w"})
    assert (status, "不再适用" in page) == (422, True)
    assert await states(house) == ["open"]


@pytest.mark.parametrize(
    ("act", "form"),
    [
        ("move", {"state": "sold", "words": "w"}),
        ("move", {"state": "closed", "id": ""}),
        ("move", {"state": "closed", "id": "x" * 65}),
        ("due", {"due": "tomorrow"}),
        ("due", {"due": "9999-12-31T23:59:59+99:00"}),
    ],
)
async def test_forms_that_are_none_are_refused(house: House, li: Member, act: str, form: dict[str, str]) -> None:
    number = await house.complaint()
    status, _ = await li.post(f"/desk/tickets/{number}/{act}", {"id": "x", **form})
    assert status == 400
    assert await states(house) == ["open"]


async def test_owner_due_time_and_note(house: House, li: Member) -> None:
    number = await house.complaint()
    path = f"/desk/tickets/{number}"
    assert await li.post(f"{path}/give", {"id": "a", "owner": "li"}) == (303, path)
    assert await li.post(f"{path}/due", {"id": "b", "due": "2099-01-02T03:04"}) == (303, path)
    assert await li.post(f"{path}/note", {"id": "c", "note": "已联系骑手"}) == (303, path)
    _, page = await li.get(path)
    assert "2099-01-02 03:04" in page
    assert "已联系骑手" in page
    status, page = await li.post(f"{path}/due", {"id": "d", "due": "1999-01-02T03:04"})
    assert (status, "已经过去" in page) == (422, True)
    (row,) = await house.floor.table(ticket)
    assert row["owner"] == "li"


async def test_a_ticket_that_staff_open(house: House, li: Member) -> None:
    await house.floor.says("你好")
    status, page = await li.get("/desk/tickets/new?conversation=phone:a")
    assert (status, 'value="phone:a"' in page) == (200, True)
    form = {"id": form_id(page), "conversation": "phone:a", "about": "fee_dispute", "words": "多收了", "order": "TP1"}
    leads = [await li.post("/desk/tickets/new", form) for _ in range(2)]
    assert leads[0] == leads[1]
    assert re.fullmatch(r"/desk/tickets/T[\w-]+", leads[0][1])
    status, page = await li.post("/desk/tickets/new", {**form, "id": "y", "words": " "})
    assert (status, "请先写内容" in page) == (422, True)
    status, _ = await li.post("/desk/tickets/new", {**form, "id": "z", "conversation": "phone:nobody"})
    assert status == 404


async def test_filters_and_pages(house: House, li: Member) -> None:
    now = await house.floor.now()
    row = {"conversation": "phone:a", "about": "return", "words": "w", "attachments": [], "state": "open"}
    rows = [{"number": f"T{n:03}", "key": str(n), "opened_at": now, "due_at": now + 900 + n, **row} for n in range(60)]
    rows[7] |= {"due_at": now - 5, "owner": "li", "about": "complaint"}
    same = {"owner": None, "closed_at": None}
    await house.floor.database.run(lambda c: c.execute(insert(ticket), [same | each for each in rows]))

    async def listed(query: str) -> list[str]:
        status, page = await li.get(f"/desk/tickets{query}")
        assert status == 200
        return re.findall(r'href="/desk/tickets/(T\d+)"', page)

    assert (await listed(""))[:2] == ["T007", "T000"]
    assert len(await listed("")) == 50
    assert len(await listed("?page=2")) == 10
    assert await listed("?show=mine") == await listed("?show=overdue") == await listed("?about=complaint") == ["T007"]
    assert await listed("?show=closed") == []
    for odd in ("?page=-1", "?page=x", "?page=99999999", "?show=%3Cb%3E", "?about=%22", "?page=0"):
        assert (await listed(odd))[:1] in (["T007"], [])


async def test_words_and_file_names_are_only_text(house: House, li: Member) -> None:
    await house.floor.seed()
    await house.floor.comes("lin")
    keep = house.floor.app.runtime.keep_attachment
    file = await keep(Address("phone", "a"), EVIL + ".html", "text/html", b"<script>")
    await house.floor.says("我要投诉")
    await house.floor.says(EVIL, attachments=(file,))
    await house.floor.says("确认提交")
    (row,) = await house.floor.table(ticket)
    number = row["number"]
    await li.post(f"/desk/tickets/{number}/note", {"id": "n", "note": EVIL})
    await li.post(f"/desk/tickets/{number}/move", {"id": "m", "state": "answered", "words": EVIL})
    _, page = await li.post(f"/desk/tickets/{number}/move", {"id": "k", "state": "open", "words": EVIL})
    _, shown = await li.get(f"/desk/tickets/{number}")
    for each in (page, shown):
        assert "<img src=x" not in each
        assert "<script>alert" not in each
        assert html.escape(EVIL, quote=False).replace('"', "&#34;") in each
    assert await read(li, f"/desk/tickets/{number}/files/{file.ref}") == (200, b"<script>", "attachment")


async def read(member: Member, path: str) -> tuple[int, bytes, str]:
    async with member.http.get(path) as answer:
        disposition = answer.headers.get("Content-Disposition", "").partition(";")[0]
        if answer.status == 200:
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "script-src" in answer.headers["Content-Security-Policy"] or "sandbox" in str(answer.headers)
        return answer.status, await answer.read(), disposition


async def test_a_file_of_another_ticket_is_not_there(house: House, li: Member) -> None:
    number = await house.complaint()
    file: Attachment = await house.floor.app.runtime.keep_attachment(Address("phone", "a"), "f", "image/png", b"png")
    status, _, _ = await read(li, f"/desk/tickets/{number}/files/{file.ref}")
    assert status == 404


async def test_other_sites_change_nothing(house: House, li: Member) -> None:
    number = await house.complaint()
    await house.floor.database.run(lambda c: c.execute(_letter()))
    acts: dict[str, dict[str, str]] = {
        f"/desk/tickets/{number}/move": {"state": "closed"},
        f"/desk/tickets/{number}/give": {"owner": "li"},
        f"/desk/tickets/{number}/due": {"due": "2099-01-01T00:00"},
        f"/desk/tickets/{number}/note": {"note": "w"},
        "/desk/tickets/new": {"conversation": "phone:a", "about": "other", "words": "w"},
        "/desk/health/again": {"conversation": "phone:a", "seq": "1"},
        "/desk/health/drop": {"conversation": "phone:a", "seq": "1"},
    }
    for path, form in acts.items():
        status, _ = await li.post(path, {"id": "x", **form}, **ELSEWHERE)
        assert status == 403, path
    assert len(await house.floor.table(ticket_event)) == 2  # opened, and whose it is
    assert len(await house.floor.table(dead)) == 1


async def test_who_is_not_signed_in_sees_and_does_nothing(house: House) -> None:
    number = await house.complaint()
    async with Member(house.url) as nobody:
        for path in ("/desk/tickets", f"/desk/tickets/{number}", "/desk/health", f"/desk/tickets/{number}/files/x"):
            status, leads = await nobody.get(path)
            assert (status, leads.partition("?")[0]) == (303, "/desk/sign-in")
        status, _ = await nobody.post(f"/desk/tickets/{number}/move", {"id": "x", "state": "closed"})
        assert status == 303
    assert await states(house) == ["open"]


async def test_another_teams_ticket_is_not_there(house: House) -> None:
    number = await house.complaint()
    await house.floor.says("转人工")
    await house.floor.database.run(lambda c: handovers.requeue(c, "phone:a", 0.0, team="care"))
    async with await house.comes("vip", teams=("VIP",)) as stranger, await house.comes("care", teams=("care",)) as own:
        status, page = await stranger.get(f"/desk/tickets/{number}")
        assert (status, "骑手" in page) == (404, False)
        assert number not in (await stranger.get("/desk/tickets"))[1]
        assert (await stranger.post(f"/desk/tickets/{number}/move", {"id": "x", "state": "closed"}))[0] == 404
        assert (await own.get(f"/desk/tickets/{number}"))[0] == 200
    assert await states(house) == ["open"]


async def test_every_state_is_shown_in_both_languages(house: House) -> None:
    number = await house.complaint()
    for language in ("zh", "en"):
        async with await house.comes(language) as member:
            await house.team.staff.describe(
                member.agent,
                name="x",
                language=language,
                languages=("zh", "en"),  # type: ignore[arg-type]
            )
            for state in TicketState:
                await house.floor.database.run(lambda c, s=state: c.execute(update(ticket).values(state=s.value)))
                status, page = await member.get(f"/desk/tickets/{number}")
                assert status == 200, (state, page)


# --- health ---------------------------------------------------------------------------------------------------------


def _letter(text: str = "您好", seq: int = 1, **more: Any) -> Any:
    payload = {"text": text, "choices": [], "attachments": [], "key": "", "values": {}, "sender": "bot"}
    row = {"conversation": "phone:a", "seq": seq, "kind": "message", "payload": payload, "why": EVIL, "at": 9e9}
    return insert(dead).values(**row, **more)


async def test_a_dead_letter_is_sent_again_or_let_go(house: House, li: Member) -> None:
    for chat in "ab":
        house.floor.phone.refusals = [Undeliverable(EVIL)]
        await house.floor.says("你好", chat)
    status, page = await li.get("/desk/health")
    assert (status, "<img src=x" not in page, "您好" in page) == (200, True, True)
    rows = await house.floor.table(dead)
    form = {rows[n]["conversation"]: {k: str(rows[n][k]) for k in ("conversation", "seq")} for n in range(2)}
    assert await li.post("/desk/health/again", form["phone:a"]) == (303, "/desk/health")
    status, page = await li.post("/desk/health/again", form["phone:a"])
    assert (status, "有人处理过了" in page) == (409, True)
    assert await li.post("/desk/health/drop", form["phone:b"]) == (303, "/desk/health")
    assert (await li.post("/desk/health/drop", form["phone:b"]))[0] == 409
    await house.floor.settle()
    assert len(house.floor.phone.arrived) == 1
    assert await house.floor.table(dead) == []


@pytest.mark.parametrize("seq", ["", "x", "-1", "9" * 30, "1.5"])
async def test_a_letter_that_is_none(house: House, li: Member, seq: str) -> None:
    assert (await li.post("/desk/health/again", {"conversation": "phone:a", "seq": seq}))[0] == 400


async def test_it_is_not_sent_into_a_colleagues_conversation(house: House, li: Member) -> None:
    house.floor.phone.refusals = [Undeliverable("no")]
    await house.floor.says("你好")
    (row,) = await house.floor.table(dead)
    await house.floor.app.workbench.work.claim(MEI, "phone:a")
    status, page = await li.post("/desk/health/again", {"conversation": "phone:a", "seq": str(row["seq"])})
    assert (status, "同事正在处理" in page) == (409, True)


async def test_the_lead_sees_it_in_english(house: House) -> None:
    async with await house.comes("kim", Role.LEAD) as kim:
        await house.team.staff.describe(kim.agent, name="Kim", language="en", languages=("en",))  # type: ignore[arg-type]
        status, page = await kim.get("/desk/health")
        assert (status, "Everything was delivered." in page, "Order service" in page) == (200, True, True)

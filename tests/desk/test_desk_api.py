"""The workspace's endpoints: who may ask what, and what is not taken."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.desk.work import Status
from tests.desk.memory_desk import MIN, MemoryDesk
from tests.desk.page import AgentPage
from tests.desk.server import DeskServer

LIN = "web:lin"
ABOUT = f"/desk/api/c/{LIN}"
ID = "0123456789"
ACTS: dict[str, dict[str, Any]] = {
    "claim": {},
    "reply": {"id": ID, "text": "hi"},
    "again": {"seq": 2},
    "note": {"id": ID, "words": "hi"},
    "tag": {"name": "t"},
    "draft": {"words": "hi"},
    "transfer": {"to": "xiaowang"},
    "hand-back": {"resume": "silent"},
    "close": {"ending": "solved"},
    "orders/TP10001/refresh": {},
    "orders/TP10001/cancel": {"id": ID, "fee": 0, "reason": "other"},
    "orders/TP10001/correct": {"id": ID, "field": "phone", "value": "1"},
    "orders/TP10001/tip": {"id": ID, "amount": 100},
    "orders/TP10001/reschedule": {"id": ID, "at": 1.0},
    "orders/TP10001/watch": {"id": ID},
}
READS = ("lines?before=9", "brief", "orders", "files/f1")


@pytest.fixture
def desk(desk: MemoryDesk) -> MemoryDesk:
    desk.says(LIN, "在吗")
    desk.wants_a_person(LIN)
    return desk


@pytest.fixture
async def agent(server: DeskServer) -> AsyncIterator[AgentPage]:
    async with AgentPage(server.url, "xiaozhou") as agent:
        yield agent


async def test_nobody_reads_or_acts_without_a_session(server: DeskServer, desk: MemoryDesk) -> None:
    async with AgentPage(server.url, "") as nobody:
        for path in (*(f"{ABOUT}/{read}" for read in READS), "/desk/api/canned", "/desk/api/colleagues"):
            assert (await nobody.get(path))[0] == 401
        for act, body in ACTS.items():
            assert (await nobody.post(f"{ABOUT}/{act}", body))[0] == 401
    assert (desk.talks[LIN].owner, desk.said(LIN), desk.acted) == (None, [], [])


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_other_sites_have_nothing_done(agent: AgentPage, desk: MemoryDesk, headers: dict[str, str]) -> None:
    for act, body in ACTS.items():
        assert (await agent.post(f"{ABOUT}/{act}", body, **headers))[0] == 403
    upload = {"Content-Type": "multipart/form-data; boundary=x", **headers}
    async with agent.http.post(f"{ABOUT}/files", headers=upload) as answer:
        assert answer.status == 403
    assert (desk.talks[LIN].owner, desk.said(LIN), desk.acted) == (None, [], [])


async def test_another_teams_conversation_answers_as_one_that_is_not_there(
    desk: MemoryDesk, server: DeskServer
) -> None:
    kept = await desk.keep_attachment(MIN, LIN, "x", "image/png", b"x")
    desk.change(LIN, team="lost")
    async with AgentPage(server.url, "anna") as anna:

        async def asked(conversation: str) -> list[tuple[int, dict[str, Any]]]:
            about = f"/desk/api/c/{conversation}"
            reads = [await anna.get(f"{about}/{read}") for read in (*READS[:3], f"files/{kept.ref}")]
            return reads + [
                await anna.post(f"{about}/{act}", body) for act, body in ACTS.items() if "orders/" not in act
            ]

        theirs, nobodys = await asked(LIN), await asked("web:nobody")
    assert theirs == nobodys
    assert {status for status, _ in theirs} == {404}


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("reply", {"id": "short", "text": "hi"}),
        ("reply", {"id": ID, "text": "  "}),
        ("reply", {"id": ID, "text": "x" * 20_001}),
        ("reply", {"id": ID, "text": 5}),
        ("reply", {"id": ID, "text": "hi", "seen": -1}),
        ("reply", {"id": ID, "text": "hi", "seen": "4"}),
        ("reply", {"id": ID, "text": "hi", "owner": "me"}),
        ("note", {"id": ID, "words": ""}),
        ("hand-back", {"resume": "never"}),
        ("close", {"ending": ""}),
        ("again", {"seq": "x"}),
        ("orders/TP10001/cancel", {"id": ID, "fee": -1, "reason": "x"}),
        ("orders/TP10001/cancel", {"id": ID, "reason": "x"}),
        ("orders/TP10001/tip", {"id": ID, "amount": 0}),
        ("orders/TP10001/tip", {"id": ID, "amount": 1.5}),
        ("tag", []),
    ],
)
async def test_what_is_not_as_it_should_be_is_refused(agent: AgentPage, desk: MemoryDesk, act: str, body: Any) -> None:
    status, answer = await agent.post(f"{ABOUT}/{act}", body)
    assert (status, answer["error"]) == (400, "bad_message")
    assert "x" * 30 not in str(answer)
    assert (desk.talks[LIN].owner, desk.said(LIN), desk.acted) == (None, [], [])


async def test_a_reply_is_acknowledged_once_for_its_id(agent: AgentPage, desk: MemoryDesk) -> None:
    first = await agent.post(f"{ABOUT}/reply", {"id": ID, "text": "您好\x00\r\n第二行", "seen": 2})
    assert first == (202, {"seq": desk.talks[LIN].lines[-1].seq})
    assert await agent.post(f"{ABOUT}/reply", {"id": ID, "text": "您好", "seen": 2}) == first
    assert desk.said(LIN) == ["您好\n第二行"]


async def test_refusals_say_why(agent: AgentPage, desk: MemoryDesk) -> None:
    newest = desk.says(LIN, "先别").seq
    status, answer = await agent.post(f"{ABOUT}/reply", {"id": ID, "text": "好", "seen": 2})
    assert (status, answer["error"], answer["seq"]) == (409, "newer_words", newest)
    desk.change(LIN, owner="xiaowang", status=Status.TAKEN)
    status, answer = await agent.post(f"{ABOUT}/claim", {})
    assert (status, answer["error"], answer["owner"]) == (409, "held_by_other", "xiaowang")
    desk.change(LIN, owner="xiaozhou")
    status, answer = await agent.post(f"{ABOUT}/transfer", {"team": "nowhere"})
    assert (status, answer["key"]) == (422, "no_such_team")
    desk.down = True
    assert (await agent.post(f"{ABOUT}/reply", {"id": "another-id", "text": "好"}))[0] == 503


async def test_only_files_of_this_conversation_are_sent(agent: AgentPage, desk: MemoryDesk) -> None:
    desk.says("web:other", "在吗")
    kept = await desk.keep_attachment(MIN, "web:other", "x.png", "image/png", b"x")
    status, _ = await agent.post(f"{ABOUT}/reply", {"id": ID, "text": "", "files": [kept.ref]})
    assert status == 404
    assert desk.said(LIN) == []


async def test_a_huge_upload_is_cut_off_while_it_comes(desk: MemoryDesk, server: DeskServer) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(400):
            sent += 1
            yield b"x" * 1024 * 1024

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    async with AgentPage(server.url, "xiaozhou") as agent:
        try:
            async with agent.http.post(f"{ABOUT}/files", data=endless(), headers=headers) as answer:
                assert answer.status == 413
        except aiohttp.ClientError:
            pass  # the server hung up on the rest
    assert sent < 60


async def test_a_file_from_outside_is_only_ever_downloaded(agent: AgentPage, desk: MemoryDesk) -> None:
    page = await desk.keep_attachment(MIN, LIN, '"><script>.html', "text/html", b"<script>1</script>")
    async with agent.http.get(f"{ABOUT}/files/{page.ref}") as answer:
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%22%3E%3Cscript")
        assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_the_page_lets_no_script_of_others_run(agent: AgentPage) -> None:
    async with agent.http.get("/desk") as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy

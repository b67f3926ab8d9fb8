"""The live line of an agent's page: queue and open conversation, whole after any cut, read once for all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing

import aiohttp
import pytest

from bot.desk.talk import Delivery
from bot.desk.work import QUEUE
from tests.desk.memory_desk import MemoryDesk, MemoryPeople
from tests.desk.page import AgentPage
from tests.desk.server import DeskServer

LIN, CHEN = "web:lin", "wechat:chen"


@pytest.fixture
async def agent(server: DeskServer) -> AsyncIterator[AgentPage]:
    async with AgentPage(server.url, "xiaozhou") as agent:
        yield agent


@pytest.fixture
def two_wait(desk: MemoryDesk) -> None:
    desk.says(LIN, "怎么还没人接单")
    desk.bot(LIN, "正在为您查询")
    desk.wants_a_person(LIN)
    desk.says(CHEN, "在吗")
    desk.wants_a_person(CHEN)


@pytest.mark.usefixtures("two_wait")
async def test_socket_events_and_asking_tell_the_same(agent: AgentPage, server: DeskServer) -> None:
    async with agent.socket(LIN) as socket:
        await socket.until("queue", "lines", "aside", "ready")
    async with AgentPage(server.url, "xiaozhou") as other:
        async with aclosing(other.by_events(LIN)) as events:
            async for news in events:
                if other.take(news) == "queue":
                    break
        assert (other.queue, other.lines, other.asides) == (agent.queue, agent.lines, agent.asides)
    async with AgentPage(server.url, "xiaozhou") as third:
        await third.at_once(LIN)
        assert (third.queue, third.lines, third.asides) == (agent.queue, agent.lines, agent.asides)
    assert agent.texts(LIN) == ["怎么还没人接单", "正在为您查询"]
    assert set(agent.queue) == {LIN, CHEN}


@pytest.mark.usefixtures("two_wait")
async def test_news_come_by_themselves_and_only_what_changed(agent: AgentPage, desk: MemoryDesk) -> None:
    async with agent.socket(LIN) as socket:
        await socket.until("ready", "queue")
        agent.told.clear()
        desk.says(LIN, "有人吗")
        await socket.until("lines", "queue")
        lines = next(news for news in agent.told if news["type"] == "lines")
        rows = next(news for news in agent.told if news["type"] == "queue")
        assert [line["text"] for line in lines["lines"]] == ["有人吗"]
        assert [row["conversation"] for row in rows["rows"]] == [LIN]
        assert not rows["all"]


@pytest.mark.usefixtures("two_wait")
async def test_a_line_in_another_state_is_told_again(agent: AgentPage, desk: MemoryDesk) -> None:
    seq = desk.bot(LIN, "稍等", Delivery.QUEUED).seq
    async with agent.socket(LIN) as socket:
        await socket.until("ready")
        assert agent.lines[LIN][seq]["delivery"] == "queued"
        for number in range(30):
            desk.says(LIN, str(number))
        for state in (Delivery.FAILED, Delivery.SENT):
            desk.becomes(LIN, seq, state)
            await socket.until_it_holds(lambda state=state: agent.lines[LIN][seq]["delivery"] == state)
    assert len(agent.lines[LIN]) == 33


@pytest.mark.usefixtures("two_wait")
async def test_the_page_goes_to_another_conversation_on_the_same_line(agent: AgentPage, desk: MemoryDesk) -> None:
    async with agent.socket(LIN) as socket:
        await socket.until("ready")
        await socket.open(CHEN)
        await socket.until("ready")
        assert agent.texts(CHEN) == ["在吗"]
        agent.told.clear()
        desk.says(LIN, "不在眼前")
        desk.says(CHEN, "你好？")
        await socket.until("lines")
        assert all(news["c"] == CHEN for news in agent.told if news["type"] == "lines")
        await socket.open("")
        desk.says(CHEN, "没人看")
        await socket.until("queue")


@pytest.mark.parametrize("said", ["", "{", "[]", "1", '{"open": 5, "after": 0}', '{"open": "web:lin", "after": -1}'])
@pytest.mark.usefixtures("two_wait")
async def test_what_a_page_may_not_say_is_not_heard(agent: AgentPage, desk: MemoryDesk, said: str) -> None:
    async with agent.socket(CHEN) as socket:
        await socket.until("ready")
        await socket.say(said or " ")
        desk.says(CHEN, "还在")
        await socket.until_it_holds(lambda: agent.texts(CHEN)[-1] == "还在")
    assert LIN not in agent.lines


@pytest.mark.parametrize("missed", [3, 650])
@pytest.mark.usefixtures("two_wait")
async def test_after_a_restart_nothing_is_missing_and_nothing_doubled(
    agent: AgentPage, desk: MemoryDesk, server: DeskServer, missed: int
) -> None:
    queued = desk.bot(LIN, "还没送出", Delivery.QUEUED).seq
    async with agent.socket(LIN) as socket:
        await socket.until("ready")
        server.stop()
        assert await socket.closed() == 1012
    for number in range(missed):
        desk.says(LIN, f"m{number}")
    desk.becomes(LIN, queued, Delivery.SENT)
    server.start()
    async with agent.socket(LIN, after=queued - 1) as socket:
        await socket.until("ready")
    expected = ["怎么还没人接单", "正在为您查询", "还没送出", *(f"m{number}" for number in range(missed))]
    assert agent.texts(LIN) == expected
    assert agent.lines[LIN][queued]["delivery"] == "sent"


async def test_however_many_look_each_change_is_read_once(desk: MemoryDesk, server: DeskServer) -> None:
    desk.says(LIN, "一")
    desk.wants_a_person(LIN)
    async with AsyncExitStack() as stack:
        agents = ["xiaozhou", "xiaowang", "zhoumin"]
        pages = [await stack.enter_async_context(AgentPage(server.url, agents[n % 3])) for n in range(12)]
        sockets = [await stack.enter_async_context(page.socket(LIN)) for page in pages]
        await asyncio.gather(*(socket.until("ready", "queue") for socket in sockets))
        reads, queue_reads = desk.reads[LIN], desk.queue_reads
        assert (reads, queue_reads) == (1, 1)
        desk.says(LIN, "二")
        await asyncio.gather(*(socket.until("lines", "queue") for socket in sockets))
        assert (desk.reads[LIN], desk.queue_reads) == (reads + 1, queue_reads + 1)
        assert all(page.texts(LIN) == ["一", "二"] for page in pages)


@pytest.mark.usefixtures("two_wait")
async def test_whoever_leaves_is_forgotten(agent: AgentPage, desk: MemoryDesk, server: DeskServer) -> None:
    async with agent.socket(LIN) as socket:
        await socket.until("ready", "queue")
        assert desk.watched(LIN) == desk.watched(QUEUE) == 1
    async with asyncio.timeout(10):
        while desk.watched(LIN) or desk.watched(QUEUE):  # noqa: ASYNC110 -- a set has no event
            await asyncio.sleep(0.01)
    async with agent.socket(LIN) as socket:
        await socket.until("ready", "queue")


@pytest.mark.usefixtures("two_wait")
async def test_other_teams_conversations_look_as_if_they_did_not_exist(desk: MemoryDesk, server: DeskServer) -> None:
    desk.change(LIN, team="lost")
    async with AgentPage(server.url, "anna") as anna:
        async with anna.socket(LIN) as socket:
            await socket.until("queue", "gone")
        assert set(anna.queue) == {CHEN}
        assert LIN not in anna.lines
        assert LIN not in anna.asides
        theirs = [news for news in anna.told if news["type"] == "gone"]
        await anna.at_once("web:nobody")
        assert [{**news, "c": ""} for news in theirs] == [
            {**news, "c": ""} for news in anna.told if news["type"] == "gone" and news["c"] == "web:nobody"
        ]


@pytest.mark.usefixtures("two_wait")
async def test_a_conversation_that_goes_to_another_team_is_gone_at_once(desk: MemoryDesk, server: DeskServer) -> None:
    async with AgentPage(server.url, "anna") as anna, anna.socket(LIN) as socket:
        await socket.until("ready", "queue")
        desk.change(LIN, team="lost")
        await socket.until("gone", "queue")
        assert LIN not in anna.queue
        desk.says(LIN, "别处的话")
        desk.says(CHEN, "这里的话")
        await socket.until("queue")
    assert "别处的话" not in json.dumps(anna.told, ensure_ascii=False)


@pytest.mark.usefixtures("two_wait")
async def test_a_revoked_session_ends_its_lines_within_seconds(
    agent: AgentPage, people: MemoryPeople, server: DeskServer
) -> None:
    async with AgentPage(server.url, "xiaowang") as other, agent.socket(LIN) as mine, other.socket(LIN) as theirs:
        await mine.until("ready")
        people.revoked.add("xiaozhou")
        assert await mine.closed() == 4401
        await theirs.until("beat")
    async with agent.http.ws_connect("/desk/live") as socket:
        await socket.receive()
        assert socket.close_code == 4401
    assert (await agent.get("/desk/api/news"))[0] == 401


@pytest.mark.usefixtures("two_wait")
async def test_events_end_with_the_session_too(agent: AgentPage, people: MemoryPeople) -> None:
    people.revoked.add("xiaowang")
    async with asyncio.timeout(15):
        async for news in agent.by_events(LIN):
            agent.take(news)
            people.revoked.add("xiaozhou")


@pytest.mark.usefixtures("two_wait")
async def test_while_the_store_is_down_the_line_ends_so_that_the_page_comes_again(
    agent: AgentPage, desk: MemoryDesk
) -> None:
    async with agent.socket(LIN) as socket:
        await socket.until("ready", "queue")
        desk.down = True
        desk.tell(LIN)
        assert await socket.closed() == 1013
    assert (await agent.get(f"/desk/api/news?c={LIN}"))[0] == 503
    desk.down = False
    async with agent.socket(LIN) as socket:
        await socket.until("ready", "queue")


async def test_other_sites_get_no_line(server: DeskServer) -> None:
    async with AgentPage(server.url, "xiaozhou") as agent:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            async with agent.http.ws_connect("/desk/live", headers={"Origin": "https://elsewhere.example"}):
                pass


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "９", "9" * 17])
async def test_a_strange_place_to_start_is_refused(agent: AgentPage, after: str) -> None:
    for path in ("news", "events"):
        status, answer = await agent.get(f"/desk/api/{path}?c={LIN}&after={after}")
        assert (status, answer["error"]) == (400, "bad_seq")
    async with agent.http.ws_connect(f"/desk/live?c={LIN}&after={after}") as socket:
        await socket.receive()
        assert socket.close_code == 4403

"""The log, live: by WebSocket and by server-sent events the same, and whole after any cut."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from bot.channel import Counterpart
from tests.webchat.browser import Browser, replayed
from tests.webchat.memory_service import MemoryService
from tests.webchat.server import LiveServer


async def test_both_lines_and_the_history_give_the_same(visitor: Browser) -> None:
    await visitor.open()
    await visitor.say("我的订单")
    await visitor.post({"id": "0123456789", "press": "1.a"})
    history = await visitor.history()
    assert len(history) == 5
    assert history[2]["choices"][0] == {"token": "1.a", "label": "TP10001 · 鲜花"}
    assert history[3]["pressed"] is True
    assert await replayed(visitor.by_socket()) == history
    assert await replayed(visitor.by_events()) == history


@pytest.mark.parametrize("way", ["by_socket", "by_events"])
async def test_news_arrive_by_themselves(visitor: Browser, service: MemoryService, way: str) -> None:
    await visitor.open()
    await visitor.say("hello")
    conversation = service.conversations()[0]
    async with aclosing(getattr(visitor, way)()) as lines:
        async for entry in lines:
            if entry is None:
                service.say(conversation, "the order moved")
            elif entry["text"] == "the order moved":
                break


@pytest.mark.parametrize("way", ["by_socket", "by_events"])
async def test_after_a_cut_only_what_was_missed_is_replayed(visitor: Browser, service: MemoryService, way: str) -> None:
    await visitor.open()
    await visitor.say("one")
    seen = (await replayed(getattr(visitor, way)()))[-1]["seq"]
    service.say(service.conversations()[0], "missed")
    await visitor.say("two")
    assert [entry["text"] for entry in await replayed(getattr(visitor, way)(seen))] == ["missed", "two", "echo: two"]


async def test_an_event_source_that_comes_back_names_its_last_event(visitor: Browser) -> None:
    await visitor.open()
    await visitor.say("one")
    last = str((await visitor.history())[0]["seq"])
    assert [entry["text"] for entry in await replayed(visitor.by_events(last_event_id=last))] == ["echo: one"]


async def test_after_a_restart_the_line_goes_on(server: LiveServer, visitor: Browser) -> None:
    await visitor.open()
    await visitor.say("before")
    seen = (await visitor.history())[-1]["seq"]
    server.restart()
    await visitor.say("after")
    assert [entry["text"] for entry in await replayed(visitor.by_socket(seen))] == ["after", "echo: after"]


async def test_a_longer_past_than_one_page_is_replayed_whole(visitor: Browser, service: MemoryService) -> None:
    await visitor.open()
    await visitor.say("first")
    for number in range(450):
        service.say(service.conversations()[0], str(number))
    missed = await replayed(visitor.by_socket(after=4))
    assert [entry["text"] for entry in missed] == [str(number) for number in range(450)]


async def test_a_quiet_line_beats(service: MemoryService) -> None:
    server = LiveServer(service, heartbeat=0.05)
    server.start()
    async with Browser(server.url) as visitor:
        await visitor.open()
        for lines in (visitor.by_socket(), visitor.by_events()):
            async with aclosing(lines):
                assert [await anext(lines) for _ in range(3)] == [None, None, None]
    server.stop()


@pytest.mark.parametrize("way", ["by_socket", "by_events"])
async def test_whoever_leaves_is_forgotten(visitor: Browser, service: MemoryService, way: str) -> None:
    await visitor.open()
    async with aclosing(getattr(visitor, way)()) as lines:
        await anext(lines)
        assert not service.unwatched.is_set()
    assert await asyncio.to_thread(service.unwatched.wait, 10)


async def test_a_line_ends_when_the_store_is_down_so_that_the_page_comes_again(
    visitor: Browser, service: MemoryService
) -> None:
    await visitor.open()
    service.down = True
    async with visitor.http.ws_connect("/chat/live") as socket:
        await socket.receive()
        assert socket.close_code == 1013
    async with visitor.http.get("/chat/events") as answer:
        assert await answer.read() == b""


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "９", "9" * 17])
async def test_a_strange_place_to_start_is_refused(visitor: Browser, after: str) -> None:
    await visitor.open()
    async with visitor.http.get("/chat/history", params={"after": after}) as answer:
        assert (answer.status, (await answer.json())["error"]) == (400, "bad_after")


@pytest.mark.parametrize("way", ["told_by_socket", "told_by_events"])
async def test_a_page_is_told_whom_its_customer_talks_to(visitor: Browser, service: MemoryService, way: str) -> None:
    await visitor.open()
    await visitor.say("hello")
    conversation = service.conversations()[0]
    told = []
    # Sooner than the second beat, when a page would be told anyway.
    async with asyncio.timeout(10), aclosing(getattr(visitor, way)()) as news:
        async for name, said in news:
            if name == "beat":
                service.talks_to(conversation, Counterpart("小周"))
            elif name == "counterpart":
                told.append(said)
                if len(told) == 2:
                    service.talks_to(conversation, Counterpart("小周", writing_at=100.0))
                    service.talks_to(conversation, Counterpart("小周", writing_at=101.0))  # nothing new
                    service.talks_to(conversation, Counterpart(place=3))
                if said["place"] == 3:
                    break
    assert told[0] == {"person": None, "place": None, "writing": False}
    assert told[1] == {"person": "小周", "place": None, "writing": False}
    assert told[-1] == {"person": None, "place": 3, "writing": False}
    async with visitor.http.get("/chat/history") as answer:
        assert (await answer.json())["counterpart"] == told[-1]


async def test_the_customer_is_told_to_write_and_nothing_of_what(visitor: Browser, service: MemoryService) -> None:
    await visitor.open()
    async with visitor.http.post("/chat/writing") as answer:
        assert (answer.status, await answer.read()) == (204, b"")
    assert service.written.get_nowait() == f"web:{await visitor.chat()}"
    async with visitor.http.post("/chat/writing?chat=another") as answer:
        assert answer.status == 409
    service.down = True
    async with visitor.http.post("/chat/writing") as answer:
        assert answer.status == 503

"""The load of the benchmarks and what is put under it: that it measures what it says. No timing here."""

from __future__ import annotations

import asyncio
import json
import pstats
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from benchmarks import endurance, growth, load, profiling, scaling
from benchmarks.cheapest import CHEAPEST
from benchmarks.floor import PLAIN, Ways, conversation, inbound, opened, outbox
from benchmarks.growth import Chats, chat, fill
from benchmarks.load import Load, Phone, Phones, Target, percentile
from benchmarks.processes import server
from benchmarks.recording import held, recorded
from benchmarks.subjects import Cost
from benchmarks.talk import ACTING, FAREWELL, LOST, TALK, Answer, Line, webhook
from benchmarks.wire import Caller, Frames, Listener
from bot.store.database import Database
from bot.store.schema import metadata

BODIES = st.lists(st.binary(max_size=40), min_size=1, max_size=4)


def framed(bodies: Sequence[bytes]) -> bytes:
    return b"".join(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body) for body in bodies)


@given(BODIES, st.data())
def test_a_stream_is_cut_into_messages_wherever_it_is_interrupted(bodies: list[bytes], data: st.DataObject) -> None:
    stream = framed(bodies)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=5)))
    frames, found = Frames(), []
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += frames.feed(stream[begin:end])
    assert found == [(b"POST / HTTP/1.1", body) for body in bodies]


def test_a_message_of_unknown_length_is_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        Frames().feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")


@given(st.lists(st.floats(0, 1e6), min_size=1), st.sampled_from([0.01, 0.5, 0.99, 1.0]))
def test_a_percentile_is_the_smallest_value_that_covers_its_share(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < share * len(values)


def test_nothing_measured_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)


async def test_an_answer_is_the_first_past_the_message_and_a_question_the_first_with_buttons() -> None:
    phone = Phone()
    waiting = asyncio.create_task(phone.first(3, question=True))
    for seq, tokens in ((2, ["1.0"]), (4, []), (5, ["2.0"])):
        await asyncio.sleep(0)
        phone.show(Answer(seq, 0.0, "", tokens))
    assert (await waiting).seq == 5
    assert (await phone.first(3)).seq == 4


async def test_an_answer_that_does_not_come_is_an_error_that_tells_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "PATIENCE", 0.01)
    phone = Phone()
    with pytest.raises(RuntimeError, match=r"no answer .* nothing at all"):
        await phone.first(0)
    phone.show(Answer(1, 0.0, "greet.hello", []))
    with pytest.raises(RuntimeError, match=r"no question .* greet\.hello"):
        await phone.first(0, question=True)


async def test_a_caller_hears_of_every_reply_but_200_and_of_none() -> None:
    replies = iter([b"HTTP/1.1 503 Away\r\ncontent-length: 0\r\n\r\n", b""])

    class Refusing(Listener):
        def data_received(self, data: bytes) -> None:
            assert self._transport is not None
            self._transport.write(next(replies))
            self._transport.close()

    listening = await asyncio.get_running_loop().create_server(lambda: Refusing(lambda _: True), "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    with pytest.raises(RuntimeError, match="503"):
        await (await Caller.connected(port)).post("/hook", b"{}")
    with pytest.raises(ConnectionResetError):
        await (await Caller.connected(port)).post("/hook", b"{}")
    listening.close()


async def test_a_conversation_that_goes_wrong_is_an_error() -> None:
    async with Phones().open() as phones, server("echo") as echo:
        caller = await Caller.connected(phones.port)
        lost = {"chat": "1", "seq": 2, "key": next(iter(LOST)), "tokens": []}
        await caller.post("/", json.dumps(lost).encode())
        caller.close()
        with pytest.raises(RuntimeError, match="goes wrong"):
            async with Load(Target([echo.port], phones=phones), 0).running():
                pass


async def test_every_customer_writes_to_the_server_and_is_counted() -> None:
    async with server("echo") as echo, Load(Target([echo.port]), 4).running() as customers:
        await customers.until(40)
        window = await customers.measured(0.05)
        assert echo.cpu() > 0
    assert window.waits


@pytest.mark.parametrize("talk", [TALK, ACTING, FAREWELL])
async def test_the_bot_follows_the_conversations_that_are_measured(talk: Sequence[Line]) -> None:
    assert not LOST & {kept["out"]["key"] for kept in await recorded(talk)}


@pytest.mark.parametrize("ways", [PLAIN, CHEAPEST])
async def test_the_floor_writes_three_rows_a_message(database_url: str, ways: Ways) -> None:
    kept = [{"state": {"customer": "林"}, "out": {"text": "您好"}}] * 2
    async with opened(database_url, kept, ways) as take:
        await asyncio.gather(*(take({"chat": f"{place}", "id": "a", "line": 0}) for place in range(5)))
        assert await take({"chat": "0", "id": "b", "line": 1}) == 3
    database = Database(database_url)
    for table, count in ((conversation, 5), (inbound, 6), (outbox, 6)):
        assert await database.run(lambda c, t=table: c.scalar(select(func.count()).select_from(t))) == count
    state = select(conversation.c.version, conversation.c.state).where(conversation.c.id == "phone:0")
    assert tuple(await database.run(lambda c: c.execute(state).one())) == (2, {"customer": "林"})
    await database.close()


async def test_stored_conversations_are_whole(database_url: str) -> None:
    seen = (await held(database_url, FAREWELL)).partition(":")[2]
    await fill(database_url, seen, 30)
    database = Database(database_url)
    for name, key in growth.COPIED.items():
        table = metadata.tables[name]
        rows = select(func.count(table.c[key].distinct())).where(table.c[key] != f"phone:{seen}")
        assert await database.run(lambda c, r=rows: c.scalar(r)) == 30
        known = select(func.count()).select_from(table).where(table.c[key] == f"phone:{chat(29, 30)}")
        assert await database.run(lambda c, k=known: c.scalar(k)) == 1
    await database.close()


def test_no_stored_chat_is_met_twice_before_all_were() -> None:
    chats = Chats(1000)
    met = [chats() for _ in range(2000)]
    assert len(set(met)) == 2000
    assert {chat(place, 1000) for place in range(1000)} <= set(met)


def cost(**values: float) -> Cost:
    usual = {"per_second": 100.0, "p50": 1.0, "p99": 2.0, "server": 4000.0, "database": 1000.0, "load": 0.0}
    return Cost(**{**usual, "others": 0.0, **values})


def test_two_processes_need_no_cores_that_are_not_there() -> None:
    alone, together = [cost()], [cost(per_second=110)]
    assert [figure.verdict for figure in scaling.told(alone, together, 2)] == ["missed", "", ""]
    assert scaling.told(alone, [cost(per_second=160)], 2)[0].verdict == "ok"
    assert "cores do not allow" in scaling.told([cost(others=1.5)], together, 2)[0].verdict


def test_memory_that_grows_is_told_from_memory_that_goes_up_and_down() -> None:
    still = [90.0, 110, 111, 110, 111, 110, 111, 110]
    assert all(figure.ok for figure in endurance.told(still))
    assert [figure.ok for figure in endurance.told([*still[:-1], 120])] == [True, False]
    assert [figure.ok for figure in endurance.told([size + 50 for size in still])] == [False, True]


def test_growth_compares_each_round_with_the_fewest_conversations_in_it() -> None:
    costs = {10: [cost(), cost(server=8000)], 1000: [cost(server=6500), cost(server=8000)]}
    assert [figure.value for figure in growth.told("SQLite", costs)] == [pytest.approx(1.25)]


def test_a_profile_tells_the_parts_of_every_thread(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with profiling.into(tmp_path / "profile") as begun:
        begun()
        thread = threading.Thread(target=recorded_lines)
        thread.start()
        thread.join()
        framed([b"x"] * 10)
    parts = profiling.by_part(pstats.Stats(str(tmp_path / "profile")))
    assert parts["tests/test_load.py"] > 0
    assert parts["benchmarks/talk.py"] > 0
    profiling.told(tmp_path / "profile")
    assert "webhook" in capsys.readouterr().out


def recorded_lines() -> None:
    for place, line in enumerate(TALK):
        webhook("chat", "id", place, line, link="", token=None)

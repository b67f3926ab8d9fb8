from __future__ import annotations

import asyncio
from collections.abc import Generator
from dataclasses import replace

import pytest
import structlog.testing
from sqlalchemy import Connection, func, insert, select, update

from bot.dialogue.conversation import Conversation
from bot.dialogue.effects import Outcome, Read
from bot.dialogue.events import Event, Happened
from bot.dialogue.turn import Turn
from bot.orders.model import Change, State
from bot.runtime.acts import GIVEN_UP
from bot.runtime.service import Runtime
from bot.store import dead, draining, lanes
from bot.store.tables import outbox, timer, watch
from tests.runtime.parts import CANCEL, CHAT, Echo, OneLink, World, said

KEY = f"{CHAT}:1"


def moved(cursor: int, after: State, before: State = State.AWAITING_COURIER, number: str = "TP1") -> Change:
    return Change(f"c{cursor}", cursor, "mei", number, 0.0, before, after)


def count_of(table: object) -> object:
    return lambda connection: connection.scalar(select(func.count()).select_from(table))


async def test_an_act_is_done_and_its_outcome_comes_back(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("cancel"))
    await runtime.settle()
    assert world.phone.texts == ["1: will cancel", "2: act 1 cancelled"]
    assert world.desk.keys == [KEY]


async def test_an_act_whose_worker_died_is_done_again_with_the_same_key(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("cancel"))
    (held,) = await world.database.run(lanes.claim, ["phone"], 5, 60.0, "a token")
    first = await draining.proceed(world.database, held, 60.0)
    assert isinstance(first, draining.Item)
    act = await draining.proceed(world.database, held, 60.0, first.seq)
    assert isinstance(act, draining.Item)
    await runtime._worker._deal(held, act)
    await world.passes(61)
    await runtime.settle()
    assert world.desk.keys == [KEY, KEY]
    assert world.phone.texts == ["2: act 1 cancelled"]


async def test_an_act_that_must_wait_does_not_hold_up_the_conversation(world: World, runtime: Runtime) -> None:
    world.desk.down = 2
    await runtime.receive(said("cancel"))
    await runtime.settle()
    await runtime.receive(said("hello", "m2"))
    await runtime.settle()
    assert world.phone.texts == ["1: will cancel", "2: act 1 delayed", "3: hello"]
    for _ in range(2):
        await world.passes(10)
        await runtime.settle()
    assert world.phone.texts[3:] == ["4: act 1 cancelled"]
    assert world.desk.keys == [KEY] * 3
    assert await world.database.run(count_of(timer)) == 0


@pytest.mark.parametrize("failure", [None, ValueError("a defect"), TimeoutError()])
async def test_an_act_that_never_works_ends_with_the_truth(
    world: World, runtime: Runtime, failure: Exception | None
) -> None:
    world.desk.down, world.desk.failure = 99, failure or world.desk.failure
    await runtime.receive(said("cancel"))
    for _ in range(12):
        await runtime.settle()
        await world.passes(400)
    assert world.phone.texts == ["1: will cancel", "2: act 1 delayed", "3: act 1 service_down"]
    assert world.desk.keys == [KEY] * 8
    assert await world.database.run(count_of(timer)) == 0
    [letter] = await world.database.run(dead.letters, 10)
    assert (letter.kind, letter.payload["effect"], letter.why) == ("act", "CancelOrder", GIVEN_UP)


async def test_an_act_of_an_unknown_kind_ends_with_the_truth(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("cancel"))
    acts = update(outbox).where(outbox.c.kind == "act")
    payload = {"id": "1", "effect": "Teleport", "fields": {}}
    await world.database.run(lambda c: c.execute(acts.values(payload=payload)))
    for _ in range(10):
        await runtime.settle()
        await world.passes(400)
    assert world.phone.texts[-1] == "3: act 1 service_down"


async def test_a_reminder_comes_when_it_is_due_and_once(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("remind"))
    await runtime.settle()
    await world.passes(59)
    await runtime.settle()
    assert world.phone.texts == ["1: will remind"]
    await world.passes(2)
    await runtime.settle()
    await world.passes(600)
    await runtime.settle()
    assert world.phone.texts[1:] == ["2: woke look_again [('order', 'TP1')]"]


async def test_a_later_reminder_of_the_same_name_replaces_the_first(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("remind"))
    await runtime.settle()
    await world.passes(50)
    await runtime.receive(said("remind", "m2"))
    await runtime.settle()
    await world.passes(50)
    await runtime.settle()
    assert len(world.phone.texts) == 2
    await world.passes(11)
    await runtime.settle()
    assert len(world.phone.texts) == 3


async def test_a_timer_of_a_dead_process_is_done_by_another(world: World, runtime: Runtime) -> None:
    from bot.store import timers

    await runtime.receive(said("remind"))
    await runtime.settle()
    await world.passes(61)
    assert len(await world.database.run(timers.hold_due, 10, 60.0)) == 1
    await runtime.settle()
    assert len(world.phone.texts) == 1
    await world.passes(61)
    await runtime.settle()
    assert len(world.phone.texts) == 2


async def put_timer(world: World, name: str, kind: str, payload: dict[str, object]) -> None:
    new = insert(timer).values(conversation=CHAT, name=name, due_at=0.0, kind=kind, payload=payload)
    await world.database.run(lambda connection: connection.execute(new) and None)


async def timers_there(world: World) -> dict[str, float]:
    rows = await world.database.run(lambda connection: connection.execute(select(timer.c.name, timer.c.due_at)).all())
    return {row.name: row.due_at for row in rows}


async def test_a_timer_that_only_a_newer_version_knows_is_left_to_it(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("hello"))
    await put_timer(world, "newer", "sla", {"id": "1", "effect": "CancelOrder", "fields": CANCEL.to_json()})
    await put_timer(world, "ours", "remind", {"id": "r", "flow": "look_again", "slots": {}})
    async with asyncio.timeout(10):
        await runtime.settle()
    assert world.phone.texts == ["1: hello", "2: woke look_again []"]
    assert world.desk.keys == []
    assert await timers_there(world) == {"newer": 0.0}
    with structlog.testing.capture_logs() as logs:
        await runtime._clockwork.tell_unknown()
    assert logs == [{"event": "timers_of_a_newer_version", "kind": "sla", "count": 1, "log_level": "error"}]


async def test_a_reminder_of_a_flow_that_is_not_known_here_waits_for_who_knows_it(
    world: World, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    await runtime.receive(said("hello"))
    await put_timer(world, "newer", "remind", {"id": "r", "flow": "of_tomorrow", "slots": {}})
    with structlog.testing.capture_logs() as logs:
        await runtime.settle()
    assert [log["flow"] for log in logs if log["event"] == "reminder_of_an_unknown_flow"] == ["of_tomorrow"]
    assert world.phone.texts == ["1: hello"]
    assert (await timers_there(world))["newer"] > 30
    await world.passes(61)
    monkeypatch.setattr(Echo, "knows", lambda *_: True)
    await world.open().settle()
    assert world.phone.texts == ["1: hello", "2: woke of_tomorrow []"]
    assert await timers_there(world) == {}


async def watching(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("", "link", link="good"))
    await runtime.receive(said("watch", "watch"))
    await runtime.settle()
    assert world.phone.texts[-1] == "3: act 1 watching"
    world.phone.arrived.clear()


async def test_whoever_watches_an_order_hears_that_it_moves(world: World, runtime: Runtime) -> None:
    await watching(world, runtime)
    world.feed.moves = [
        moved(1, State.COURIER_ASSIGNED, number="TP2"),
        moved(2, State.COURIER_ASSIGNED),
        replace(moved(3, State.FAILED), customer="somebody else"),
    ]
    await runtime.settle()
    slots = {"after": "courier_assigned", "before": "awaiting_courier", "moved": True, "order": "TP1"}
    assert world.phone.texts == [f"4: woke track_order {sorted(slots.items())}"]
    assert world.feed.asked[-1] == 3


async def test_a_change_told_twice_is_heard_once(world: World, runtime: Runtime) -> None:
    await watching(world, runtime)
    world.feed.moves = [moved(1, State.COURIER_ASSIGNED)]
    await runtime.settle()
    world.feed.moves.append(replace(world.feed.moves[0], cursor=2))
    await runtime.settle()
    assert len(world.phone.texts) == 1


async def test_the_watch_ends_with_the_order(world: World, runtime: Runtime) -> None:
    await watching(world, runtime)
    world.feed.moves = [moved(1, State.DELIVERED)]
    await runtime.settle()
    assert len(world.phone.texts) == 1
    assert await world.database.run(count_of(watch)) == 0


async def test_changes_while_nobody_ran_are_told_after_the_restart(world: World, runtime: Runtime) -> None:
    await watching(world, runtime)
    world.feed.moves = [moved(n, State.COURIER_ASSIGNED) for n in range(1, 4)]
    await world.open().settle()
    assert len(world.phone.texts) == 3


async def test_an_order_service_that_is_away_stops_nothing(world: World, runtime: Runtime) -> None:
    await watching(world, runtime)
    world.feed.down, world.feed.moves = True, [moved(1, State.COURIER_ASSIGNED)]
    await runtime.receive(said("hello", "m9"))
    await runtime.settle()
    assert world.phone.texts == ["4: hello"]
    world.feed.down = False
    await runtime.settle()
    assert len(world.phone.texts) == 2


async def test_a_chat_that_is_no_longer_the_customers_hears_nothing(world: World, runtime: Runtime) -> None:
    await watching(world, runtime)

    def hand_on(connection: Connection) -> None:
        from bot.store.tables import conversation

        connection.execute(update(conversation).values(customer="somebody else"))

    await world.database.run(hand_on)
    world.feed.moves = [moved(1, State.COURIER_ASSIGNED)]
    await runtime.settle()
    assert world.phone.texts == []


async def test_a_chat_of_nobody_cannot_watch(world: World, runtime: Runtime) -> None:
    await runtime.receive(said("watch"))
    await runtime.settle()
    assert world.phone.texts == ["1: will watch", "2: act 1 not_linked"]


class Deaf(Echo):
    """A version with a defect: it breaks whenever it is told what came of an act."""

    def turn(self, conversation: Conversation, event: Event, now: float) -> Generator[Read, Outcome, Turn]:
        if type(event) is Happened:
            raise LookupError("a defect")
        return super().turn(conversation, event, now)


async def test_an_act_of_which_nothing_can_be_told_does_not_stop_the_conversation(world: World) -> None:
    channels = {world.phone.name: world.phone}
    runtime = Runtime(world.database, Deaf(), world.desk.performers, channels, world.feed, OneLink(), world.settings)
    await runtime.receive(said("cancel"))
    await runtime.receive(said("hello", "m2"))
    for _ in range(world.settings.most_tries + 1):
        await runtime.settle()
        await world.passes(world.settings.lease + 1)
    await runtime.settle()
    assert world.phone.texts == ["1: will cancel", "2: hello"]
    assert world.desk.cancelled == {"TP1"}

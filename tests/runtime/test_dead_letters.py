"""Dead letters: looked at, tried again exactly once, or dropped with a note of who did."""

from __future__ import annotations

import asyncio

from sqlalchemy import Connection, select, update

from bot.errors import Undeliverable, Unreachable
from bot.runtime.service import Runtime
from bot.store import dead as letters
from bot.store.database import Database
from bot.store.dead import NotRetried, Place
from bot.store.tables import audit, conversation, outbox
from tests.conftest import Clock
from tests.runtime.parts import CHAT, World, said

LOST = Place(CHAT, 2)


async def bury(world: World, runtime: Runtime) -> None:
    world.phone.refusals = [Undeliverable("too long for this channel")]
    await runtime.receive(said("hello"))
    await runtime.settle()


def noted(connection: Connection) -> list[tuple[str, str, object]]:
    return [(row.actor, row.action, row.detail) for row in connection.execute(select(audit).order_by(audit.c.id))]


async def test_the_newest_come_first(world: World, runtime: Runtime) -> None:
    world.phone.refusals = [Undeliverable("first"), Undeliverable("second")]
    for n in range(2):
        await runtime.receive(said("hello", f"m{n}"))
        await runtime.settle()
        await world.passes(5)
    found = await world.database.run(letters.letters, 10)
    assert [(letter.place, letter.kind, letter.why) for letter in found] == [
        (Place(CHAT, 4), "message", "second"),
        (Place(CHAT, 2), "message", "first"),
    ]
    assert await world.database.run(letters.letters, 1) == found[:1]
    assert await world.database.run(letters.letter, found[0].place) == found[0]
    assert await world.database.run(letters.letter, Place(CHAT, 3)) is None


async def test_a_message_goes_again_at_the_end_of_its_lane(world: World, runtime: Runtime) -> None:
    await bury(world, runtime)
    await runtime.receive(said("more", "m2"))
    assert await world.database.run(letters.retry, LOST, "operator:li") == 5
    await runtime.settle()
    assert world.phone.texts == ["2: more", "1: hello"]
    assert [entry.seq for entry in await runtime.history(CHAT) if entry.sender == "bot"] == [4, 5]
    assert await world.database.run(noted) == [("operator:li", "dead_letter_retried", {"seq": 2})]
    assert await world.database.run(letters.letters, 10) == []


async def test_two_operators_at_once_send_it_once(
    world: World, runtime: Runtime, database_url: str, clock: Clock
) -> None:
    await bury(world, runtime)
    operators = [Database(database_url, clock) for _ in range(4)]
    came = await asyncio.gather(*(database.run(letters.retry, LOST, "operator:li") for database in operators))
    assert sorted(map(str, came)) == sorted(["3", *[str(NotRetried.GONE)] * 3])
    await runtime.settle()
    assert world.phone.texts == ["1: hello"]
    assert len(await world.database.run(noted)) == 1
    for database in operators:
        await database.close()


async def test_what_fails_again_is_a_new_dead_letter(world: World, runtime: Runtime) -> None:
    await bury(world, runtime)
    world.phone.refusals = [Undeliverable("still too long")]
    await world.database.run(letters.retry, LOST, "operator:li")
    await runtime.settle()
    (letter,) = await world.database.run(letters.letters, 10)
    assert (letter.place, letter.why) == (Place(CHAT, 3), "still too long")
    await world.database.run(letters.retry, letter.place, "operator:li")
    await runtime.settle()
    assert world.phone.texts == ["1: hello"]


async def test_the_bot_does_not_speak_while_a_human_has_the_conversation(world: World, runtime: Runtime) -> None:
    await bury(world, runtime)
    await world.take_over("li")
    assert await world.database.run(letters.retry, LOST, "operator:li") is NotRetried.HELD_BY_STAFF
    assert await world.database.run(letters.letter, LOST) is not None
    await world.take_over(None)
    await world.database.run(letters.retry, LOST, "operator:li")
    await runtime.settle()
    assert world.phone.texts == ["1: hello"], "made anew in the epoch of now, so the fence lets it pass"


async def test_a_takeover_after_the_retry_still_holds_it_back(world: World, runtime: Runtime) -> None:
    await bury(world, runtime)
    await world.database.run(letters.retry, LOST, "operator:li")
    await world.take_over("li")
    await runtime.settle()
    assert world.phone.texts == []
    fate = select(outbox.c.fate).where(outbox.c.seq == 3)
    assert await world.database.run(lambda c: c.scalar(fate)) == "held"


async def test_a_customer_who_could_not_be_reached_is_tried_again(world: World, runtime: Runtime) -> None:
    world.phone.refusals = [Unreachable("blocked")]
    await runtime.receive(said("hello"))
    await runtime.settle()
    assert await world.database.run(lambda c: c.scalar(select(conversation.c.unreachable)))
    await world.database.run(letters.retry, LOST, "operator:li")
    await runtime.settle()
    assert world.phone.texts == ["1: hello"]


async def test_an_act_goes_again_with_its_own_key_and_its_outcome_comes_back(world: World, runtime: Runtime) -> None:
    await give_up_the_act(world, runtime)
    assert world.phone.texts[-1].endswith("act 1 service_down")
    (letter,) = await world.database.run(letters.letters, 10)
    assert (letter.kind, letter.payload["effect"], letter.why) == ("act", "CancelOrder", "it was tried too often")
    world.desk.down = 0
    await world.database.run(letters.retry, letter.place, "operator:li")
    await runtime.settle()
    assert world.desk.keys == [f"{CHAT}:1"] * 9
    assert world.phone.texts[-1].endswith("act 1 cancelled")


async def test_an_act_that_is_given_up_again_is_a_dead_letter_again(world: World, runtime: Runtime) -> None:
    await give_up_the_act(world, runtime)
    (letter,) = await world.database.run(letters.letters, 10)
    await world.database.run(letters.retry, letter.place, "operator:li")
    await until_given_up(world, runtime)
    (again,) = await world.database.run(letters.letters, 10)
    assert again.place.seq > letter.place.seq
    assert [text for text in world.phone.texts if "service_down" in text] == [
        "3: act 1 service_down",
        "5: act 1 service_down",
    ]
    assert set(world.desk.keys) == {f"{CHAT}:1"}


async def give_up_the_act(world: World, runtime: Runtime) -> None:
    world.desk.down = 99
    await runtime.receive(said("cancel"))
    await until_given_up(world, runtime)


async def until_given_up(world: World, runtime: Runtime) -> None:
    for _ in range(12):
        await runtime.settle()
        await world.passes(400)


async def test_dropped_is_gone_and_noted(world: World, runtime: Runtime) -> None:
    await bury(world, runtime)
    assert await world.database.run(letters.drop, LOST, "operator:li")
    assert not await world.database.run(letters.drop, LOST, "operator:wang")
    assert await world.database.run(letters.retry, LOST, "operator:wang") is NotRetried.GONE
    await runtime.settle()
    assert world.phone.texts == []
    assert await world.database.run(noted) == [("operator:li", "dead_letter_dropped", {"seq": 2})]


async def test_a_letter_of_a_conversation_that_is_gone(world: World, runtime: Runtime) -> None:
    await bury(world, runtime)
    await world.database.run(lambda c: c.execute(update(conversation).values(id="phone:8")))
    assert await world.database.run(letters.retry, LOST, "operator:li") is NotRetried.GONE

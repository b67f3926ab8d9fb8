"""What channels remember, on both databases."""

from __future__ import annotations

from bot.dialogue.events import Woke
from bot.messages import Address
from bot.store.database import Database
from bot.store.notes import Reachability, StoredNotes, StoredTurns
from tests.conftest import Clock
from tests.runtime.parts import ADDRESS, World, said

CHAT = "telegram:7"


async def test_a_note_is_read_as_it_was_written_last(database: Database) -> None:
    notes = StoredNotes(database)
    assert await notes.read(CHAT) == {}
    for note in ({"keyboard": 5}, {"cards": {"TP1": 7}, "说": ["好"]}, {}):
        await notes.write(CHAT, note)
        assert await notes.read(CHAT) == note
    assert await notes.read("telegram:8") == {}


async def test_one_has_the_turn_until_it_is_left_or_over(database: Database, clock: Clock) -> None:
    turns, world = StoredTurns(database), World(database, clock)
    first = await turns.take("asking", 9)
    assert first is not None
    assert await turns.take("asking", 9) is None
    assert await turns.take("something else", 9) is not None
    await turns.leave("asking", first)
    second = await turns.take("asking", 9)
    assert second is not None
    assert not await turns.keep("asking", first, 9)
    await world.passes(8)
    assert await turns.keep("asking", second, 9)
    await world.passes(8)
    assert await turns.take("asking", 9) is None
    await world.passes(2)
    assert await turns.take("asking", 9) is not None
    assert not await turns.keep("asking", second, 9)


async def test_nothing_is_sent_to_who_left_until_they_are_back(database: Database, clock: Clock) -> None:
    mark, world = Reachability(database), World(database, clock)
    runtime = world.open()
    await runtime.receive(said("remind"))
    await runtime.settle()
    heard = list(world.phone.texts)
    await mark(Address.of(CHAT), False)  # a chat nobody has heard of
    await mark(ADDRESS, False)
    await world.passes(61)
    await runtime.settle()
    assert world.phone.texts == heard
    await mark(ADDRESS, True)
    await runtime.happen(ADDRESS.conversation, Woke("look_again", {}), "again")
    await runtime.settle()
    assert len(world.phone.texts) == len(heard) + 1

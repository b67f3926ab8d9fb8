"""Topics of the staff's group, on both databases."""

from __future__ import annotations

from bot.desk.topics import State
from bot.store.database import Database
from bot.store.topics import StoredTopics

KEY = "telegram:7"


async def seen(topics: StoredTopics, chat: int = -1) -> tuple[int, int, State] | None:
    found = await topics.find(KEY, chat)
    return (found.thread, found.seq, found.state) if found else None


async def test_a_topic_and_what_it_shows(database: Database) -> None:
    topics = StoredTopics(database)
    assert await seen(topics) is None
    await topics.put(KEY, -1, 50)
    assert await seen(topics) == (50, 0, State.NEW)
    await topics.shown(KEY, 9)
    await topics.shown(KEY, 4)
    assert await seen(topics) == (50, 9, State.OPEN)
    assert await seen(topics, -2) is None, "another group"
    assert await topics.conversation(-1, 50) == KEY
    assert await topics.conversation(-2, 50) is None
    await topics.put(KEY, -1, 60)
    assert await seen(topics) == (60, 9, State.NEW)
    assert await topics.conversation(-1, 50) is None


async def test_a_topic_that_is_closed_or_gone_is_not_looked_at(database: Database) -> None:
    topics = StoredTopics(database)
    await topics.put(KEY, -1, 50)
    for state in State:
        await topics.turn(KEY, state)
        going = state not in (State.CLOSED, State.GONE)
        assert [topic.conversation for topic in await topics.unfinished(-1)] == ([KEY] if going else [])
        assert await topics.unfinished(-2) == []


async def test_what_is_shown_late_opens_no_topic_again(database: Database) -> None:
    topics = StoredTopics(database)
    await topics.put(KEY, -1, 50)
    await topics.turn(KEY, State.GONE)
    await topics.shown(KEY, 9)
    assert await seen(topics) == (50, 0, State.GONE)

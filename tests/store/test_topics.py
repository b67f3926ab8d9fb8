"""Topics of the staff's group, on both databases."""

from __future__ import annotations

from bot.store.database import Database
from bot.store.topics import StoredTopics


async def test_a_topic_and_what_it_shows(database: Database) -> None:
    topics = StoredTopics(database)
    assert await topics.find("telegram:7", -1) is None
    await topics.put("telegram:7", -1, 50)
    await topics.shown("telegram:7", 9)
    await topics.shown("telegram:7", 4)
    assert await topics.find("telegram:7", -1) == (50, 9)
    assert await topics.find("telegram:7", -2) is None, "another group"
    assert await topics.conversation(-1, 50) == "telegram:7"
    assert await topics.conversation(-2, 50) is None
    await topics.put("telegram:7", -1, 60)
    assert await topics.find("telegram:7", -1) == (60, 9)
    assert await topics.conversation(-1, 50) is None

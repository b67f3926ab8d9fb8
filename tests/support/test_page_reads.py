"""What 50 open pages of the desk ask again and again is one statement each time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable

import pytest
from sqlalchemy import Connection

from bot.desk.people import Agent, Role
from bot.desk.talk import Delivery
from tests.conftest import Clock
from tests.support.floor import MEI, Floor

CHAT = "phone:a"
ADMIN = Agent("operator", "operator", Role.ADMIN, "en")


@pytest.fixture
async def floor(sqlite_url: str, clock: Clock) -> AsyncIterator[Floor]:
    """On SQLite, whose driver tells every statement; the statements are the same on both."""
    floor = Floor(sqlite_url, clock)
    yield floor
    await floor.close()


async def asked(floor: Floor, asking: Awaitable[object]) -> list[str]:
    """What the database is asked for it."""
    seen: list[str] = []

    def listen(connection: Connection) -> None:
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.set_trace_callback(lambda sql: seen.append(sql) if sql.lstrip().startswith("SELECT") else None)

    await floor.database.run(listen)
    await asking
    return seen


async def test_one_statement_each_time(floor: Floor) -> None:
    await floor.hires(MEI)
    work, talks, people = floor.app.workbench.work, floor.app.workbench.talks, floor.app.workbench.people
    await floor.says("转人工")
    await work.claim(MEI, CHAT)
    await floor.reply(MEI, "您好")
    await talks.note(MEI, CHAT, "n", "老客户")
    await talks.tag(MEI, CHAT, "急")
    await talks.draft(MEI, CHAT, "我看看")
    await floor.app.runtime.settle()
    newest = (await talks.lines(MEI, CHAT))[-1]
    assert (newest.text, newest.delivery) == ("您好", Delivery.SENT)
    aside = await talks.aside(MEI, CHAT)
    assert (aside.owner, aside.status, aside.tags) == ("mei", "taken", ("急",))
    assert [note.words for note in aside.notes] == ["老客户"]
    assert [(draft.author, draft.words) for draft in aside.drafts] == [("mei", "我看看")]
    link = await people.add(ADMIN, Agent("li", "李", Role.AGENT, "zh"))
    token = (await people.sign_in_by_link(link, "a browser")).token
    lines = (talks.lines(MEI, CHAT), talks.lines(MEI, CHAT, 1))
    for asking in (*lines, talks.aside(MEI, CHAT), work.queue(MEI), people.session(token)):
        found = await asked(floor, asking)
        assert len(found) == 1, found

"""Handing over: one place in the queue for each chat, the urgent ones first."""

import asyncio

import pytest
from sqlalchemy import update

from bot.dialogue.effects import HandOver, ReadDesk
from bot.store.support_tables import handover
from bot.store.tables import audit
from tests.support.conftest import TUESDAY_NOON

ASKED = HandOver("asked", {"order": "TP1"})


async def test_the_first_in_the_queue_is_next(office):
    outcome = await office.perform(ASKED)
    assert outcome.trigger == "queued"
    assert outcome.values == {
        "position": 1,
        "waiting": 1,
        "minutes": None,
        "number": None,
        "open": True,
        "opens_at": TUESDAY_NOON,
    }
    (row,) = await office.table(handover)
    assert (row["conversation"], row["reason"], row["brief"], row["status"]) == (
        "web:a",
        "asked",
        {"order": "TP1"},
        "waiting",
    )


async def test_the_same_act_again_changes_nothing(office):
    assert await office.perform(ASKED) == await office.perform(ASKED)
    assert len(await office.table(handover)) == len(await office.table(audit)) == 1


async def test_a_chat_keeps_its_place_and_gets_the_newer_brief(office):
    await office.perform(ASKED, key="1")
    await office.perform(ASKED, key="2", chat="web:b")
    again = await office.perform(HandOver("stuck", {"order": "TP2"}), key="3")
    assert (again.values["position"], again.values["waiting"]) == (1, 2)
    rows = [row for row in await office.table(handover) if row["conversation"] == "web:a"]
    assert [(row["reason"], row["brief"], row["priority"]) for row in rows] == [("stuck", {"order": "TP2"}, 1)]


async def test_a_chat_handed_over_many_times_at_once_has_one_place(office):
    found = await asyncio.gather(*(office.perform(ASKED, key=str(number)) for number in range(8)))
    assert {outcome.values["position"] for outcome in found} == {1}
    assert len(await office.table(handover)) == 1


async def test_the_urgent_ones_come_first(office):
    places = {}
    for chat, reason in (("web:a", "asked"), ("web:b", "stuck"), ("web:c", "lost"), ("web:d", "asked")):
        await office.perform(HandOver(reason, {}), key=chat, chat=chat)
    for chat, reason in (("web:a", "asked"), ("web:b", "stuck"), ("web:c", "lost"), ("web:d", "asked")):
        places[chat] = (await office.perform(HandOver(reason, {}), key=chat, chat=chat)).values["position"]
    assert places == {"web:c": 1, "web:b": 2, "web:a": 3, "web:d": 4}


async def close(office, key: str) -> None:
    closed = update(handover).where(handover.c.key == key).values(status="closed", closed_at=1.0)
    await office.database.run(lambda connection: connection.execute(closed))


async def test_after_closing_a_chat_can_be_handed_over_again(office):
    await office.perform(ASKED, key="1")
    await close(office, "1")
    await office.perform(ASKED, key="2")
    assert len(await office.table(handover)) == 2


async def test_an_act_done_again_after_closing_does_not_queue_the_chat_again(office):
    await office.perform(ASKED, key="1")
    await close(office, "1")
    assert (await office.perform(ASKED, key="1")).trigger == "queued"
    assert (await office.perform(ReadDesk())).values["waiting"] == 0


async def test_out_of_hours_it_says_when_somebody_comes(office):
    outcome = await office.perform(ASKED, now=TUESDAY_NOON + 11 * 3600)
    assert (outcome.values["open"], outcome.values["opens_at"]) == (False, TUESDAY_NOON + 20 * 3600)


@pytest.mark.parametrize(
    ("language", "hours"),
    [
        ("zh", "工作日 08:00–22:00，周末 09:00–21:00，法定节假日 休息"),
        ("en", "weekdays 08:00–22:00, weekends 09:00–21:00, public holidays closed"),
    ],
)
async def test_who_can_be_reached(office, language, hours):
    outcome = await office.perform(ReadDesk(), language=language)
    assert outcome.values == {
        "open": True,
        "opens_at": TUESDAY_NOON,
        "hotline": "400-111-2222",
        "hours": hours,
        "email": "support@tepai.example",
        "weibo": "@特派客服",
        "wechat": "特派客服",
        "waiting": 0,
        "here": False,
    }

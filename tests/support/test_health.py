"""What could not be delivered, and how the parts are: as the database and the order service tell it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, update

from bot.desk.reports import Part
from bot.desk.talk import Talks
from bot.errors import HeldByOther, Later, NoSuchThing, OrderServiceDown, Undeliverable
from bot.store.database import Database
from bot.store.support_tables import handover, mail
from bot.store.tables import audit, dead, outbox
from bot.support.health import SLOW, HealthDesk, Watched
from tests.support.floor import LEAD, LI, MEI, Floor, of_team

CHAT = "phone:a"


async def loses_a_message(floor: Floor, chat: str = "a", why: str = "the channel refuses it: 400") -> int:
    """What the bot said to a greeting was given up; returns its seq."""
    floor.phone.refusals = [Undeliverable(why)]
    await floor.says("你好", chat)
    found = await floor.app.workbench.health.dead_letters(LEAD)
    return next(letter.seq for letter in found if letter.conversation == f"phone:{chat}")


async def part(floor: Floor, name: str, **watched: Any) -> Part:
    """As a page that is opened now sees it."""
    what = {"channels": ["phone"], "posts": True, "demo": False, **watched}
    desk = HealthDesk(floor.database, floor.app.workbench.talks, floor.app.gateway, Watched(**what))
    return next(each for each in await desk.parts(MEI) if each.name == name)


# --- dead letters ---------------------------------------------------------------------------------------------------


async def test_a_dead_letter_says_what_and_why(floor: Floor) -> None:
    seq = await loses_a_message(floor)
    (letter,) = await floor.app.workbench.health.dead_letters(MEI)
    assert (letter.conversation, letter.seq, letter.kind) == (CHAT, seq, "message")
    assert letter.why == "the channel refuses it: 400"
    assert letter.preview.startswith("您好")
    assert "\n" not in letter.preview


async def test_sent_again_it_arrives_once(floor: Floor) -> None:
    seq = await loses_a_message(floor)
    again = [floor.app.workbench.health.send_again(MEI, CHAT, seq) for _ in range(3)]
    done = await asyncio.gather(*again, return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["NoSuchThing", "NoSuchThing", "int"]
    await floor.settle()
    assert len(floor.phone.arrived) == 1
    assert await floor.app.workbench.health.dead_letters(MEI) == []
    assert ("mei", "dead_letter_retried") in await floor.audited()


async def test_let_go_it_is_gone_and_the_trail_says_who(floor: Floor) -> None:
    seq = await loses_a_message(floor)
    health = floor.app.workbench.health
    await health.let_go(MEI, CHAT, seq)
    with pytest.raises(NoSuchThing):
        await health.let_go(MEI, CHAT, seq)
    await floor.settle()
    assert floor.phone.arrived == []
    assert [row["actor"] for row in await floor.table(audit) if row["action"] == "dead_letter_dropped"] == ["mei"]


async def test_the_bots_word_is_not_sent_again_into_a_persons_conversation(floor: Floor) -> None:
    seq = await loses_a_message(floor)
    await floor.app.workbench.work.claim(LI, CHAT)
    with pytest.raises(HeldByOther):
        await floor.app.workbench.health.send_again(MEI, CHAT, seq)
    assert len(await floor.table(dead)) == 1


async def test_another_teams_dead_letters_look_like_none(floor: Floor) -> None:
    seq = await loses_a_message(floor)
    await floor.says("转人工")
    await floor.database.run(lambda c: c.execute(update(handover).values(team="care")))
    health, stranger = floor.app.workbench.health, of_team(LI, "orders")
    assert await health.dead_letters(stranger) == []
    for refused in (health.send_again(stranger, CHAT, seq), health.let_go(stranger, CHAT, seq)):
        with pytest.raises(NoSuchThing):
            await refused
    assert len(await health.dead_letters(of_team(LI, "care"))) == 1
    assert len(await health.dead_letters(replace(stranger, role=LEAD.role))) == 1


# --- the parts ------------------------------------------------------------------------------------------------------


async def test_all_is_well(floor: Floor) -> None:
    await floor.says("你好")
    assert [(each.name, each.ok, each.why) for each in await floor.app.workbench.health.parts(MEI)] == [
        ("database", True, ""),
        ("phone", True, ""),
        ("orders", True, ""),
        ("mail", True, "no_server"),
    ]


async def test_a_channel_that_asked_for_a_rest(floor: Floor) -> None:
    floor.phone.refusals = [Later("flood control", after=90, channel_wide=True)]
    await floor.says("你好")
    found = await part(floor, "phone")
    assert (found.ok, found.why, found.trouble, found.waiting) == (False, "paused", "flood control", 1)
    assert found.until == pytest.approx(await floor.now() + 90, abs=20)


async def test_what_waits_too_long_is_seen(floor: Floor) -> None:
    floor.phone.refusals = [Later("not now", after=9_000)]
    await floor.says("你好")
    assert (await part(floor, "phone")).ok
    await floor.passes(SLOW + 5)
    found = await part(floor, "phone")
    (first, *_) = await floor.table(outbox)
    assert (found.ok, found.why, found.waiting, found.oldest) == (False, "slow", 1, pytest.approx(first["at"]))


async def test_what_was_given_up_within_a_day_is_counted(floor: Floor) -> None:
    await loses_a_message(floor)
    found = await part(floor, "phone")
    assert (found.ok, found.why, found.given_up, found.trouble) == (False, "refused", 1, "the channel refuses it: 400")
    await floor.database.run(lambda c: c.execute(update(dead).values(at=dead.c.at - 90_000)))
    assert (await part(floor, "phone")).ok


async def test_mail_that_waits_and_mail_that_was_refused(floor: Floor) -> None:
    now = await floor.now()
    await floor.database.run(lambda c: c.execute(insert(mail), [letter(now, "a", next_at=now + 9)]))
    found = await part(floor, "mail")
    assert (found.ok, found.waiting, found.oldest) == (True, 1, pytest.approx(now))
    await floor.database.run(lambda c: c.execute(update(mail).values(at=now - 1_000, trouble="answers 451")))
    found = await part(floor, "mail")
    assert (found.ok, found.why, found.trouble) == (False, "slow", "answers 451")
    await floor.database.run(lambda c: c.execute(insert(mail), [letter(now, "b", trouble="refuses it: 554")]))
    found = await part(floor, "mail")
    assert (found.ok, found.why, found.given_up, found.trouble) == (False, "refused", 1, "refuses it: 554")


def letter(now: float, reference: str, **more: Any) -> dict[str, Any]:
    empty = {"to_address": "a@b", "reply_to": "", "subject": "s", "body": "b", "next_at": None, "trouble": None}
    return {"reference": reference, "at": now, **empty, **more}


async def test_without_a_mail_server_only_the_demo_is_well(floor: Floor) -> None:
    assert (await part(floor, "mail", posts=False, demo=True)).ok
    found = await part(floor, "mail", posts=False, demo=False)
    assert (found.ok, found.why) == (False, "no_server")


class Away:
    """An order service that does not answer, at once or at all."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent
        self.asked = 0

    async def changes(self, after: int, limit: int) -> list[Any]:
        self.asked += 1
        if self._silent:
            await asyncio.Event().wait()
        raise OrderServiceDown("the order service is away")


def desk_with(gateway: Any, database: Database, talks: Talks) -> HealthDesk:
    return HealthDesk(database, talks, gateway, Watched(["phone"], posts=True, demo=False))


@pytest.mark.parametrize("silent", [False, True])
async def test_an_order_service_that_does_not_answer(
    floor: Floor, silent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.support.health.ANSWER", 0.05)
    desk = desk_with(Away(silent=silent), floor.database, floor.app.workbench.talks)
    found = next(each for each in await desk.parts(MEI) if each.name == "orders")
    assert (found.ok, found.why) == (False, "silent")


async def test_any_number_of_pages_cost_one_look(floor: Floor) -> None:
    gateway = Away(silent=False)
    desk = desk_with(gateway, floor.database, floor.app.workbench.talks)
    await asyncio.gather(*(desk.parts(MEI) for _ in range(20)))
    assert gateway.asked == 1


async def test_when_the_database_is_away_nothing_else_is_claimed(floor: Floor) -> None:
    desk = desk_with(floor.app.gateway, floor.database, floor.app.workbench.talks)
    await floor.database.close()
    (found,) = await desk.parts(MEI)
    assert (found.name, found.ok, found.why) == ("database", False, "silent")
    assert found.trouble.startswith("the database")

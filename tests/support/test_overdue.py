"""What is overdue: the leads hear of it once a breach, by mail, and never a customer's words."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import insert, update

from bot.desk.people import Agent, Role
from bot.desk.tickets import TicketState
from bot.store.database import Database
from bot.store.staff_tables import staff
from bot.store.support_tables import handover, mail, ticket
from bot.store.tables import lease
from bot.support.mail import SmtpMailer
from bot.support.overdue import Watchman
from bot.support.postman import Postman
from tests.conftest import Clock
from tests.support.conftest import MailServer
from tests.support.floor import LEAD, MEI, Floor

WORDS = "骑手 13800138000 把箱子摔坏了"
EN_LEAD = Agent("kim", "Kim", Role.LEAD, "en")
CHAT = "phone:a"


@pytest.fixture
async def late(floor: Floor) -> Floor:
    """A ticket and a waiting customer, both due an hour ago; two leads, and others who are none."""
    await floor.seed()
    await floor.hires(LEAD, EN_LEAD, MEI, replace(LEAD, id="gone", active=False), replace(LEAD, id="none"))
    for id in ("zhou", "kim", "mei", "gone"):
        address = f"{id}@tepai.example"
        await floor.database.run(
            lambda c, a=address, i=id: c.execute(update(staff).where(staff.c.id == i).values(email=a))
        )
    await floor.comes("lin")
    await floor.app.workbench.tickets.open(MEI, "o", CHAT, "complaint", WORDS, "")
    await floor.says("转人工")
    now = await floor.now()
    for table in (ticket, handover):
        await floor.database.run(lambda c, t=table: c.execute(update(t).values(due_at=now - 3_600)))
    return floor


def watchman(floor: Floor, *, posts: bool = True, more: Any = ()) -> Watchman:
    return Watchman(floor.database, floor.app.engine.texts, more, (lambda: None) if posts else None)


async def delivered(floor: Floor, mail_server: MailServer) -> dict[str, EmailMessage]:
    """Every mail that is due, through the mail server, by address."""
    mailer = SmtpMailer("127.0.0.1", mail_server.port, "bot@tepai.example", security="none")
    while await Postman(floor.database, mailer).deliver_next():
        pass
    return {str(found["To"]): found for found in mail_server.mails}


async def test_the_leads_hear_it_in_their_language_without_a_customers_word(
    late: Floor, mail_server: MailServer
) -> None:
    assert await watchman(late, more=[("boss@tepai.example", "zh")]).look()
    mails = await delivered(late, mail_server)
    assert set(mails) == {"zhou@tepai.example", "kim@tepai.example", "boss@tepai.example"}
    (row,) = await late.table(ticket)
    for found in mails.values():
        whole = str(found["Subject"]) + found.get_content()
        assert row["number"] in whole
        assert not any(secret in whole for secret in (WORDS, "13800138000", "lin", CHAT))
    assert mails["zhou@tepai.example"]["Subject"] == "已超时：1 个工单，1 位客户在等人工"
    assert mails["kim@tepai.example"]["Subject"] == "Overdue: 1 ticket(s), 1 customer(s) waiting for a person"
    assert "（投诉）" in mails["zhou@tepai.example"].get_content()
    assert "(complaint)" in mails["kim@tepai.example"].get_content()


async def test_once_a_breach_and_again_for_the_next(late: Floor) -> None:
    assert await watchman(late).look()
    assert not await watchman(late).look()
    assert len(await late.table(mail)) == 2
    (row,) = await late.table(ticket)
    office = late.app.workbench.tickets
    await office.due(MEI, "d", row["number"], await late.now() + 60)
    assert not await watchman(late).look()
    await late.database.run(lambda c: c.execute(update(ticket).values(due_at=ticket.c.due_at - 120)))
    assert await watchman(late).look()
    assert len(await late.table(mail)) == 4


async def test_many_processes_tell_it_once(late: Floor) -> None:
    others = [late.another() for _ in range(3)]
    watchmen = [Watchman(app.database, app.engine.texts, (), None) for app in [late.app, *others]]
    for _ in range(3):
        await asyncio.gather(*(each.look() for each in watchmen))
    assert len(await late.table(mail)) == 2


@pytest.mark.parametrize("state", ["closed", "taken", "answered", "proposed"])
async def test_what_is_done_or_not_ours_is_not_late(late: Floor, state: str) -> None:
    (row,) = await late.table(ticket)
    office = late.app.workbench.tickets
    if state in set(TicketState):
        await office.move(MEI, "m", row["number"], TicketState(state), "w")
        await late.database.run(lambda c: c.execute(update(handover).values(due_at=None)))
    else:
        await late.app.workbench.work.claim(MEI, CHAT)
        await late.database.run(lambda c: c.execute(update(ticket).values(due_at=None)))
    assert not await watchman(late).look()


async def test_without_a_mail_server_they_wait_in_the_outbox(late: Floor) -> None:
    assert await watchman(late, posts=False).look()
    assert {row["next_at"] for row in await late.table(mail)} == {None}


async def test_more_than_one_transaction_takes_are_all_told(floor: Floor) -> None:
    now = await floor.now()
    same = {"conversation": CHAT, "about": "other", "words": "w", "attachments": [], "state": "open", "opened_at": now}
    rows = [{"number": f"T{n}", "key": f"{n}", "due_at": now - n - 1, **same} for n in range(450)]
    await floor.database.run(lambda c: c.execute(insert(ticket), rows))
    looks = 0
    while await watchman(floor, more=[("a@b.example", "en")]).look():
        looks += 1
    assert looks == 3
    bodies = "\n".join(row["body"] for row in await floor.table(mail))
    assert all(f"ticket T{n} (" in bodies for n in range(450))


async def test_it_runs_beside_the_product_and_wakes_the_postman(late: Floor) -> None:
    woken = asyncio.Event()
    running = asyncio.create_task(Watchman(late.database, late.app.engine.texts, (), woken.set).run())
    await asyncio.wait_for(woken.wait(), 10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert len(await late.table(mail)) == 2


async def test_an_idle_one_writes_nothing(database: Database, clock: Clock) -> None:
    floor = Floor(database.url, clock)
    assert not await watchman(floor).look()
    assert await floor.table(lease) == []
    await floor.close()

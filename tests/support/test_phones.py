"""Telegram accounts of members of staff, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.desk.people import Agent
from bot.errors import Later, NotTaken, SignInRefused
from bot.store.database import Database
from bot.store.staff_tables import staff, staff_link
from bot.store.tables import audit
from bot.support.phones import LINK_SECONDS, StaffPhones
from tests.support.staffing import OPERATOR, PASSWORD, Team

ACCOUNT = 4242


async def address(token: str) -> str:
    return f"https://t.me/bot?start=staff-{token}"


def token_of(link: str) -> str:
    return link.partition("staff-")[2]


@pytest.fixture
async def team(database: Database) -> Team:
    return Team(database)


@pytest.fixture
async def phones(database: Database) -> StaffPhones:
    return StaffPhones(database, address)


@pytest.fixture
async def li(team: Team) -> Agent:
    return (await team.come()).agent


@pytest.fixture
async def wang(team: Team) -> Agent:
    return (await team.come("wang")).agent


async def offered(phones: StaffPhones, agent: Agent) -> str:
    return token_of(await phones.offer(agent))


async def refused(phones: StaffPhones, token: str, account: int = ACCOUNT) -> None:
    with pytest.raises(SignInRefused):
        await phones.link(token, account)


async def linked(phones: StaffPhones, account: int = ACCOUNT) -> str:
    found = await phones.member(account)
    return found.id if found else ""


async def test_a_link_makes_an_account_ones_own_once(phones: StaffPhones, li: Agent, team: Team) -> None:
    token = await offered(phones, li)
    assert not await phones.is_linked(li) and await linked(phones) == ""
    assert (await phones.link(token, ACCOUNT)).id == "li"
    assert await phones.is_linked(li) and await linked(phones) == "li"
    await refused(phones, token, 1)
    assert (await phones.link(token, ACCOUNT)).id == "li", "the same update once more"
    assert [row["action"] for row in await team.rows(audit)].count("phone_linked") == 1


async def test_it_works_once_however_many_open_it_at_once(phones: StaffPhones, li: Agent) -> None:
    token = await offered(phones, li)
    came = await asyncio.gather(*(phones.link(token, account) for account in range(8)), return_exceptions=True)
    assert sum(isinstance(each, SignInRefused) for each in came) == 7


@pytest.mark.parametrize("token", ["", "forged", "0" * 43, "' OR 1=1 --", "\x00"])
async def test_a_forged_one_is_refused(phones: StaffPhones, li: Agent, token: str) -> None:
    await offered(phones, li)
    await refused(phones, token)


async def test_it_expires(phones: StaffPhones, li: Agent, team: Team) -> None:
    token = await offered(phones, li)
    await team.passes(LINK_SECONDS + 1)
    await refused(phones, token)


async def test_a_newer_one_and_a_new_password_void_it(phones: StaffPhones, li: Agent, team: Team) -> None:
    first, second = await offered(phones, li), await offered(phones, li)
    await refused(phones, first)
    begun = await team.enter()
    await team.staff.change_password(begun.agent, PASSWORD, PASSWORD + "!", begun.token)
    await refused(phones, second)


async def test_one_to_sign_in_links_nothing_and_the_other_way_round(phones: StaffPhones, li: Agent, team: Team) -> None:
    await refused(phones, await team.staff.new_link(OPERATOR, "li"))
    with pytest.raises(SignInRefused):
        await team.staff.sign_in_by_link(await offered(phones, li), "")


async def test_an_account_is_one_colleagues_only(phones: StaffPhones, li: Agent, wang: Agent) -> None:
    await phones.link(await offered(phones, li), ACCOUNT)
    token = await offered(phones, wang)
    with pytest.raises(NotTaken, match="phone_of_other"):
        await phones.link(token, ACCOUNT)
    assert await linked(phones) == "li"
    await phones.unlink(li)
    await phones.link(token, ACCOUNT)
    assert await linked(phones) == "wang", "the refusal has not used it up"


async def test_another_account_replaces_the_one_before(phones: StaffPhones, li: Agent) -> None:
    await phones.link(await offered(phones, li), ACCOUNT)
    await phones.link(await offered(phones, li), 7)
    assert (await linked(phones), await linked(phones, 7)) == ("", "li")


async def test_who_no_longer_works_here_answers_nobody(phones: StaffPhones, li: Agent, wang: Agent, team: Team) -> None:
    await phones.link(await offered(phones, li), ACCOUNT)
    token = await offered(phones, li)
    await team.staff.edit(OPERATOR, replace(li, active=False))
    assert await linked(phones) == ""
    await refused(phones, token, 7)
    await phones.link(await offered(phones, wang), ACCOUNT)
    assert await linked(phones) == "wang", "the account is free again"


async def test_unlinking_ends_it_and_the_links_that_wait(phones: StaffPhones, li: Agent, team: Team) -> None:
    await phones.link(await offered(phones, li), ACCOUNT)
    token = await offered(phones, li)
    for _ in range(2):
        await phones.unlink(li)
    assert await linked(phones) == "" and not await phones.is_linked(li)
    await refused(phones, token)
    assert [row["action"] for row in await team.rows(audit)].count("phone_unlinked") == 1


async def test_neither_a_token_nor_an_account_stands_where_it_need_not(
    phones: StaffPhones, li: Agent, team: Team
) -> None:
    token = await offered(phones, li)
    await phones.link(token, ACCOUNT)
    written = str([await team.rows(staff_link), await team.rows(audit)])
    assert token not in written and str(ACCOUNT) not in written
    assert [row["telegram"] for row in await team.rows(staff)] == [str(ACCOUNT)]


async def test_where_telegram_cannot_be_asked_nothing_is_kept(database: Database, li: Agent, team: Team) -> None:
    async def away(_: str) -> str:
        raise Later("Telegram cannot be reached")

    before = len(await team.rows(staff_link))
    with pytest.raises(Later):
        await StaffPhones(database, away).offer(li)
    assert len(await team.rows(staff_link)) == before

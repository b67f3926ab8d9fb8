"""Linking one's Telegram account at the desk, through real sockets."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from bot.errors import Later
from bot.store.database import Database
from bot.support.phones import StaffPhones
from tests.desk.office import Member, Office

ME = "/desk/me"
ADDRESS = "https://t.me/tepai_test_bot?start=staff-"


class Way:
    """To Telegram, which may be away."""

    away = False

    async def __call__(self, token: str) -> str:
        if self.away:
            raise Later("Telegram cannot be reached")
        return ADDRESS + token


@pytest.fixture
def way() -> Way:
    return Way()


@pytest.fixture
async def office(sqlite_url: str, way: Way) -> AsyncIterator[Office]:
    office = Office(sqlite_url, phones=StaffPhones(Database(sqlite_url), way))
    office.start()
    yield office
    office.stop()
    await office.outside.close()


async def test_a_link_is_shown_once_linked_and_unlinked(office: Office, way: Way, li: Member) -> None:
    assert "t.me" not in (await li.get(ME))[1]
    status, page = await li.post(f"{ME}/telegram")
    (token,) = re.findall(re.escape(ADDRESS) + r"([\w-]{43})\"", page)
    assert status == 200
    assert token not in (await li.get(ME))[1], "only where it was asked for"
    await StaffPhones(office.outside, way).link(token, 42)
    assert "您在客服群话题里发的内容会以您的名义发给客户" in (await li.get(ME))[1]
    assert await li.post(f"{ME}/telegram/unlink") == (303, f"{ME}?done=unlinked")
    page = (await li.get(f"{ME}?done=unlinked"))[1]
    assert "已取消关联" in page and "关联自己的 Telegram 后" in page


async def test_while_telegram_is_away_that_is_said(way: Way, li: Member) -> None:
    way.away = True
    status, page = await li.post(f"{ME}/telegram")
    assert status == 503 and "暂时连不上 Telegram" in page


async def test_another_site_links_nothing(li: Member) -> None:
    for path in (f"{ME}/telegram", f"{ME}/telegram/unlink"):
        assert (await li.post(path, Origin="https://elsewhere.example"))[0] == 403


async def test_where_staff_have_no_group_there_is_nothing_to_link(sqlite_url: str) -> None:
    office = Office(sqlite_url)
    office.start()
    async with await office.comes() as li:
        assert "Telegram" not in (await li.get(ME))[1]
        for path in (f"{ME}/telegram", f"{ME}/telegram/unlink"):
            assert (await li.post(path))[0] == 404
    office.stop()
    await office.outside.close()

"""A process is killed while an agent does something: it is done wholly or not at all, and once when asked again."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from bot.desk.work import Reply
from bot.orders.sql.tables import orders as order_table
from bot.store.tables import conversation
from tests.support.floor import LI, MEI, Floor
from tests.support.mortal import AFTER_ACT, AFTER_KEEPING, BEFORE_KEEPING

CHAT = "phone:a"


@pytest.fixture
async def asked(floor: Floor) -> Floor:
    """Lin has asked for a person."""
    await floor.seed()
    await floor.comes("lin")
    await floor.says("转人工")
    return floor


def _killed(floor: Floor, when: str, what: str) -> None:
    command = [sys.executable, "-m", "tests.support.mortal", floor.url, str(floor.clock.now), when, what]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


async def test_killed_before_a_claim_is_kept_nobody_has_it(asked: Floor) -> None:
    _killed(asked, BEFORE_KEEPING, "claim")
    await asked.app.workbench.work.claim(LI, CHAT)
    await asked.settle()
    assert asked.heard().count("common.staff.taken") == 1
    assert (await asked.table(conversation))[0]["owner"] == "li"


async def test_killed_right_after_a_claim_it_is_theirs_and_the_customer_hears_so(asked: Floor) -> None:
    _killed(asked, AFTER_KEEPING, "claim")
    await asked.settle()
    await asked.app.workbench.work.claim(MEI, CHAT)
    await asked.settle()
    assert asked.heard().count("common.staff.taken") == 1
    assert (await asked.queue())[0].agent == "mei"


@pytest.mark.parametrize("when", [BEFORE_KEEPING, AFTER_KEEPING])
async def test_a_reply_arrives_once_when_the_page_sends_it_again(asked: Floor, when: str) -> None:
    _killed(asked, when, "reply")
    await asked.settle()
    again = await asked.app.workbench.work.reply(MEI, CHAT, Reply("r1", "我来帮您"))
    await asked.settle()
    assert again.duplicate is (when == AFTER_KEEPING)
    assert asked.heard().count("我来帮您") == 1
    assert asked.heard().count("common.staff.taken") == 1


async def test_an_act_on_an_order_is_noted_done_and_told_once(asked: Floor) -> None:
    number = next(card.number for card in await asked.app.workbench.orders.orders(MEI, CHAT) if "tip" in card.may)
    price = await _price(asked, number)
    _killed(asked, AFTER_ACT, number)
    assert await _price(asked, number) == price + 500
    assert ("mei", "order_tip") in await asked.audited()
    done = await asked.app.workbench.orders.tip(MEI, CHAT, "t1", number, amount=500, tell=True)
    await asked.settle()
    assert done.ok
    assert await _price(asked, number) == price + 500
    assert asked.heard().count("common.staff.did.tipped") == 1


async def _price(floor: Floor, number: str) -> int:
    return next(int(row["price"]) for row in await floor.table(order_table) if row["number"] == number)

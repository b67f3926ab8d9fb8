"""While something is done for a customer they see it, if it takes longer than a moment."""

from __future__ import annotations

import asyncio

import pytest

from bot.dialogue.effects import Outcome
from bot.orders.effects import CancelOrder
from bot.performer import Scope
from bot.runtime import typing
from tests.telegram.customer import Customer
from tests.telegram.server import Refuse
from tests.telegram.tepai import Tepai

SCOPE = Scope("telegram:7", None, "zh", 0.0)
EFFECT = CancelOrder("TP1", 200, "late")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typing, "A_MOMENT", 0.01)
    monkeypatch.setattr(typing, "AGAIN", 0.01)


async def test_typing_shows_again_and_again_until_it_is_done(hooked: Tepai, mei: Customer) -> None:
    async def slow(effect: CancelOrder, scope: Scope) -> Outcome:
        while mei.chat.typing < 3:
            await hooked.api.updates.looked()
        return Outcome("cancelled")

    performers = typing.shown({CancelOrder: slow}, {"telegram": hooked.adapter.channel.typing})
    assert await performers[CancelOrder](EFFECT, SCOPE) == Outcome("cancelled")
    await hooked.adapter.channel.aside.settle()
    shown = mei.chat.typing
    await asyncio.sleep(0.05)
    assert mei.chat.typing == shown


async def test_what_is_done_at_once_shows_nothing(hooked: Tepai, mei: Customer) -> None:
    async def quick(effect: CancelOrder, scope: Scope) -> Outcome:
        return Outcome("cancelled")

    performers = typing.shown({CancelOrder: quick}, {"telegram": hooked.adapter.channel.typing})
    await performers[CancelOrder](EFFECT, SCOPE)
    await performers[CancelOrder](EFFECT, Scope("web:7", None, "zh", 0.0))
    await asyncio.sleep(0.03)
    assert mei.chat.typing == 0


async def test_a_refused_sign_and_a_failing_act_disturb_nobody(hooked: Tepai, mei: Customer) -> None:
    begun = asyncio.Event()

    async def failing(effect: CancelOrder, scope: Scope) -> Outcome:
        await begun.wait()
        raise ValueError("a defect")

    async def show(address: object) -> None:
        begun.set()
        raise RuntimeError("no sign")

    hooked.api.fail("sendChatAction", Refuse(403, "Forbidden: bot was blocked by the user"))
    with pytest.raises(ValueError, match="a defect"):
        await typing.shown({CancelOrder: failing}, {"telegram": show})[CancelOrder](EFFECT, SCOPE)

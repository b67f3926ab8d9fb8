"""One access token for all processes: fetched once, ahead of its end, replaced when refused, never shown."""

from __future__ import annotations

import asyncio
import logging

import pytest

from adapters.wechat.problems import ApiRefused
from tests.conftest import Clock
from tests.wechat.household import OPENID, Household, texts
from tests.wechat.platform import SECRET, Platform


async def test_many_processes_with_a_cold_cache_fetch_once(household: Household, wechat: Platform) -> None:
    adapters = [household.adapter() for _ in range(5)]
    wechat.customer(OPENID)
    await asyncio.gather(*(adapter.channel.api.typing(OPENID) for adapter in adapters * 8))
    assert wechat.tokens.fetches == 1
    assert wechat.errors == {}
    for adapter in adapters:
        await adapter.channel.close()


async def test_it_is_renewed_before_it_ends(household: Household, wechat: Platform, clock: Clock) -> None:
    house = await household.open()
    api = house.adapter.channel.api
    await api.typing(OPENID)
    clock.forward(7200 - 250)
    await api.typing(OPENID)
    assert wechat.tokens.fetches == 1
    clock.forward(20)
    await api.typing(OPENID)
    assert wechat.tokens.fetches == 2
    clock.forward(400)
    await api.typing(OPENID)
    assert wechat.tokens.fetches == 2
    assert wechat.errors == {}


async def test_while_it_cannot_be_renewed_the_old_one_serves(
    household: Household, wechat: Platform, clock: Clock
) -> None:
    house = await household.open()
    api = house.adapter.channel.api
    await api.typing(OPENID)
    clock.forward(7200 - 100)
    held: list[str] = []

    async def refuse_tokens(path: str) -> None:
        wechat.mood = "busy" if path == "stable_token" else "up"
        held.append(path)

    wechat.before_answer = refuse_tokens
    await api.typing(OPENID)
    assert held == ["stable_token", "message/custom/typing"]
    clock.forward(200)
    with pytest.raises(ApiRefused):
        await api.typing(OPENID)


async def test_a_token_that_somebody_else_renewed_is_looked_up(household: Household, wechat: Platform) -> None:
    one, other = household.adapter(), household.adapter()
    await one.channel.api.typing(OPENID)
    await other.channel.api.typing(OPENID)
    wechat.tokens.revoke()
    await one.channel.api.typing(OPENID)
    fetches = wechat.tokens.fetches
    await other.channel.api.typing(OPENID)
    assert wechat.tokens.fetches == fetches == 2
    assert wechat.tokens.forced == []
    for adapter in (one, other):
        await adapter.channel.close()


async def test_the_same_token_again_is_replaced_by_force_and_only_once(
    household: Household, wechat: Platform, clock: Clock
) -> None:
    house = await household.open()
    api = house.adapter.channel.api
    await api.typing(OPENID)
    broken = wechat.tokens.newest
    wechat.tokens.check = lambda token, now: 40001 if token == broken else 0  # type: ignore[method-assign]
    await asyncio.gather(*(api.typing(OPENID) for _ in range(20)))
    assert len(wechat.tokens.forced) == 1
    assert len(wechat.typed) == 21


async def test_a_lasting_refusal_does_not_use_up_the_day(household: Household, wechat: Platform, clock: Clock) -> None:
    house = await household.open()
    api = house.adapter.channel.api
    wechat.tokens.check = lambda token, now: 42001  # type: ignore[method-assign]
    for _ in range(30):
        with pytest.raises(ApiRefused):
            await api.typing(OPENID)
        clock.forward(1)
    assert wechat.tokens.fetches <= 6
    assert len(wechat.tokens.forced) <= 1


async def test_a_message_refused_for_its_token_is_sent_once(household: Household, wechat: Platform) -> None:
    house = await household.open()
    await wechat.says(OPENID, "hello")
    wechat.tokens.revoke()
    await house.news()
    async with asyncio.timeout(5):
        while len(texts(wechat)) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert texts(wechat)[1:] == ["2: woke news []"]


async def test_neither_token_nor_secret_is_ever_told(
    household: Household, wechat: Platform, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    house = await household.open()
    api = house.adapter.channel.api
    await api.typing(OPENID)
    token, told = wechat.tokens.newest, []
    for mood in ("busy", "down", "html", "blocked"):
        wechat.mood = mood
        for call in (api.typing(OPENID), api._fetch_token(False), api.media("m"), api.send_text(OPENID, "hi")):
            with pytest.raises(ApiRefused) as caught:
                await call
            told.append(repr(caught.value))
            assert caught.value.__cause__ is None
    shown = capsys.readouterr()
    everything = "\n".join([*told, caplog.text, shown.out, shown.err])
    assert token not in everything
    assert SECRET not in everything

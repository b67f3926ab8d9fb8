"""Every conversation script, in both languages, through the strict WeChat server: pushes in, answers and calls out."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.bootstrap import dialogue
from bot.config import load as load_settings
from bot.dialogue.engine import Engine
from tests.conversations.ground import DAY, Clock, Ground, prepare
from tests.conversations.playing import Player
from tests.conversations.script import LANGUAGES, Script, load
from tests.wechat.driving import Stage
from tests.wechat.platform import Platform
from tests.wechat.serving import Serving

EVERY = [pytest.param(script, language, id=f"{script.name}-{language}") for script in load() for language in LANGUAGES]

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return dialogue(load_settings(environ={"TEPAI_SECRET": "a secret of the tests"}))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ground(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    made = await prepare(tmp_path_factory.mktemp("seeded") / "tepai.db")
    yield made
    await made.database.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage() -> AsyncIterator[Stage]:
    wechat, serving = Platform(Clock(DAY.timestamp())), Serving()
    await wechat.start()
    yield Stage(wechat, serving)
    await serving.stop()
    await wechat.stop()


@pytest.mark.parametrize(("script", "language"), EVERY)
async def test_script_on_wechat(script: Script, language: str, engine: Engine, ground: Ground, stage: Stage) -> None:
    around, driver, adapter = await stage.enter(script, language, engine, ground)
    try:
        await Player(script, language, around, driver, engine.texts).play()
    finally:
        await adapter.close()


async def test_a_menu_in_chinese_does_not_make_a_customer_chinese(engine: Engine, ground: Ground, stage: Stage) -> None:
    script = next(script for script in load() if script.name == "wait_and_be_told")
    _, driver, adapter = await stage.enter(script, "en", engine, ground)
    for say in (lambda: driver.tap_menu("常见问题"), lambda: driver.say("hello"), lambda: driver.tap_menu("我的订单")):
        await say()
        assert {message.language for message in await driver.answers()} == {"en"}
    await adapter.close()


@pytest.mark.parametrize(
    "answer", ["1", "１", "一", "①", "第一个", "第一", "1.", "回复1", "选1", "继续等，有动静通知我"]
)
async def test_a_numbered_choice_is_understood(answer: str, engine: Engine, ground: Ground, stage: Stage) -> None:
    script = next(script for script in load() if script.name == "wait_and_be_told")
    around, driver, adapter = await stage.enter(script, "zh", engine, ground)
    await driver.open_link(around.links.make("lin"))
    await driver.answers()
    await driver.say("我的订单怎么一直等待确认")
    (question,) = (message for message in await driver.answers() if message.choices)
    assert question.choices[0].label in answer or len(answer) < 6
    await driver.say(answer)
    assert "pending_order.watching" in [message.key for message in await driver.answers()]
    await adapter.close()

"""Every conversation script once more, through Telegram: Chinese customers by webhook, English ones by polling."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette

from bot.bootstrap import dialogue
from bot.config import load as load_settings
from bot.dialogue.engine import Engine
from tests.conversations.ground import Ground, prepare
from tests.conversations.playing import Player
from tests.conversations.script import LANGUAGES, Script, load
from tests.conversations.world import world
from tests.telegram.driver import Overheard, TelegramDriver
from tests.telegram.server import BotApi
from tests.telegram.tepai import Door, adapter

SCRIPTS = load()
EVERY = [pytest.param(script, language, id=f"{script.name}-{language}") for script in SCRIPTS for language in LANGUAGES]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return dialogue(load_settings(environ={"TEPAI_SECRET": "a secret of the tests"}))


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    made = asyncio.run(prepare(tmp_path_factory.mktemp("seeded") / "tepai.db"))
    yield made
    asyncio.run(made.database.close())


@pytest.mark.parametrize(("script", "language"), EVERY)
async def test_script(script: Script, language: str, engine: Engine, ground: Ground, api: BotApi) -> None:
    door = Door() if language == "zh" else None
    telegram = adapter(api, ground.database, door.url if door else None)
    overheard = Overheard(telegram)
    stalls = any(step.order_service == "silent" for step in script.talk)
    around = await world(ground, engine, script.at, stalls=stalls, channel=overheard)
    telegram.connect(around.runtime)
    if door is not None:
        await door.open(Starlette(routes=telegram.routes()))
    await telegram._announcer.announce()
    driver = TelegramDriver(api, telegram, door, overheard, around.runtime)
    driver.speaks(language)
    try:
        await Player(script, language, around, driver, engine.texts).play()
    finally:
        await telegram.close()
        if door is not None:
            await door.close()

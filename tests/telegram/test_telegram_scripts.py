"""Every conversation script once more, through Telegram: Chinese customers by webhook, English ones by polling."""

from __future__ import annotations

import pytest

from bot.dialogue.engine import Engine
from tests.conversations.ground import Ground
from tests.conversations.playing import Player
from tests.conversations.script import LANGUAGES, Script, load
from tests.telegram.driver import through_telegram
from tests.telegram.server import BotApi

SCRIPTS = load()
EVERY = [pytest.param(script, language, id=f"{script.name}-{language}") for script in SCRIPTS for language in LANGUAGES]


@pytest.mark.parametrize(("script", "language"), EVERY)
async def test_script(script: Script, language: str, engine: Engine, ground: Ground, api: BotApi) -> None:
    stalls = any(step.order_service == "silent" for step in script.talk)
    async with through_telegram(api, ground, engine, language, at=script.at, stalls=stalls) as (around, driver):
        await Player(script, language, around, driver, engine.texts).play()

"""Plays every script of this folder in both languages, and sees that together they walk every way there is."""

from __future__ import annotations

import pytest

from bot.dialogue.engine import Engine
from tests.conversations.driver import RuntimeDriver
from tests.conversations.ground import Ground
from tests.conversations.playing import Player
from tests.conversations.script import LANGUAGES, Script, load
from tests.conversations.walking import Walked
from tests.conversations.world import world

SCRIPTS = load()
EVERY = [pytest.param(script, language, id=f"{script.name}-{language}") for script in SCRIPTS for language in LANGUAGES]


async def play(script: Script, language: str, engine: Engine, ground: Ground) -> None:
    stalls = any(step.order_service == "silent" for step in script.talk)
    around = await world(ground, engine, script.at, stalls=stalls)
    driver = RuntimeDriver(around.runtime, around.phone, language)
    await Player(script, language, around, driver, engine.texts).play()


@pytest.mark.parametrize(("script", "language"), EVERY)
async def test_script(script: Script, language: str, engine: Engine, ground: Ground, walked: Walked) -> None:
    await play(script, language, engine, ground)
    walked.scripts.add((script.name, language))


async def test_every_transition_is_walked(engine: Engine, ground: Ground, walked: Walked) -> None:
    """Run alone, it plays what the tests above would have played."""
    for script in SCRIPTS:
        if not walked.scripts & {(script.name, language) for language in LANGUAGES}:
            await play(script, "zh", engine, ground)
    missing = walked.not_walked()
    assert not missing, "no script walks\n" + "\n".join(missing)

"""The desk's own texts: the same in both languages, and one for everything that can come."""

from __future__ import annotations

import pytest

from bot.bootstrap import dialogue
from bot.config import load
from bot.orders.evidence import Cause
from bot.orders.model import Refusal
from bot.store.seeing import TOLD_OF
from bot.support.words import Words, own_texts


@pytest.fixture(scope="module")
def words() -> Words:
    engine = dialogue(load(environ={"TEPAI_SECRET": "a secret of the tests"}))
    return Words(engine.book, engine.texts)


def test_both_languages_say_the_same() -> None:
    zh, en = own_texts("zh"), own_texts("en")
    assert zh.keys() == en.keys()
    for key, text in zh.items():
        assert sorted(name for _, name, _ in text.wordings[0] if name) == sorted(
            name for _, name, _ in en[key].wordings[0] if name
        ), key


@pytest.mark.parametrize("language", ["zh", "en"])
def test_there_is_a_text_for_everything_that_can_come(words: Words, language: str) -> None:
    for cause in Cause:
        assert words.say(f"staff.cause.{cause}", language, {}, 0.0)
    for refusal in Refusal:
        said = words.say("staff.did.refused", language, {"refusal": refusal.value}, 0.0)
        assert refusal.value not in said
    for action in TOLD_OF:
        assert words.say(f"staff.tried.{action}", language, {"actor": "mei", "order": "TP1", "subject": "T1"}, 0.0)


def test_a_missing_value_says_nothing_rather_than_failing(words: Words) -> None:
    assert words.say("staff.value.time", "zh", {}, 0.0) == ""
    assert words.say("staff.no.such.text", "zh", {}, 0.0) == ""
    assert words.wish({"doing": {"flow": "gone", "slots": {}}}, "zh", 0.0) == ""

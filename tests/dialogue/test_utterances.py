"""The table of what customers say (utterances.yaml), read by the rules with the project's own words and examples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.dialogue.reading import SURE
from bot.dialogue.rules import Rules
from bot.dialogue.understanding import Intent, Option

TABLE = yaml.safe_load((Path(__file__).parent / "utterances.yaml").read_text(encoding="utf-8"))
ENOUGH = 0.95


def named(intent: Intent) -> str:
    name, value = next(iter(intent.slots.items()), ("", ""))
    return f"{intent.flow}/{name if value is True else value}".rstrip("/")


def wishes() -> Iterator[tuple[str, str]]:
    for wish, texts in TABLE["intents"].items():
        yield from ((text, wish) for text in texts)


def choices() -> Iterator[tuple[list[Option], bool, str, str | None]]:
    for group in TABLE["choices"]:
        options = [Option(o["key"], o["label"], tuple(o.get("also", ()))) for o in group["question"]]
        for key in (*(option.key for option in options), "none"):
            for text in group.get(key, ()):
                yield options, group.get("safety", False), str(text), None if key == "none" else key


def chosen(rules: Rules, text: str, options: list[Option]) -> str | None:
    place = rules.choose(text, options)
    return None if place is None else options[place].key


def report(wrong: list[Any], total: int) -> None:
    assert total, "the table is empty"
    assert 1 - len(wrong) / total >= ENOUGH, "\n".join(map(str, wrong))


def test_the_table_is_large_enough() -> None:
    total = len(list(wishes())) + sum(map(len, TABLE["commands"].values())) + len(list(choices()))
    assert total >= 150


def test_wishes_are_understood_and_followed(rules: Rules) -> None:
    wrong = []
    for text, wish in wishes():
        found = rules.intents(text)
        if not found or named(found[0]) != wish or found[0].score < SURE:
            wrong.append((text, wish, [(named(i), i.score) for i in found[:3]]))
    report(wrong, len(list(wishes())))


def test_no_wish_is_followed_where_there_is_none(rules: Rules) -> None:
    sure = {text: found[:2] for text in TABLE["nothing"] if (found := rules.intents(text)) and found[0].score >= SURE}
    assert not sure


def test_commands_are_understood(rules: Rules) -> None:
    cases = [(text, name) for name, texts in TABLE["commands"].items() for text in texts]
    wrong = [
        (text, name, found)
        for text, name in cases
        if (found := rules.command(text)) != (None if name == "none" else name)
    ]
    report(wrong, len(cases))


def test_choices_are_understood(rules: Rules) -> None:
    wrong = [
        (text, key, found) for options, _, text, key in choices() if (found := chosen(rules, text, options)) != key
    ]
    report(wrong, len(list(choices())))


@pytest.mark.parametrize(
    ("options", "text", "key"),
    [
        pytest.param(options, text, key, id=f"{options[0].key}-{text}")
        for options, safety, text, key in choices()
        if safety and key != "affirm"
    ],
)
def test_nothing_but_a_clear_yes_confirms_a_cancellation(
    rules: Rules, options: list[Option], text: str, key: str | None
) -> None:
    assert chosen(rules, text, options) != "affirm"

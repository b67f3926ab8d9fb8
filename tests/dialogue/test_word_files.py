"""The word lists, examples and frequent questions as files: complete, without contradictions, and clear when wrong."""

from __future__ import annotations

import shutil
import string
from collections import defaultdict
from pathlib import Path

import pytest

from bot.dialogue.examples import Example, load_examples
from bot.dialogue.lexicon import HERE, LANGUAGES, load_lexicon
from bot.dialogue.rules import Rules
from bot.errors import FlowError
from flows.faq.answers import FOLDER, PLACEHOLDERS, FaqAnswer, load

ANSWERS = load()
EXPECTED_FLOWS = {
    "greet", "help", "pending_order", "cancel_order", "fix_order", "track_order", "escalate", "identify", "ticket",
    "complaint", "faq", "queue",
}  # fmt: skip
FREQUENT = {
    "what_is_pending", "why_pending", "how_to_cancel", "cannot_cancel", "avoid_pending", "parcel_lost", "late_delivery",
    "fees", "fee_dispute", "returns", "quicker", "couriers", "complaints", "points", "refund_time", "contact", "hours",
    "privacy", "languages",
}  # fmt: skip
FOLLOW_UPS = {"human", "complaint:complaint", "complaint:suggestion", "complaint:lost_parcel", "complaint:return",
              "complaint:fee_dispute"}  # fmt: skip


def test_every_flow_has_enough_wordings_in_both_languages(examples: list[Example]) -> None:
    counts: defaultdict[tuple[str, str], int] = defaultdict(int)
    for example in examples:
        counts[example.flow, example.language] += len(example.texts)
    assert {(flow, language) for flow in EXPECTED_FLOWS for language in LANGUAGES} == set(counts)
    assert min(counts.values()) >= 15


def test_every_wording_is_understood_as_its_own_wish(rules: Rules, examples: list[Example]) -> None:
    wrong = [
        (text, example.flow, dict(example.slots), rules.intents(text)[:1])
        for example in examples
        for text in example.texts
        if [(i.flow, i.slots) for i in rules.intents(text)[:1]] != [(example.flow, example.slots)]
    ]
    assert not wrong


def test_no_wording_stands_for_two_wishes(examples: list[Example]) -> None:
    wishes: defaultdict[str, set[str]] = defaultdict(set)
    for example in examples:
        for text in example.texts:
            wishes[text].add(f"{example.flow} {dict(example.slots)}")
    assert {text: found for text, found in wishes.items() if len(found) > 1} == {}


def test_every_frequent_question_has_its_answer() -> None:
    assert set(ANSWERS) >= FREQUENT


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_the_same_in_both_languages(answer: FaqAnswer) -> None:
    left_open = {
        language: {name for _, name, _, _ in string.Formatter().parse(answer.answer[language]) if name is not None}
        for language in LANGUAGES
    }
    assert left_open["zh"] == left_open["en"] <= PLACEHOLDERS.keys()
    lines = {language: len(answer.answer[language].strip().splitlines()) for language in LANGUAGES}
    assert lines["zh"] == lines["en"]
    assert 2 <= lines["zh"] <= 7


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_every_follow_up_exists(answer: FaqAnswer) -> None:
    for follow_up in answer.next:
        kind, _, other = follow_up.partition(":")
        known = other in ANSWERS if kind == "faq" else follow_up in FOLLOW_UPS | EXPECTED_FLOWS
        assert known, follow_up
    assert answer.next


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("id: fees", "id: fee"), "fees.yaml: id"),
        (("live: charges", "live: everything"), "fees.yaml: live"),
        (('"faq:points"', '"faq:nothing"'), "fees.yaml: next"),
        (("title:", "titel:"), "fees.yaml: t"),
        (("ask:", "ask: ["), "fees.yaml"),
    ],
)
def test_a_wrong_answer_is_named(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "answers"))
    file = folder / "fees.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(FlowError, match=told):
        load(folder)


def test_wrong_examples_are_named(tmp_path: Path) -> None:
    file = tmp_path / "cancel_order" / "examples.zh.yaml"
    file.parent.mkdir()
    file.write_text("- say: 取消\n", encoding="utf-8")
    with pytest.raises(FlowError, match=r"cancel_order/examples.zh.yaml: 0.say"):
        load_examples(tmp_path)


def test_a_wrong_word_list_is_named(tmp_path: Path) -> None:
    for language in LANGUAGES:
        shutil.copy(HERE / f"lexicon.{language}.yaml", tmp_path)
    file = tmp_path / "lexicon.en.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("negators:", "negaters:"), encoding="utf-8")
    with pytest.raises(FlowError, match=r"lexicon.en.yaml: neg"):
        load_lexicon(tmp_path)


def test_no_word_says_both_yes_and_no() -> None:
    lexicon = load_lexicon()
    yes = {*lexicon.phrases("yes"), *lexicon.phrases("yes_alone")}
    assert not yes & {*lexicon.phrases("no"), *lexicon.phrases("negators"), *lexicon.phrases("unclear")}

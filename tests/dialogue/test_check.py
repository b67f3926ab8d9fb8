"""A small good set of flows has no problem; broken in one way at a time, exactly that is told, with its place."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bot.dialogue.book import load_flows
from bot.dialogue.check import Problem, check
from bot.dialogue.checks.needs import engine_flows, engine_texts
from bot.dialogue.examples import Example
from bot.dialogue.texts import Texts, load_texts

PARCEL = '''
from bot.dialogue import Flow, Reply
from bot.dialogue.effects import CheckCode

SIZES = ("small", "large")

class Parcel(Flow):
    """Measure a parcel."""
    needs_customer = True
    chosen_texts = ("parcel.size_",)
    states = [
        "start",
        {"name": "picking", "on_enter": "pick"},
        {"name": "asking", "on_enter": "ask_size"},
        {"name": "checking", "on_enter": "check_it"},
        {"name": "measured", "on_enter": "tell", "final": True},
        {"name": "left", "on_enter": "leave", "final": True},
    ]
    transitions = [
        {"trigger": "begin", "source": "start", "dest": "picking", "conditions": "is_told"},
        {"trigger": "begin", "source": "start", "dest": "asking"},
        {"trigger": "picked", "source": "picking", "dest": "asking"},
        {"trigger": "chosen", "source": "asking", "dest": "checking"},
        {"trigger": "code_right", "source": "checking", "dest": "measured"},
        {"trigger": "code_wrong", "source": "checking", "dest": "asking"},
        {"trigger": "code_expired", "source": "checking", "dest": "asking"},
        {"trigger": "code_locked", "source": "checking", "dest": "left"},
        {"trigger": "left", "source": "asking", "dest": "left"},
    ]

    def is_told(self, event):
        return bool(self.slots.get("size"))

    def pick(self, event):
        self.call("track_order", then="picked")

    def ask_size(self, event):
        self._ask("ask", fee=200)

    def check_it(self, event):
        self.want(CheckCode(event.kwargs["words"]))

    def tell(self, event):
        self.say(f"size_{self.slots['size']}", **self.slots)
        self.say("done", by="shop")

    def leave(self, event):
        self.go("greet")

    def _ask(self, text, **values):
        replies = [Reply(size, then="chosen", size=size) for size in SIZES]
        self.ask(
            text,
            *replies,
            Reply("leave", then="left"),
            Reply("prices", start="pending_order", topic="prices"),
            wants={"words": "chosen"},
            **values,
        )
'''
STUB = '''
from bot.dialogue import Flow

class {name}(Flow):
    """Over at once."""
    states = ["start", {{"name": "over", "final": True}}]
    transitions = [{{"trigger": "begin", "source": "start", "dest": "over"}}]
'''
TEXTS = """
title: Measure
ask:
  - What size? It costs {fee:money}.
  - Small or large? It costs {fee:money}.
size_small: Small
size_large: Large
done: Measured by {by:by}. Questions? {hotline}
choices:
  small: [Small, little]
  large: Large
  leave: Leave it
  prices: What are the prices?
"""
KNOWN = {("pending_order", "topic"): ["prices"]}
_numbers = itertools.count()


class Tree:
    """A package of flows in a folder, to be broken and checked."""

    def __init__(self, folder: Path) -> None:
        self.package = f"flows_to_check_{next(_numbers)}"
        self.folder = folder / self.package
        self.write("parcel/flow.py", PARCEL)
        for name in engine_flows():
            self.write(f"{name}/flow.py", STUB.format(name=name))
        for language in ("zh", "en"):
            self.write(f"parcel/texts.{language}.yaml", TEXTS)
            self.write(f"common/texts.{language}.yaml", yaml.safe_dump(common_texts()))

    def write(self, file: str, text: str) -> None:
        (self.folder / file).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / file).write_text(text, encoding="utf-8")

    def change(self, file: str, old: str, new: str) -> None:
        text = (self.folder / file).read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        self.write(file, text.replace(old, new))

    def problems(self, *examples: Example) -> list[Problem]:
        constants = {language: {"hotline": "400"} for language in ("zh", "en")}
        return check(load_flows(self.package), Texts(load_texts(self.folder), constants), examples, KNOWN)


def common_texts() -> dict[str, object]:
    """The texts that the engine says, and the names that parcel's texts look up."""
    keys, beginnings = engine_texts()
    texts: dict[str, object] = {"by": {"shop": "the shop"}}
    for key in (*keys, *(f"{beginning}one" for beginning in beginnings)):
        *path, last = key.removeprefix("common.").split(".")
        place = texts
        for part in path:
            place = place.setdefault(part, {})  # type: ignore[assignment]
        place[last] = "A text"
    return texts


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tree]:
    monkeypatch.syspath_prepend(tmp_path)
    return Tree(tmp_path)


def test_good_flows_have_no_problem(tree: Tree) -> None:
    assert tree.problems(Example("parcel", {}, "en", ("measure my parcel",))) == []


FLOW, ZH, EN = "parcel/flow.py", "parcel/texts.zh.yaml", "parcel/texts.en.yaml"
MACHINE = {
    "unreachable": (
        '"start",\n',
        '"start",\n        {"name": "lost", "final": True},\n',
        "is never reached",
        "state lost",
    ),
    "no way out": (
        '{"trigger": "picked", "source": "picking", "dest": "asking"},',
        "",
        "has no way out and is no end",
        "state picking",
    ),
    "no end": (
        '"source": "picking", "dest": "asking"',
        '"source": "picking", "dest": "picking"',
        "no way out",
        "picking",
    ),
    "round in circles": (
        '"source": "picking", "dest": "asking"},',
        '"source": "picking", "dest": "waiting"},\n'
        '        {"trigger": "picked", "source": "waiting", "dest": "picking"},',
        "leads to no end",
        "state waiting",
    ),
    "does not begin": ('"begin"', '"began"', "does not take 'begin'", "state start"),
    "waits for nothing": (
        'self.call("track_order", then="picked")',
        'self.say("done", by="shop")',
        "waits for nothing",
        "state picking",
    ),
    "falls through": (
        '{"trigger": "begin", "source": "start", "dest": "asking"},',
        "",
        "no way on when every condition of 'begin' fails",
        "state start",
    ),
}
NAMES = {
    "handler": ('"on_enter": "tell"', '"on_enter": "tel"', "no handler 'tel'", "state measured"),
    "base method as handler": ('"on_enter": "tell"', '"on_enter": "give"', "no handler 'give'", "state measured"),
    "condition": ('"conditions": "is_told"', '"conditions": "is_tld"', "no condition 'is_tld'", "state start, begin"),
    "condition that wishes": (
        "return bool(",
        'self.say("done", by="shop")\n        return bool(',
        "'is_told' must wish nothing, not say()",
        "flow.py:32 is_told",
    ),
}
WAYS = {
    "then": ('then="left"', 'then="lft"', "state 'asking' cannot take 'lft' of ask()", "_ask"),
    "wants": ('{"words": "chosen"}', '{"words": "chosn"}', "state 'asking' cannot take 'chosn' of ask()", "_ask"),
    "then of a call": (
        'then="picked"',
        'then="pickd"',
        "state 'picking' cannot take 'pickd' of call()",
        "flow.py:35 pick",
    ),
    "outcome": (
        '{"trigger": "code_expired", "source": "checking", "dest": "asking"},',
        "",
        "state 'checking' cannot take 'code_expired' of want()",
        "check_it",
    ),
    "choice to no flow": ('start="pending_order"', 'start="pending"', "starts the unknown flow 'pending'", "_ask"),
    "call to no flow": ('self.call("track_order"', 'self.call("track"', "call() to the unknown flow 'track'", "pick"),
    "go to no flow": ('self.go("greet")', 'self.go("gret")', "go() to the unknown flow 'gret'", "leave"),
    "unknown value": ('topic="prices"', 'topic="weather"', "pending_order: no topic 'weather'", "_ask"),
}
WORDING = {
    "unknown text": ('self.say("done"', 'self.say("dne"', "no text 'parcel.dne'", "tell"),
    "unknown text by a helper": ('self._ask("ask"', 'self._ask("asc"', "no text 'parcel.asc'", "_ask"),
    "label": ('SIZES = ("small",', 'SIZES = ("tiny", "small",', "no text 'parcel.choices.tiny'", "_ask"),
    "missing value": ('"done", by="shop"', '"done"', "'parcel.done' needs a value for {by}", "tell"),
    "put together": ('chosen_texts = ("parcel.size_",)', "", "name what begins 'parcel.size_' in chosen_texts", "tell"),
    "chosen but none": (
        '("parcel.size_",)',
        '("parcel.size_", "parcel.no_")',
        "no text begins with 'parcel.no_'",
        "chosen_texts",
    ),
}


@pytest.mark.parametrize(
    ("old", "new", "what", "where"), [pytest.param(*v, id=k) for k, v in (MACHINE | NAMES | WAYS | WORDING).items()]
)
def test_a_defect_of_the_flow_is_told(tree: Tree, old: str, new: str, what: str, where: str) -> None:
    tree.change(FLOW, old, new)
    if "waiting" in new:
        tree.change(FLOW, '"start",\n', '"start",\n        {"name": "waiting", "on_enter": "pick"},\n')
    assert [p for p in tree.problems() if p.flow == "parcel" and what in p.what and where in p.where], tree.problems()


TEXT_DEFECTS = {
    "missing in a language": (
        [EN],
        "size_large: Large\n",
        "",
        "the text 'parcel.size_large' is missing",
        "texts.en.yaml",
    ),
    "languages differ in a name": ([EN], "{hotline}", "{phone}", "differ in {hotline}, {phone}", "texts.en.yaml"),
    "languages differ in a format": (
        [EN],
        "{fee:money}",
        "{fee:number}",
        "differ in {fee:money}, {fee:number}",
        "texts.en.yaml",
    ),
    "a wording differs": (
        [EN],
        "large? It costs {fee:money}.",
        "large?",
        "'parcel.ask' differ in {fee:money}",
        "texts.en.yaml",
    ),
    "formats in wordings": (
        [ZH, EN],
        "size? It costs {fee:money}",
        "size? It costs {fee}",
        "{fee} in several formats",
        "texts.zh.yaml",
    ),
    "format": ([ZH, EN], "{fee:money}", "{fee:mony}", "{fee:mony} is no format", "texts.zh.yaml"),
    "lookup": ([ZH, EN], "{by:by}", "{by:whom}", "no texts common.whom.…", "texts.en.yaml"),
    "unused": ([ZH, EN], "done:", "spare: Spare\ndone:", "nobody uses the text 'parcel.spare'", "texts.zh.yaml"),
    "no title": ([ZH, EN], "title: Measure", "", "no text 'parcel.title'", "needs_customer"),
}


@pytest.mark.parametrize(
    ("files", "old", "new", "what", "where"), [pytest.param(*v, id=k) for k, v in TEXT_DEFECTS.items()]
)
def test_a_defect_of_the_texts_is_told(tree: Tree, files: list[str], old: str, new: str, what: str, where: str) -> None:
    for file in files:
        tree.change(file, old, new)
    assert [p for p in tree.problems() if p.flow == "parcel" and what in p.what and where in p.where], tree.problems()


def test_what_the_engine_says_must_be_there(tree: Tree) -> None:
    for language in ("zh", "en"):
        tree.change(f"common/texts.{language}.yaml", "empty: A text\n", "")
    assert tree.problems() == [Problem("common", "there is no text 'common.empty'", "the engine says it")]


def test_flows_the_engine_starts_must_be_there(tree: Tree) -> None:
    (tree.folder / "cannot_help" / "flow.py").unlink()
    assert tree.problems() == [Problem("cannot_help", "the engine needs this flow", "flows")]


def test_examples_of_no_flow_are_told(tree: Tree) -> None:
    examples = Example("nobody", {}, "en", ("hello nobody",))
    assert tree.problems(examples) == [Problem("nobody", "has examples but no flow.py", "examples.en.yaml")]


def test_a_problem_reads_as_one_line() -> None:
    assert str(Problem("parcel", "is never reached", "state lost")) == "parcel: is never reached (state lost)"


def test_what_the_engine_names_is_read_from_its_code() -> None:
    keys, beginnings = engine_texts()
    assert {"common.empty", "common.trouble", "common.dropped", "common.still_working", "common.choices.menu"} <= keys
    assert beginnings == {"common.got.", "common.staff.", "common.staff.did."}
    assert {"escalate", "greet", "help", "identify", "cannot_help", "bot_was_updated", "track_order"} <= engine_flows()

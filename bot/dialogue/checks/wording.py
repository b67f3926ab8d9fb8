"""Rules on what handlers say: the text is there, gets every value it needs, and no text lies about unused."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.dialogue.book import FlowBook
from bot.dialogue.checks.code import Words
from bot.dialogue.checks.needs import engine_texts
from bot.dialogue.checks.problem import Problem
from bot.dialogue.checks.texts import file_of, flow_of
from bot.dialogue.checks.wished import Choice, Wished, all_wishes
from bot.dialogue.flow import Flow
from bot.dialogue.texts import Texts

SPEAKING = frozenset({"say", "ask", "suggest"})


@dataclass(slots=True)
class Used:
    """Which texts somebody says: by key, and by what their keys begin with."""

    keys: set[str] = field(default_factory=set)
    beginnings: set[str] = field(default_factory=set)

    def has(self, key: str) -> bool:
        """Whether a text is said."""
        return key in self.keys or key.startswith(tuple(self.beginnings))


class Wording:
    """Checks what flows say against the texts there are."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        self.keys = {key for found in texts.by_language.values() for key in found}
        given = [set(values) for values in texts.constants.values()]
        self.constants: set[str] = set.intersection(*given) if given else set()
        self.used = Used()

    def check_flow(self, flow: type[Flow]) -> Iterator[Problem]:
        """Unknown texts, texts put together without notice, labels that are missing, values that are."""
        self.used.keys |= {f"{flow.name}.title"} | self._written_out(flow)
        self.used.beginnings |= set(flow.chosen_texts)
        if flow.needs_customer and f"{flow.name}.title" not in self.keys:
            yield Problem(flow.name, f"there is no text '{flow.name}.title'", "needs_customer")
        for beginning in flow.chosen_texts:
            if not any(key.startswith(beginning) for key in self.keys):
                yield Problem(flow.name, f"no text begins with {beginning!r}", "chosen_texts")
        for wish in all_wishes(flow):
            if wish.kind in SPEAKING:
                yield from self._said(flow, wish)

    def check_engine(self) -> Iterator[Problem]:
        """Texts that the engine needs."""
        keys, beginnings = engine_texts()
        self.used.keys |= keys
        self.used.beginnings |= beginnings
        for key in sorted(keys - self.keys):
            yield Problem("common", f"there is no text {key!r}", "the engine says it")
        for beginning in sorted(beginnings):
            if not any(key.startswith(beginning) for key in self.keys):
                yield Problem("common", f"no text begins with {beginning!r}", "the engine says it")

    def unused(self) -> Iterator[Problem]:
        """Texts that nobody says. To be asked last."""
        for language, found in self.texts.by_language.items():
            for text in found.values():
                self.used.beginnings |= {f"common.{spec}." for _, spec in text.placeholders() if spec}
            for key in found:
                if not self.used.has(key):
                    yield Problem(flow_of(key), f"nobody uses the text {key!r}", file_of(language))

    def _said(self, flow: type[Flow], wish: Wished) -> Iterator[Problem]:
        given = set(wish.keywords()) - {"wants"}
        for words in wish.named():
            key = Words(flow.text_key(words.start), words.whole)
            yield from self._is_there(flow, key, wish.where)
            if not wish.is_open():
                yield from self._is_filled(flow, key, given, wish.where)
        for reply in wish.replies():
            values = given | set(reply.keywords()) - {"then", "start", "label"}
            for label in self._labels(flow, reply):
                yield from self._is_there(flow, label, reply.where)
                if not (wish.is_open() or reply.is_open()):
                    yield from self._is_filled(flow, label, values, reply.where)

    def _labels(self, flow: type[Flow], reply: Choice) -> Iterator[Words]:
        if given := reply.option("label"):
            yield from (label for label in given if label.start)
            return
        for key in reply.key():
            own = Words(f"{flow.name}.choices.{key.start}", key.whole)
            shared = Words(f"common.choices.{key.start}")
            yield shared if key.whole and own.start not in self.keys and shared.start in self.keys else own

    def _is_there(self, flow: type[Flow], key: Words, where: str) -> Iterator[Problem]:
        if key.whole:
            self.used.keys.add(key.start)
            if key.start not in self.keys:
                yield Problem(flow.name, f"there is no text {key.start!r}", where)
        elif not key.start.startswith(flow.chosen_texts):
            yield Problem(flow.name, f"name what begins {key.start!r} in chosen_texts", where)
        elif not any(other.startswith(key.start) for other in self.keys):
            yield Problem(flow.name, f"no text begins with {key.start!r}", where)

    def _is_filled(self, flow: type[Flow], key: Words, given: set[str], where: str) -> Iterator[Problem]:
        meant = [key.start] if key.whole else [other for other in self.keys if other.startswith(key.start)]
        for name in sorted(meant):
            for missing in sorted(self._placeholders(name) - given - self.constants):
                yield Problem(flow.name, f"the text {name!r} needs a value for {{{missing}}}", where)

    def _placeholders(self, key: str) -> set[str]:
        there = (found[key] for found in self.texts.by_language.values() if key in found)
        return {name for text in there for name, _ in text.placeholders()}

    def _written_out(self, flow: type[Flow]) -> set[str]:
        """Full keys that stand in the flow's folder as strings, such as lines of `{evidence:lines}`."""
        file = Path(str(importlib.import_module(flow.__module__).__file__))
        trees = [ast.parse(path.read_text(encoding="utf-8")) for path in file.parent.glob("*.py")]
        strings = (node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
        return {text for text in strings if isinstance(text, str) and text in self.keys}


def check_wording(book: FlowBook, texts: Texts) -> Iterator[Problem]:
    """Every flow's wording, the engine's, and what is left over."""
    wording = Wording(texts)
    for flow in book:
        yield from wording.check_flow(flow)
    yield from wording.check_engine()
    yield from wording.unused()

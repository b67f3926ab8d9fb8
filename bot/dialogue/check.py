"""What can be found wrong with flows and texts before a customer does: the rules behind `tepai check`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.dialogue.book import FlowBook
from bot.dialogue.checks.callbacks import check_callbacks
from bot.dialogue.checks.machine import check_machine
from bot.dialogue.checks.needs import engine_flows
from bot.dialogue.checks.problem import Problem
from bot.dialogue.checks.texts import check_texts
from bot.dialogue.checks.ways import Known, check_ways
from bot.dialogue.checks.wording import check_wording
from bot.dialogue.examples import Example
from bot.dialogue.texts import Texts

__all__ = ["Problem", "check"]


def check(book: FlowBook, texts: Texts, examples: Iterable[Example] = (), known: Known | None = None) -> list[Problem]:
    """Every problem, each once. `known`: for a flow and its slot, the values there are (("faq", "answer"): …)."""
    found = [
        *(problem for flow in book for problem in check_machine(flow)),
        *(problem for flow in book for problem in check_callbacks(flow)),
        *(problem for flow in book for problem in check_ways(flow, book, known or {})),
        *check_texts(texts),
        *check_wording(book, texts),
        *_examples(book, examples),
        *(Problem(name, "the engine needs this flow", "flows") for name in sorted(engine_flows()) if name not in book),
    ]
    return list(dict.fromkeys(found))


def _examples(book: FlowBook, examples: Iterable[Example]) -> Iterator[Problem]:
    for example in examples:
        if example.flow not in book:
            yield Problem(example.flow, "has examples but no flow.py", f"examples.{example.language}.yaml")

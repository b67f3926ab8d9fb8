"""`tepai check`: what is wrong with flows, texts, examples, answers and migrations."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.dialogue.book import FlowBook
    from bot.dialogue.check import Problem

FAQ = "faq"


@click.command()
def check() -> None:
    """Check flows, texts, examples, answers and migrations. Exit code 1 when something is wrong."""
    from bot import config
    from bot.bootstrap import FLOWS, dialogue
    from bot.dialogue.check import Problem
    from bot.dialogue.check import check as check_all
    from bot.dialogue.examples import load_examples
    from bot.errors import FlowError
    from bot.store.migrate import scripts
    from bot.store.revisions import check_revisions

    try:
        engine = dialogue(config.load())
        examples = load_examples(FLOWS)
        answers = _answers() if FAQ in engine.book else {}
        found = check_all(engine.book, engine.texts, examples, {(FAQ, "answer"): answers})
        found += _dead_ends(engine.book, answers)
    except FlowError as error:  # what cannot be read cannot be checked further
        found = [Problem("flows", str(error), "while reading")]
    found += [Problem("migrations", what, where) for what, where in check_revisions(scripts())]
    for problem in found:
        click.echo(str(problem))
    if found:
        click.echo(f"{len(found)} problem{'' if len(found) == 1 else 's'}.")
        sys.exit(1)
    click.echo(f"{len(list(engine.book))} flows, {len(examples)} groups of examples: no problem.")


def _answers() -> dict[str, tuple[str, ...]]:
    """Each frequent question's answer, and what it offers next."""
    from flows.faq.answers import load

    return {name: answer.next for name, answer in load().items()}


def _dead_ends(book: FlowBook, answers: dict[str, tuple[str, ...]]) -> Iterator[Problem]:
    from bot.dialogue.check import Problem

    for name, ways in answers.items():
        for way in ways:
            flow = way.partition(":")[0]
            if flow != "human" and flow not in book:
                yield Problem(FAQ, f"offers the unknown flow {flow!r} next", f"answers/{name}.yaml")

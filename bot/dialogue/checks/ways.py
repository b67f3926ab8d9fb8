"""Rules on where wishes lead: to triggers the state takes, to flows there are."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping

from bot.dialogue.book import FlowBook
from bot.dialogue.checks.code import Scope, words
from bot.dialogue.checks.problem import Problem
from bot.dialogue.checks.wished import Choice, Wished, all_wishes, arrivals, wishes
from bot.dialogue.flow import GIVEN_UP, Flow

ENGINE_TAKES = frozenset({"service_down", "not_linked", "order_missing", GIVEN_UP})
"""What the engine deals with where a flow does not."""

Known = Mapping[tuple[str, str], Collection[str]]
"""For a flow and one of its slots, the values it may be given: ("faq", "answer") → the answers there are."""


def check_ways(flow: type[Flow], book: FlowBook, known: Known) -> Iterator[Problem]:
    """Triggers the state cannot take, and flows that do not exist."""
    for state, handlers in arrivals(flow).items():
        for wish in (wish for handler in handlers for wish in wishes(flow, handler)):
            for trigger in sorted(wish.triggers() - ENGINE_TAKES):
                if not flow.takes(state, trigger):
                    yield Problem(flow.name, f"state {state!r} cannot take {trigger!r} of {wish.kind}()", wish.where)
    for wish in all_wishes(flow):
        yield from _leads_somewhere(flow, wish, book, known)


def _leads_somewhere(flow: type[Flow], wish: Wished, book: FlowBook, known: Known) -> Iterator[Problem]:
    if wish.kind in {"call", "go"}:
        for name in wish.named():
            if name.whole and name.start not in book:
                yield Problem(flow.name, f"{wish.kind}() to the unknown flow {name.start!r}", wish.where)
            yield from _slots(flow, name.start, wish.keywords(), wish, known)
    for reply in wish.replies():
        for name in reply.option("start"):
            if name.whole and name.start not in book:
                yield Problem(flow.name, f"a choice starts the unknown flow {name.start!r}", reply.where)
            yield from _slots(flow, name.start, reply.keywords(), reply, known)


def _slots(
    flow: type[Flow], other: str, given: Mapping[str, ast.expr], at: Wished | Choice, known: Known
) -> Iterator[Problem]:
    for (name, slot), values in known.items():
        if name == other and slot in given:
            yield from _values(flow, f"{other}: no {slot}", given[slot], at.scope, values, at.where)


def _values(
    flow: type[Flow], what: str, node: ast.expr, scope: Scope, values: Collection[str], where: str
) -> Iterator[Problem]:
    for word in words(node, scope):
        if word.whole and word.start not in values:
            yield Problem(flow.name, f"{what} {word.start!r}", where)

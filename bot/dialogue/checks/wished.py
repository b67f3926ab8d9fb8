"""What a flow's handlers may wish, read from their code, and in which states they run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bot.dialogue.checks.code import Scope, Words, expand, is_self, method, words
from bot.dialogue.effects import Effect
from bot.dialogue.flow import Flow
from bot.dialogue.wishes import Reply

KINDS = frozenset({"say", "ask", "want", "call", "go", "suggest", "give"})


@dataclass(frozen=True, slots=True)
class Wished:
    """One wish as it stands in the code."""

    kind: str
    call: ast.Call
    scope: Scope

    @property
    def where(self) -> str:
        """The file, the line and the function."""
        return self.scope.place(self.call)

    @property
    def first(self) -> ast.expr | None:
        """The first argument: the text, the flow or the effect."""
        return self.call.args[0] if self.call.args else None

    def named(self) -> set[Words]:
        """Which text or flow it names."""
        return words(self.first, self.scope) if self.first else set()

    def keywords(self) -> dict[str, ast.expr]:
        """The named arguments."""
        return {word.arg: word.value for word in self.call.keywords if word.arg}

    def is_open(self) -> bool:
        """Whether more arguments are given than can be seen (`**values`)."""
        return any(word.arg is None for word in self.call.keywords)

    def effects(self) -> set[type[Effect]]:
        """The kinds of effect it may want; empty where that cannot be seen."""
        parts = expand(self.first, self.scope) if self.first else ()
        found = {scope.constant(part.func) for part, scope in parts if isinstance(part, ast.Call)}
        return {kind for kind in found if isinstance(kind, type) and issubclass(kind, Effect)}

    def replies(self) -> Iterator[Choice]:
        """The choices offered, as far as they can be seen."""
        for argument in self.call.args[1:]:
            for part, scope in expand(argument, self.scope):
                if isinstance(part, ast.Call) and scope.constant(part.func) is Reply:
                    yield Choice(part, scope)

    def triggers(self) -> set[str]:
        """What may fire once the wish is granted, as far as it can be seen."""
        if self.kind == "want":
            return {outcome for effect in self.effects() for outcome in effect.outcomes}
        if self.kind == "call":
            return _whole(self.keywords().get("then"), self.scope)
        if self.kind != "ask":
            return set()
        found = {trigger for reply in self.replies() for trigger in reply.triggers()}
        wants = self.keywords().get("wants")
        for part, scope in expand(wants, self.scope) if wants else ():
            if isinstance(part, ast.Dict):
                for value in part.values:
                    found |= _whole(value, scope)
        return found

    def leads_on(self) -> bool:
        """Whether something comes after it: an answer, an outcome, another flow."""
        return self.kind in {"ask", "call", "go"} or (self.kind == "want" and bool(self.triggers()))


@dataclass(frozen=True, slots=True)
class Choice:
    """One `Reply(…)` as it stands in the code."""

    call: ast.Call
    scope: Scope

    @property
    def where(self) -> str:
        """The file, the line and the function."""
        return self.scope.place(self.call)

    def keywords(self) -> dict[str, ast.expr]:
        """The named arguments."""
        return {word.arg: word.value for word in self.call.keywords if word.arg}

    def is_open(self) -> bool:
        """Whether more arguments are given than can be seen."""
        return any(word.arg is None for word in self.call.keywords)

    def key(self) -> set[Words]:
        """Its key."""
        given = self.call.args[0] if self.call.args else self.keywords().get("key")
        return words(given, self.scope) if given else set()

    def option(self, name: str) -> set[Words]:
        """What one named argument may be; empty when it is not given."""
        given = self.keywords().get(name)
        return words(given, self.scope) if given and not _is_none(given) else set()

    def triggers(self) -> set[str]:
        """What it fires."""
        return {word.start for word in self.option("then") if word.whole}


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _whole(node: ast.expr | None, scope: Scope) -> set[str]:
    return {word.start for word in words(node, scope) if word.whole} if node else set()


def wishes(flow: type[Flow], handler: str) -> list[Wished]:
    """Everything a handler may wish, with the methods it calls."""
    function = method(flow, handler)
    return [] if function is None else list(_within(Scope(flow, function), ()))


def all_wishes(flow: type[Flow]) -> list[Wished]:
    """Everything any handler of the flow may wish."""
    handlers = dict.fromkeys(handler for arrival in arrivals(flow).values() for handler in arrival)
    return [wish for handler in handlers for wish in wishes(flow, handler)]


def _within(scope: Scope, above: tuple[str, ...]) -> Iterator[Wished]:
    calls = [node for node in ast.walk(scope.tree) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        function = call.func
        if not (isinstance(function, ast.Attribute) and is_self(function.value)):
            continue
        if function.attr in KINDS:
            yield Wished(function.attr, call, scope)
        elif function.attr not in above and (inner := scope.called(call)):
            yield from _within(inner, (*above, function.attr))


def arrivals(flow: type[Flow]) -> dict[str, list[str]]:
    """Each state, and the handlers that may run on the way into it."""
    machine = flow.machine
    found: dict[str, dict[str, None]] = {name: {} for name in machine.states}
    for row in rows(flow):
        found[row.dest or row.source].update(dict.fromkeys(_named(row.callbacks)))
        if row.dest:
            found[row.dest].update(dict.fromkeys(_named(machine.states[row.source].on_exit)))
            found[row.dest].update(dict.fromkeys(_named(machine.states[row.dest].on_enter)))
    return {state: list(handlers) for state, handlers in found.items()}


@dataclass(frozen=True, slots=True)
class Row:
    """One transition for one source state. `dest` None: it stays, and enters nothing. `conditions`: name → wanted."""

    trigger: str
    source: str
    dest: str | None
    conditions: tuple[tuple[Any, bool], ...]
    callbacks: tuple[Any, ...]


def rows(flow: type[Flow]) -> list[Row]:
    """Every transition of the machine, in the order in which they are tried."""
    return [
        Row(
            name,
            source,
            transition.dest,
            tuple((condition.func, condition.target) for condition in transition.conditions),
            (*transition.prepare, *transition.before, *transition.after),
        )
        for name, event in flow.machine.events.items()
        for source, transitions in event.transitions.items()
        for transition in transitions
    ]


def _named(callbacks: Iterable[Any]) -> list[str]:
    return [callback for callback in callbacks if isinstance(callback, str)]

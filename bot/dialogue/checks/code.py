"""A function of a flow as its syntax tree, and what its expressions may mean, found out without running it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import EnumMeta
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

from bot.dialogue.flow import Flow

MOST_STEPS = 12
"""How far a name is followed; what needs more is unknown."""


class Words(NamedTuple):
    """A string that an expression may give: all of it (`whole`), or what it begins with."""

    start: str
    whole: bool = True


ANYTHING = Words("", whole=False)


@cache
def tree_of(function: FunctionType) -> ast.FunctionDef:
    """The function's syntax tree, with the line numbers of its file."""
    module = ast.parse(textwrap.dedent(inspect.getsource(function)))
    ast.increment_lineno(module, function.__code__.co_firstlineno - 1)
    found = module.body[0]
    if not isinstance(found, ast.FunctionDef):
        raise TypeError(f"{function.__qualname__} is not a plain function")
    return found


def method(flow: type[Flow], name: str) -> FunctionType | None:
    """A method that the flow itself brings; None for the base's and for what is no method."""
    if hasattr(Flow, name):
        return None
    found = inspect.getattr_static(flow, name, None)
    return found if isinstance(found, FunctionType) else None


@dataclass(frozen=True, slots=True)
class Meaning:
    """An expression, and the scope in which to read it. `each`: it is the elements of the expression."""

    node: ast.expr
    scope: Scope
    each: bool = False


@dataclass(slots=True)
class Scope:
    """One function as it is called: its tree, what its parameters were given, the names of its module."""

    flow: type[Flow]
    function: FunctionType
    given: Mapping[str, Meaning] = field(default_factory=dict)
    tree: ast.FunctionDef = field(init=False)
    local: dict[str, list[Meaning]] = field(init=False)

    def __post_init__(self) -> None:
        self.tree = tree_of(self.function)
        self.local = {}
        for name, node, each in _assigned(self.tree):
            self.local.setdefault(name, []).append(Meaning(node, self, each))

    def place(self, node: ast.AST) -> str:
        """Where to look: "flow.py:40 ask_reason"."""
        line = getattr(node, "lineno", self.tree.lineno)
        return f"{Path(self.function.__code__.co_filename).name}:{line} {self.tree.name}"

    def meanings(self, name: str) -> list[Meaning]:
        """Every expression that a name may stand for here."""
        if name in self.given:
            return [self.given[name], *self.local.get(name, [])]
        return self.local.get(name, [])

    def constant(self, node: ast.expr) -> Any:
        """What a dotted name of the module stands for; None when it is none."""
        if isinstance(node, ast.Name):
            return None if node.id in self._own_names() else self.function.__globals__.get(node.id)
        if isinstance(node, ast.Attribute):
            return getattr(self.constant(node.value), node.attr, None)
        return None

    def called(self, call: ast.Call) -> Scope | None:
        """The function that is called, or mapped, if it belongs to the flows, with what it is given."""
        if isinstance(call.func, ast.Name) and call.func.id == "map" and call.args:
            mapped = self._target(call.args[0])
            return Scope(self.flow, mapped) if mapped else None
        function = self._target(call.func)
        if function is None:
            return None
        names = [argument.arg for argument in tree_of(function).args.args]
        names = names[1:] if names[:1] == ["self"] else names
        plain = [] if any(isinstance(argument, ast.Starred) for argument in call.args) else call.args
        given = {name: Meaning(node, self) for name, node in zip(names, plain, strict=False)}
        given |= {word.arg: Meaning(word.value, self) for word in call.keywords if word.arg}
        return Scope(self.flow, function, given)

    def _target(self, node: ast.expr) -> FunctionType | None:
        if isinstance(node, ast.Attribute) and is_self(node.value):
            return method(self.flow, node.attr)
        found = self.constant(node)
        ours = isinstance(found, FunctionType) and found.__module__.partition(".")[0] == self._package()
        return found if ours else None

    def _package(self) -> str:
        return self.flow.__module__.partition(".")[0]

    def _own_names(self) -> set[str]:
        every = self.tree.args
        return {*self.local, *(argument.arg for argument in (*every.args, *every.kwonlyargs))}


def is_self(node: ast.expr) -> bool:
    """Whether the expression is `self`."""
    return isinstance(node, ast.Name) and node.id == "self"


def _assigned(tree: ast.AST) -> Iterator[tuple[str, ast.expr, bool]]:
    """Names, what they are set to, and whether to each element of it."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value, False
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value, False
            case (
                ast.For(target=ast.Name(id=name), iter=value) | ast.comprehension(target=ast.Name(id=name), iter=value)
            ):
                yield name, value, True


def words(node: ast.expr, scope: Scope, steps: int = 0) -> set[Words]:
    """Every string that an expression may give."""
    if steps > MOST_STEPS:
        return {ANYTHING}
    if isinstance(node, ast.JoinedStr):
        return _joined([words(value, scope, steps + 1) for value in node.values])
    if others := list(_alternatives(node, scope)):
        return set().union(*(_meant(other, steps + 1) for other in others))
    known = node.value if isinstance(node, ast.Constant) else scope.constant(node)
    return {Words(str(known))} if isinstance(known, str) else {ANYTHING}


def _alternatives(node: ast.expr, scope: Scope) -> Iterator[Meaning]:
    """What an expression is one of, where it is not itself a string."""
    match node:
        case ast.IfExp(body=one, orelse=other):
            yield from (Meaning(one, scope), Meaning(other, scope))
        case ast.BoolOp(values=values):
            yield from (Meaning(value, scope) for value in values)
        case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
            yield Meaning(value, scope)
        case ast.Name(id=name):
            yield from scope.meanings(name)
        case ast.Attribute(value=ast.Name(id=name), attr="value"):  # of an enumeration of strings
            yield from scope.meanings(name)


def _meant(meaning: Meaning, steps: int) -> set[Words]:
    return (_elements if meaning.each else words)(meaning.node, meaning.scope, steps)


def _elements(node: ast.expr, scope: Scope, steps: int) -> set[Words]:
    """Every string that an element of an iterable may be."""
    if steps > MOST_STEPS:
        return {ANYTHING}
    match node:
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements) if elements:
            return set().union(*(words(element, scope, steps + 1) for element in elements))
        case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element) | ast.SetComp(elt=element):
            return words(element, scope, steps + 1)
        case ast.Name(id=name) if meanings := [one for one in scope.meanings(name) if not one.each]:
            return set().union(*(_elements(one.node, one.scope, steps + 1) for one in meanings))
    known = scope.constant(node)
    listed = isinstance(known, tuple | list | set | frozenset | dict | EnumMeta)
    if listed and all(isinstance(one, str) for one in known):
        return {Words(str(one)) for one in known}
    return {ANYTHING}


def _joined(pieces: list[set[Words]]) -> set[Words]:
    found = {Words("")}
    for piece in pieces:
        found = {Words(a.start + b.start, b.whole) if a.whole else a for a in found for b in piece}
    return found


def expand(node: ast.expr, scope: Scope, seen: set[ast.AST] | None = None) -> Iterator[tuple[ast.AST, Scope]]:
    """Every part of an expression, and of what its names stand for and its calls of our own functions hold."""
    seen = set() if seen is None else seen
    for part in ast.walk(node):
        yield part, scope
        if isinstance(part, ast.Name):
            for meaning in scope.meanings(part.id):
                if meaning.node not in seen:
                    seen.add(meaning.node)
                    yield from expand(meaning.node, meaning.scope, seen)
        elif isinstance(part, ast.Call) and (inner := scope.called(part)):
            yield from _body(inner, (inner.function,))


def _body(scope: Scope, above: tuple[FunctionType, ...]) -> Iterator[tuple[ast.AST, Scope]]:
    for part in ast.walk(scope.tree):
        yield part, scope
        if isinstance(part, ast.Call) and (inner := scope.called(part)) and inner.function not in above:
            yield from _body(inner, (*above, inner.function))

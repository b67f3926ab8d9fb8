"""Which texts and flows the engine itself names, read from its code."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

from bot.dialogue.reading import FLOW_OF_ENTITY

FOLDER = Path(__file__).parent.parent
STARTS = "start"
LOOKUPS = "common."
"""What the keys of `{x:spec}` begin with; they are the texts' own business."""


@cache
def engine_texts() -> tuple[frozenset[str], frozenset[str]]:
    """The keys of the texts that the engine says, and the beginnings of those it puts together."""
    keys, beginnings = set(), set()
    for _, tree in _code():
        for text in _said(tree):
            if isinstance(text, ast.Constant):
                keys.add(str(text.value))
            elif isinstance(text, ast.JoinedStr) and isinstance(text.values[0], ast.Constant):
                beginnings.add(str(text.values[0].value))
    return frozenset(keys), frozenset(beginnings - {LOOKUPS})


@cache
def engine_flows() -> frozenset[str]:
    """The flows that the engine starts by itself."""
    found = {flow for flow, _ in FLOW_OF_ENTITY.values()}
    for module, tree in _code():
        for call in _calls(tree):
            if isinstance(call.func, ast.Attribute) and call.func.attr == STARTS and len(call.args) > 1:
                found |= _names(call.args[1], module)
            found |= {name for word in call.keywords if word.arg == STARTS for name in _names(word.value, module)}
    return frozenset(found)


def _said(tree: ast.AST) -> Iterator[ast.expr]:
    for call in _calls(tree):
        match call:
            case ast.Call(func=ast.Attribute(attr="say") | ast.Name(id="Suggest"), args=[text, *_]):
                yield from (text.body, text.orelse) if isinstance(text, ast.IfExp) else (text,)
            case ast.Call(func=ast.Name(id="Reply"), args=[ast.Constant(value=str(key)), *_]):
                yield ast.Constant(f"common.choices.{key}")


def _names(node: ast.expr, module: ModuleType) -> set[str]:
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    named = getattr(module, node.id, None) if isinstance(node, ast.Name) else None
    return {named} if isinstance(named, str) else set()


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _code() -> Iterator[tuple[ModuleType, ast.Module]]:
    for path in sorted(FOLDER.glob("*.py")):
        module = importlib.import_module(f"bot.dialogue.{path.stem}")
        yield module, ast.parse(path.read_text(encoding="utf-8"))

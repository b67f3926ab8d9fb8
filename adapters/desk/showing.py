"""Things of the desk as JSON, as the page's modules read them: field by field what `bot.desk` says of them."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def shown(thing: object) -> str:
    """As JSON text."""
    return _adapter(type(thing)).dump_json(thing).decode()


def plain(thing: object) -> Any:
    """As plain JSON values."""
    return _adapter(type(thing)).dump_python(thing, mode="json")


def _adapter(kind: type) -> TypeAdapter[Any]:
    found = _ADAPTERS.get(kind)
    if found is None:
        found = _ADAPTERS[kind] = TypeAdapter(kind)
    return found

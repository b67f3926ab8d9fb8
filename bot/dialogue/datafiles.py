"""YAML files that people edit: read as types, and told precisely what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from bot.errors import FlowError

Shape = TypeVar("Shape", bound=BaseModel)

SAFE: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ONLY_WORDS: type[yaml.BaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""The same, ten times as quick where PyYAML has its C library: every file is read at each start."""


def read(path: Path, shape: type[Shape], *, only_words: bool = False) -> Shape:
    """The file as `shape`. With `only_words` nothing in it is a number or a truth value: `no` is the word "no".

    Raises `FlowError` naming the file and the key that is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
        found = (_ONLY_WORDS if only_words else SAFE)(text).get_single_data()
        return shape.model_validate(found)
    except OSError as error:
        raise FlowError(f"{_named(path)} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FlowError(f"{_named(path)} is not valid YAML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise wrong(path, ".".join(map(str, first["loc"])), first["msg"]) from error


def wrong(path: Path, key: str, problem: str) -> FlowError:
    """The error to raise for one key of a file."""
    return FlowError(f"{_named(path)}: {key}: {problem}")


def _named(path: Path) -> str:
    """Enough of the path to find the file, and none of the machine's own folders."""
    return "/".join(path.parts[-3:] if path.parent.name == "answers" else path.parts[-2:])

"""What the adapter itself says: texts.zh.yaml and texts.en.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.errors import ConfigError

LANGUAGES = ("zh", "en")


@cache
def words(language: str | None) -> Mapping[str, Any]:
    """Every text by its key, in Chinese where the language is unknown. Raises `ConfigError` when the languages do
    not have the same keys."""
    found = {each: _read(each) for each in LANGUAGES}
    if _keys(found["zh"]) != _keys(found["en"]):
        raise ConfigError("Telegram: a text is there in one language only")
    return found[language if language in LANGUAGES else "zh"]


def language_of(code: str | None) -> str | None:
    """The language to begin with for a client's IETF code: English for everybody whose client is not Chinese."""
    if not code:
        return None
    return "zh" if code.lower().startswith("zh") else "en"


def _read(language: str) -> dict[str, Any]:
    with (Path(__file__).parent / f"texts.{language}.yaml").open(encoding="utf-8") as file:
        return dict(yaml.safe_load(file))


def _keys(texts: Mapping[str, Any]) -> set[str]:
    menus = (f"{menu}.{name}" for menu in ("commands", "staff_commands") for name in texts[menu])
    return {*texts, *menus}

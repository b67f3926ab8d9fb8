"""The pages' own words: texts.zh.yaml and texts.en.yaml of a folder, and which of them a browser gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from starlette.requests import HTTPConnection

from bot.errors import ConfigError

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@cache
def read_words(folder: Path) -> Mapping[Language, Mapping[str, Any]]:
    """Every text by its key, or by section and key. Raises `ConfigError` when the languages do not have the same."""
    found = {language: _read(folder, language) for language in LANGUAGES}
    zh, en = (set(_keys(found[language])) for language in LANGUAGES)
    if odd := zh ^ en:
        raise ConfigError(f"{folder.name}: in one language only: {', '.join(sorted(odd))}")
    return found


def language_of(code: str | None) -> Language | None:
    """The language of that code, None for one we do not speak."""
    return next((language for language in LANGUAGES if language == code), None)


def asked_language(connection: HTTPConnection) -> Language | None:
    """The language the page's address asks for with `?lang=`."""
    return language_of(connection.query_params.get("lang"))


def preferred_language(connection: HTTPConnection) -> Language:
    """The first of our languages in the browser's own list; Chinese where it names neither."""
    for part in connection.headers.get("accept-language", "").split(","):
        for language in LANGUAGES:
            if part.strip().lower().startswith(language):
                return language
    return "zh"


def _read(folder: Path, language: Language) -> dict[str, Any]:
    with (folder / f"texts.{language}.yaml").open(encoding="utf-8") as file:
        found: dict[str, Any] = yaml.safe_load(file)
    return found


def _keys(texts: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for key, text in texts.items():
        if isinstance(text, dict):
            yield from _keys(text, f"{before}{key}.")
        else:
            yield f"{before}{key}"

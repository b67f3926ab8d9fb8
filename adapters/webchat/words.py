"""The pages' own words: texts.zh.yaml and texts.en.yaml, and which of them a browser gets."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import cast

import yaml
from starlette.requests import Request

from adapters.webchat.session import Language
from bot.errors import ConfigError

Words = Mapping[str, str]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@cache
def words(language: Language) -> Words:
    """Every text of the pages by its key. Raises `ConfigError` when the languages do not have the same keys."""
    found = {each: _read(each) for each in LANGUAGES}
    if odd := found["zh"].keys() ^ found["en"].keys():
        raise ConfigError(f"web chat: in one language only: {', '.join(sorted(odd))}")
    return found[language]


def asked_language(request: Request) -> Language | None:
    """The language the page's address asks for with `?lang=`."""
    asked = request.query_params.get("lang")
    return next((language for language in LANGUAGES if language == asked), None)


def preferred_language(request: Request) -> Language:
    """The first of our languages in the browser's own list; Chinese where it names neither."""
    for part in request.headers.get("accept-language", "").split(","):
        for language in LANGUAGES:
            if part.strip().lower().startswith(language):
                return language
    return "zh"


def _read(language: Language) -> dict[str, str]:
    with (Path(__file__).parent / f"texts.{language}.yaml").open(encoding="utf-8") as file:
        return cast("dict[str, str]", yaml.safe_load(file))

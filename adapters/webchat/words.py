"""The chat's own words: texts.zh.yaml and texts.en.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from adapters.web.words import Language, read_words

Words = Mapping[str, str]


def words(language: Language) -> Words:
    """Every text of the pages by its key."""
    return read_words(Path(__file__).parent)[language]

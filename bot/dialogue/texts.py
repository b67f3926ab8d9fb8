"""The bot's words: YAML a flow and language, `{name}` placeholders, looked up by key.

`texts.zh.yaml` of the flow `cancel_order` gives the keys `cancel_order.…`; nested keys are joined by dots.
A list is one text in several wordings: the first is said first, the others when it must be said again.
`{state:state}` writes a value by looking up the text `common.state.VALUE`, or as it is where there is none;
`{evidence:lines}` writes a list of `{"text": key, …values}`, each on a line of its own.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from bot.dialogue.datafiles import SAFE
from bot.dialogue.formats import FORMATS
from bot.errors import FlowError

LANGUAGES = ("zh", "en")

Piece = tuple[str, str | None, str]
"""Literal text, then a placeholder's name (None: none), and its format."""


class Text:
    """One text in one language: its wordings, taken apart once. `fixed`: those without placeholders, as they are."""

    __slots__ = ("fixed", "source", "wordings")

    def __init__(self, source: tuple[str, ...]) -> None:
        self.source = source
        self.wordings: tuple[tuple[Piece, ...], ...] = tuple(tuple(_pieces(wording)) for wording in source)
        self.fixed = tuple(_without_values(pieces) for pieces in self.wordings)

    def placeholders(self) -> set[tuple[str, str]]:
        """Every (name, format) that occurs in any wording."""
        return {(name, spec) for wording in self.wordings for _, name, spec in wording if name is not None}


def _pieces(template: str) -> Iterator[Piece]:
    for literal, name, spec, conversion in string.Formatter().parse(template):
        if conversion or name == "" or (name and not name.isidentifier()):
            raise ValueError(f"placeholders look like {{name}} or {{name:format}}, not {{{name or ''}…}}")
        yield literal, name, spec or ""


def _without_values(pieces: tuple[Piece, ...]) -> str | None:
    if any(name is not None for _, name, _ in pieces):
        return None
    return "".join(literal for literal, _, _ in pieces)


class Texts:
    """All texts of all languages. `constants` fill placeholders that no flow gives, such as {hotline}."""

    def __init__(
        self, texts: Mapping[str, Mapping[str, Text]], constants: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        self.by_language = texts
        self.constants = constants or {}
        self._without_values: dict[str, tuple[str, ...] | None] = {}

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return any(key in texts for texts in self.by_language.values())

    def wordings(self, key: str) -> tuple[str, ...]:
        """Every wording in every language, unfilled; for matching what customers type."""
        return tuple(w for texts in self.by_language.values() if key in texts for w in texts[key].source)

    def without_values(self, key: str) -> tuple[str, ...] | None:
        """Every wording in every language, as it is said; None where one has placeholders."""
        if key not in self._without_values:
            said = [fixed for texts in self.by_language.values() if key in texts for fixed in texts[key].fixed]
            self._without_values[key] = None if None in said else tuple(said)  # type: ignore[arg-type]
        return self._without_values[key]

    def say(self, key: str, language: str, values: Mapping[str, Any], now: float, wording: int = 0) -> str:
        """The text with its placeholders filled. Raises `FlowError` for an unknown key or a missing value."""
        text = self.by_language[language].get(key)
        if text is None:
            raise FlowError(f"there is no text {key!r} in {language!r}")
        place = min(wording, len(text.wordings) - 1)
        if (fixed := text.fixed[place]) is not None:
            return fixed
        pieces = text.wordings[place]
        return "".join(
            literal if name is None else literal + self._value(key, name, spec, language, values, now)
            for literal, name, spec in pieces
        )

    def _value(self, key: str, name: str, spec: str, language: str, values: Mapping[str, Any], now: float) -> str:
        value = values.get(name, self.constants.get(language, {}).get(name))
        if value is None:
            raise FlowError(f"the text {key!r} needs a value for {{{name}}}")
        if not spec:
            return str(value)
        if spec in FORMATS:
            return FORMATS[spec](value, language, now)
        if spec == "lines":
            return "\n".join("· " + self.say(line["text"], language, line, now) for line in value)
        name_key = f"common.{spec}.{value}"
        if name_key in self.by_language[language]:
            return self.say(name_key, language, values, now)
        return FORMATS["short"](value, language, now)  # not one of ours: the order service's or customer's own word


def load_texts(folder: Path) -> dict[str, dict[str, Text]]:
    """Read every flow's texts below `folder`. Raises `FlowError` naming the file and key at fault."""
    found: dict[str, dict[str, Text]] = {language: {} for language in LANGUAGES}
    for language in LANGUAGES:
        for path in sorted(folder.glob(f"*/texts.{language}.yaml")):
            found[language].update(read_texts(path, path.parent.name))
    return found


def read_texts(path: Path, prefix: str) -> dict[str, Text]:
    """One file's texts, keys below `prefix`."""
    try:
        data = SAFE(path.read_text(encoding="utf-8")).get_single_data() or {}
    except yaml.YAMLError as error:
        raise FlowError(f"{path.name} of {prefix}: not YAML: {error}") from error
    texts = {}
    for key, value in _flatten(data, prefix):
        texts[key] = as_text(value, f"{path.name} of {prefix}: {key}")
    return texts


def as_text(value: Any, where: str) -> Text:
    """A text or a list of its wordings, taken apart. Raises `FlowError` that says `where`."""
    wordings = tuple(value) if isinstance(value, list) else (value,)
    if not wordings or not all(isinstance(w, str) and w.strip() for w in wordings):
        raise FlowError(f"{where} must be a text or a list of texts")
    try:
        return Text(tuple(w.strip() for w in wordings))
    except ValueError as error:
        raise FlowError(f"{where}: {error}") from error


def _flatten(data: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(data, Mapping):
        yield prefix, data
        return
    for key, value in data.items():
        yield from _flatten(value, f"{prefix}.{key}")

"""Rules on the texts themselves: there in every language, with the same placeholders, in formats there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.dialogue.checks.problem import Problem
from bot.dialogue.formats import FORMATS
from bot.dialogue.texts import Text, Texts

Placeholders = set[tuple[str, str]]


def check_texts(texts: Texts) -> Iterator[Problem]:
    """Texts missing in a language, placeholders that differ, formats that do not exist."""
    keys = sorted({key for found in texts.by_language.values() for key in found})
    for key in keys:
        there = {language: found[key] for language, found in texts.by_language.items() if key in found}
        for language in texts.by_language.keys() - there.keys():
            yield Problem(flow_of(key), f"the text {key!r} is missing", file_of(language))
        yield from _differing(key, there)
        for language, text in there.items():
            yield from _formats(texts, key, language, text)


def flow_of(key: str) -> str:
    """The flow (or `common`) to which a text belongs."""
    return key.partition(".")[0]


def file_of(language: str) -> str:
    """The file with a language's texts."""
    return f"texts.{language}.yaml"


def _differing(key: str, there: Mapping[str, Text]) -> Iterator[Problem]:
    """Languages must agree on names and formats, over all wordings and in each; wordings may leave some out."""
    first, *others = there.items()
    for language, text in others:
        for one, other in _pairs(first[1], text):
            if one != other:
                where = f"{file_of(first[0])}, {file_of(language)}"
                differing = ", ".join(sorted(map(_written, one ^ other)))
                yield Problem(flow_of(key), f"the languages of {key!r} differ in {differing}", where)
                break
    for language, text in there.items():
        names = [name for name, _ in text.placeholders()]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Problem(flow_of(key), f"{key!r} has {{{name}}} in several formats", file_of(language))


def _pairs(one: Text, other: Text) -> Iterator[tuple[Placeholders, Placeholders]]:
    yield one.placeholders(), other.placeholders()
    if len(one.source) == len(other.source):
        yield from zip(_by_wording(one), _by_wording(other), strict=True)


def _by_wording(text: Text) -> list[Placeholders]:
    return [{(name, spec) for _, name, spec in wording if name is not None} for wording in text.wordings]


def _written(placeholder: tuple[str, str]) -> str:
    name, spec = placeholder
    return f"{{{name}:{spec}}}" if spec else f"{{{name}}}"


def _formats(texts: Texts, key: str, language: str, text: Text) -> Iterator[Problem]:
    for name, spec in sorted(text.placeholders()):
        if spec and spec != "lines" and spec not in FORMATS and not is_lookup(texts, spec):
            what = f"{key!r}: {{{name}:{spec}}} is no format, and there are no texts common.{spec}.…"
            yield Problem(flow_of(key), what, file_of(language))


def is_lookup(texts: Texts, spec: str) -> bool:
    """Whether `{x:spec}` looks up texts `common.spec.VALUE`."""
    return any(key.startswith(f"common.{spec}.") for found in texts.by_language.values() for key in found)

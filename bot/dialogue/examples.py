"""What customers say when they want something: read from the flows' example files and the answers' own questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, RootModel

from bot.dialogue.datafiles import read
from bot.dialogue.lexicon import LANGUAGES


@dataclass(frozen=True, slots=True)
class Example:
    """Ways to say one wish in one language. `keywords` are words that by themselves point to it, `emoji` signs
    that mean it where nothing else is said."""

    flow: str
    slots: Mapping[str, Any]
    language: str
    texts: tuple[str, ...]
    keywords: tuple[str, ...] = ()
    emoji: str = ""


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid")

    say: list[str]
    keywords: list[str] = []
    emoji: str = ""
    slots: dict[str, Any] = {}


class _File(RootModel[list[_Group]]):
    """One examples file: groups of wordings, each group with its own slots."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str
    ask: dict[str, list[str]]
    keywords: dict[str, list[str]] = {}


def load_examples(folder: Path) -> list[Example]:
    """All examples below the folder of flows: FLOW/examples.LANGUAGE.yaml, and the questions of FLOW/answers/*.yaml.

    Raises `FlowError` naming the file and the key that is wrong.
    """
    return [*_of_flows(folder), *_of_answers(folder)]


def _of_flows(folder: Path) -> Iterator[Example]:
    for language in LANGUAGES:
        for path in sorted(folder.glob(f"*/examples.{language}.yaml")):
            for group in read(path, _File).root:
                words = tuple(group.say), tuple(group.keywords)
                yield Example(path.parent.name, group.slots, language, *words, group.emoji)


def _of_answers(folder: Path) -> Iterator[Example]:
    for path in sorted(folder.glob("*/answers/*.yaml")):
        answer = read(path, _Answer)
        for language, texts in answer.ask.items():
            keywords = tuple(answer.keywords.get(language, ()))
            yield Example(path.parent.parent.name, {"answer": answer.id}, language, tuple(texts), keywords)

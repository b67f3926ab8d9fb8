"""From what the core wants said to texts that WeChat takes: cut to size, merged, choices as numbered lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol, cast

import yaml

from adapters.wechat.envelope import clean
from bot.errors import ConfigError
from bot.messages import outgoing_from_json

MOST_CHARACTERS = 600
MOST_BYTES = 2000
LONGEST_LABEL = 60
SPLIT_AFTER = ("\n", "。！？!?；;…", ".", "，,、 ")
"""Where a text may be cut, the best places first."""

Choice = Mapping[str, str]
_AMOUNT = re.compile(r"[¥$]?\d")
_HAN = re.compile(r"[\u3400-\u9fff]")


class Letter(Protocol):
    """One part that waits to be said."""

    @property
    def text(self) -> str: ...  # noqa: D102

    @property
    def choices(self) -> Sequence[Choice]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Packed:
    """The first `count` letters as one message."""

    text: str
    choices: Sequence[Choice]
    count: int


def words(language: str, key: str) -> str:
    """One of the adapter's own texts. Raises `ConfigError` when the languages do not have the same keys."""
    return _texts()["en" if language == "en" else "zh"][key]


def language_of(text: str) -> str:
    """In which of our languages a text is written."""
    return "zh" if _HAN.search(text) else "en"


def cut(payload: Mapping[str, Any]) -> list[tuple[str, list[Choice]]]:
    """A stored `Outgoing` in parts that fit; the choices are below the last. Nothing of what says nothing."""
    message = outgoing_from_json(payload)
    language = language_of(message.text)
    files = [words(language, "file").format(name=file.name or file.kind) for file in message.attachments]
    parts = split(clean("\n".join([message.text, *files])))
    choices: list[Choice] = [
        {"token": choice.token, "label": clean(choice.label)[:LONGEST_LABEL]} for choice in message.choices
    ]
    if not choices:
        return [(part, []) for part in parts if part]
    for last in (parts[-1:], [""]):
        if fits(numbered("".join(last), choices)):
            before = parts[:-1] if last == parts[-1:] else parts
            return [*((part, []) for part in before), ("".join(last), choices)]
    return [(part, []) for part in split("\n".join([*parts, _lines(choices)]))]


def split(text: str) -> list[str]:
    """The text in pieces that fit, cut where a sentence ends if there is such a place."""
    pieces = []
    rest = text.strip()
    while not fits(rest):
        at = _place(rest)
        pieces.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return [piece for piece in (*pieces, rest) if piece] or [""]


def fits(text: str) -> bool:
    """Whether WeChat takes it as one text."""
    return len(text) <= MOST_CHARACTERS and len(text.encode()) <= MOST_BYTES


def numbered(text: str, choices: Sequence[Choice]) -> str:
    """The text with its choices as numbered lines, to be answered with a number."""
    if not choices:
        return text
    language = language_of(text + choices[0]["label"])
    hint = words(language, "choose_by_words" if _are_amounts(choices) else "choose")
    return "\n".join([*([text] if text else []), _lines(choices), hint])


def pack(letters: Sequence[Letter], ending: str = "") -> Packed:
    """As many letters as fit in one text, with the newest question's choices. `ending`: below it, if some are left."""
    count = 1
    while count < len(letters) and fits(_with(numbered(*_merged(letters[: count + 1])), ending)):
        count += 1
    text, choices = _merged(letters[:count])
    return Packed(text, choices, count)


def pack_as_text(letters: Sequence[Letter], ending: str = "") -> Packed:
    """The same with the choices as numbered lines."""
    packed = pack(letters, ending)
    text = numbered(packed.text, packed.choices)
    return Packed(_with(text, ending) if packed.count < len(letters) else text, (), packed.count)


def _merged(letters: Sequence[Letter]) -> tuple[str, Sequence[Choice]]:
    """Only the newest question can be answered by number, so only its choices are given."""
    choices: Sequence[Choice] = next((letter.choices for letter in reversed(letters) if letter.choices), ())
    return "\n\n".join(letter.text for letter in letters if letter.text), choices


def _with(text: str, ending: str) -> str:
    return f"{text}\n{ending}" if ending else text


def _lines(choices: Sequence[Choice]) -> str:
    if _are_amounts(choices):
        return "\n".join(f"· {choice['label']}" for choice in choices)
    return "\n".join(f"{place}. {choice['label']}" for place, choice in enumerate(choices, 1))


def _are_amounts(choices: Sequence[Choice]) -> bool:
    """Whether a number could mean the choice itself: "2" of "5 yuan, 10 yuan" must not become a guess about money."""
    return any(_AMOUNT.match(choice["label"]) for choice in choices)


def _place(text: str) -> int:
    """Where to cut a text that is too long: after the last good place that fits, in the second half if possible."""
    most = min(MOST_CHARACTERS, len(text))
    while len(text[:most].encode()) > MOST_BYTES:
        most -= 1
    for marks in SPLIT_AFTER:
        at = max(text.rfind(mark, most // 2, most) for mark in marks)
        if at >= 0:
            return at + 1
    return most


@cache
def _texts() -> dict[str, dict[str, str]]:
    found = {language: _read(language) for language in ("zh", "en")}
    if odd := found["zh"].keys() ^ found["en"].keys():
        raise ConfigError(f"WeChat: in one language only: {', '.join(sorted(odd))}")
    return found


def _read(language: str) -> dict[str, str]:
    with (Path(__file__).parent / f"texts.{language}.yaml").open(encoding="utf-8") as file:
        return cast("dict[str, str]", yaml.safe_load(file))

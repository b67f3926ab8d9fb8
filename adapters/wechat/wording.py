"""From what the core wants said to messages that WeChat takes: cut to size, merged, choices as numbered lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any, Protocol, cast

import yaml

from adapters.wechat.envelope import clean
from bot.errors import ConfigError
from bot.messages import Attachment, AttachmentKind, Outgoing, outgoing_from_json

MOST_CHARACTERS = 600
MOST_BYTES = 2000
LONGEST_LABEL = 60
SPLIT_AFTER = ("\n", "。！？!?；;…", ".", "，,、 ")
"""Where a text may be cut, the best places first."""

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif"})
LARGEST_PICTURE = 10 * 1024 * 1024

Choice = Mapping[str, str]
Offer = Callable[[Attachment, str], str]
"""Says in a language what a file is and, where that can be, how to get it."""
_AMOUNT = re.compile(r"[¥$]?\d")
_HAN = re.compile(r"[\u3400-\u9fff]")


class Letter(Protocol):
    """One part that waits to be said."""

    @property
    def text(self) -> str: ...  # noqa: D102

    @property
    def choices(self) -> Sequence[Choice]: ...  # noqa: D102

    @property
    def question(self) -> str | None: ...  # noqa: D102

    @property
    def language(self) -> str: ...  # noqa: D102

    @property
    def file(self) -> Mapping[str, Any] | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Part:
    """A text that fits, and the choices below it. `question`: a token of the question that it shows. `file`: goes as a
    picture, and the text only where that cannot be."""

    text: str
    choices: Sequence[Choice] = ()
    question: str | None = None
    language: str = "zh"
    file: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Packed:
    """The first `count` letters as one message."""

    text: str
    choices: Sequence[Choice]
    count: int
    language: str = "zh"
    file: Mapping[str, Any] | None = None


def words(language: str, key: str) -> str:
    """One of the adapter's own texts. Raises `ConfigError` when the languages do not have the same keys."""
    return _texts()["en" if language == "en" else "zh"][key]


def language_of(text: str) -> str:
    """In which of our languages a text of unknown origin is written."""
    return "zh" if _HAN.search(text) else "en"


def named(file: Attachment, language: str) -> str:
    """What a file is, for who cannot be given it."""
    return words(language, "picture" if file.kind is AttachmentKind.IMAGE else "file").format(name=file.name).strip()


def cut(payload: Mapping[str, Any], offer: Offer = named) -> list[Part]:
    """A stored `Outgoing` in parts that fit: its text, with the choices below the last part, then its pictures. Nothing
    of what says nothing."""
    message = outgoing_from_json(payload)
    language = message.language or language_of(message.text)
    others = [offer(file, language) for file in message.attachments if not _is_picture(file)]
    parts = _texts_of(message, others, language)
    pictures = [file for file in message.attachments if _is_picture(file)]
    return [*parts, *(Part(offer(file, language), language=language, file=_stored(file)) for file in pictures)]


def _texts_of(message: Outgoing, files: Sequence[str], language: str) -> list[Part]:
    parts = split(clean("\n".join([message.text, *files])))
    choices = [{"token": choice.token, "label": clean(choice.label)[:LONGEST_LABEL]} for choice in message.choices]
    if not choices:
        return [Part(part, language=language) for part in parts if part]
    question = choices[0]["token"]
    for last in (parts[-1], ""):
        if fits(numbered(last, choices, language)):
            before = parts[:-1] if last == parts[-1] else parts
            return [*(Part(part, language=language) for part in before), Part(last, choices, question, language)]
    *before, last = split("\n".join([*parts, _lines(choices)]))
    return [*(Part(part, language=language) for part in before), Part(last, (), question, language)]


def _is_picture(file: Attachment) -> bool:
    return bool(file.ref) and file.media_type in PICTURES and file.size <= LARGEST_PICTURE


def _stored(file: Attachment) -> dict[str, Any]:
    return {"ref": file.ref, "media_type": file.media_type}


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


def numbered(text: str, choices: Sequence[Choice], language: str) -> str:
    """The text with its choices as numbered lines, to be answered with a number."""
    if not choices:
        return text
    hint = words(language, "choose_amount" if _are_amounts(choices) else "choose")
    return "\n".join([*([text] if text else []), _lines(choices), hint])


def pack(letters: Sequence[Letter], ending: str = "") -> Packed:
    """The picture that comes first, or as many letters as fit in one text, with the newest question's choices.
    `ending`: below it, if some are left."""
    if letters[0].file:
        return Packed(letters[0].text, (), 1, letters[0].language, letters[0].file)
    return _pack_texts(list(takewhile(lambda letter: not letter.file, letters)), ending)


def pack_as_text(letters: Sequence[Letter], ending: str = "", *, always: bool = False) -> Packed:
    """As many letters as fit in one text, with the choices as numbered lines and pictures by their names. `always`: the
    ending is also needed when nothing is left."""
    packed = _pack_texts(letters, ending)
    text = numbered(packed.text, packed.choices, packed.language)
    if always and packed.count == len(letters) and not fits(_with(text, ending)):
        return Packed(text, (), packed.count, packed.language)
    ends = always or packed.count < len(letters)
    return Packed(_with(text, ending) if ends else text, (), packed.count, packed.language)


def _pack_texts(letters: Sequence[Letter], ending: str) -> Packed:
    count = 1
    while count < len(letters) and fits(_with(numbered(*_merged(letters[: count + 1])), ending)):
        count += 1
    text, choices, language = _merged(letters[:count])
    return Packed(text, choices, count, language)


def _merged(letters: Sequence[Letter]) -> tuple[str, Sequence[Choice], str]:
    """Only the newest question can be answered by number, so only its choices are given. The question that is asked
    again after each of several messages is asked once, at the end."""
    asked = [letter for letter in letters if letter.question]
    newest = asked[-1] if asked else letters[-1]
    repeated = [letter for letter in asked[:-1] if letter.text == newest.text]
    text = "\n\n".join(letter.text for letter in letters if letter.text and letter not in repeated)
    return text, newest.choices, newest.language or language_of(text)


def _with(text: str, ending: str) -> str:
    return f"{text}\n{ending}" if ending else text


def _lines(choices: Sequence[Choice]) -> str:
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

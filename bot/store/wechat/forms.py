"""What a message to a WeChat customer looks like on its way: in parts, waiting, packed, and handed out to be sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Choice = Mapping[str, str]


class Part(Protocol):
    """A text that fits, in a language, and the choices below it: {"token", "label"}. `question`: a token of the
    question that it shows. `file`: goes as a picture, and the text only where that cannot be."""

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


Cut = Callable[[Mapping[str, Any]], Sequence[Part]]
"""Cuts a stored `Outgoing` into parts."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One part that waits to be said. `begun`: calls with it whose outcome nobody knows."""

    seq: int
    part: int
    text: str
    choices: Sequence[Choice]
    question: str | None
    language: str
    file: Mapping[str, Any] | None
    staff: bool
    begun: int


class Packed(Protocol):
    """The first `count` letters as one message."""

    @property
    def text(self) -> str: ...  # noqa: D102

    @property
    def choices(self) -> Sequence[Choice]: ...  # noqa: D102

    @property
    def language(self) -> str: ...  # noqa: D102

    @property
    def file(self) -> Mapping[str, Any] | None: ...  # noqa: D102

    @property
    def count(self) -> int: ...  # noqa: D102


class Sent(Protocol):
    """A parcel as it comes back; `keys`: of its letters; `until`: see `Parcel`."""

    @property
    def keys(self) -> Sequence[tuple[int, int]]: ...  # noqa: D102

    @property
    def until(self) -> float: ...  # noqa: D102

    @property
    def seen(self) -> str | None: ...  # noqa: D102


Pack = Callable[[Sequence[Letter]], Packed]


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message that may be sent now; its quota is spent. `seen`: a choice's token of the question that it shows;
    `doubted`: it may have arrived before; `until`: nobody else sends it before then."""

    text: str
    choices: Sequence[Choice]
    language: str
    file: Mapping[str, Any] | None
    keys: Sequence[tuple[int, int]]
    seen: str | None
    doubted: bool
    until: float

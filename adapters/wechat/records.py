"""What the adapter is handed to remember by: every call is one transaction and raises `StoreUnavailable`.

An answer is decided here and nowhere else: either a push takes it back, or a call may be made with it, or it waits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from adapters.wechat.wording import Choice, Letter, Packed, Part
from bot.channel import Standing

Cut = Callable[[Mapping[str, Any]], Sequence[Part]]
Pack = Callable[[Sequence[Letter]], Packed]
Compose = Callable[[Sequence[Letter]], Packed | None]


class Arrival(Protocol):
    """A push as it stands. `answer`: what went back before, if it is `closed`. `language`: of the customer's client;
    None: never asked. `seen`: see `bot.messages.Incoming`."""

    @property
    def closed(self) -> bool: ...  # noqa: D102

    @property
    def answer(self) -> str | None: ...  # noqa: D102

    @property
    def language(self) -> str | None: ...  # noqa: D102

    @property
    def seen(self) -> str | None: ...  # noqa: D102


class Closing(Protocol):
    """How a push was answered; None: nothing but "success"."""

    @property
    def answer(self) -> str | None: ...  # noqa: D102


class Parcel(Protocol):
    """One message that may be sent now; its quota is spent. `keys`: of its letters; `seen`: a choice's token of the
    question that it shows. `doubted`: it may have arrived before. `until`: nobody else sends it before then."""

    @property
    def text(self) -> str: ...  # noqa: D102

    @property
    def choices(self) -> Sequence[Choice]: ...  # noqa: D102

    @property
    def language(self) -> str: ...  # noqa: D102

    @property
    def file(self) -> Mapping[str, Any] | None: ...  # noqa: D102

    @property
    def keys(self) -> Sequence[tuple[int, int]]: ...  # noqa: D102

    @property
    def seen(self) -> str | None: ...  # noqa: D102

    @property
    def doubted(self) -> bool: ...  # noqa: D102

    @property
    def until(self) -> float: ...  # noqa: D102


class Untaken(Protocol):
    """A push whose process died before the core took its message."""

    @property
    def conversation(self) -> str: ...  # noqa: D102

    @property
    def id(self) -> str: ...  # noqa: D102

    @property
    def message(self) -> Mapping[str, Any]: ...  # noqa: D102


class TokenShelf(Protocol):
    """Where all processes keep one access token, and who may fetch a new one. The value is plain JSON."""

    async def token(self) -> Any:
        """What is kept; None at first."""

    async def take_token(self, holder: str, seconds: float) -> tuple[bool, Any]:
        """Whether we are the one to fetch now, and what is kept."""

    async def leave_token(self, holder: str, kept: Any) -> bool:
        """Keep this, and let others fetch."""


class Records(TokenShelf, Protocol):
    """Everything that must not be forgotten."""

    async def arrived(
        self, conversation: str, push: str, message: Mapping[str, Any], opens: str, wait: float
    ) -> Arrival:
        """A push came, perhaps again, and waits for `wait` seconds. From here on its message is kept."""

    async def closing(
        self, conversation: str, push: str, compose: Compose, *, final: bool, taken: bool
    ) -> Closing | None:
        """Decide a push's answer, once. None: more may come, and it is not yet `final`."""

    async def told(self, conversation: str, push: str) -> bool:
        """The answer was written to the wire. Whether more waits to be said after it."""

    async def taken(self, conversation: str, push: str) -> None:
        """The core has the message."""

    async def left(self, conversation: str) -> None:
        """The customer no longer follows the account."""

    async def put(
        self, conversation: str, seq: int, payload: Mapping[str, Any], cut: Cut, pack: Pack, *, api: bool
    ) -> Parcel | None:
        """Keep a line of the log, a stored `Outgoing`, to be said, with those right behind it. Returns what may be sent
        now, if a call may be made at all (`api`)."""

    async def pick(self, conversation: str, pack: Pack, *, api: bool) -> Parcel | None:
        """What may be sent now of what waits."""

    async def said(self, conversation: str, parcel: Parcel) -> None:
        """WeChat has it."""

    async def back(self, conversation: str, parcel: Parcel, pause: float, why: str) -> None:
        """It was not sent and is kept; `why`: "window", "count", "unheard" when it may have been sent all the same, or
        something else. `pause` doubles each time."""

    async def refuse(self, conversation: str, parcel: Parcel) -> None:
        """WeChat never will take it."""

    async def notice(self, conversation: str) -> bool:
        """Whether to call the customer back now, who was not called since the last push."""

    async def speaks(self, conversation: str, language: str) -> None:
        """The language of the customer's client; empty: nobody knows."""

    async def standing(self, conversation: str) -> Standing:
        """What may be sent now, for staff."""

    async def untaken(self) -> Sequence[Untaken]:
        """Messages that nobody is bringing to the core any more; they are the caller's for a while."""

    async def release(self) -> None:
        """Answers that were decided, and that WeChat never fetched, may go another way."""

    async def due(self) -> Sequence[str]:
        """Conversations with something to say that may be said now."""

    async def forget(self) -> None:
        """Drop what is old and over."""

    async def hold(self, conversation: str, token: str, seconds: float) -> bool:
        """Hold the conversation's lane, so that nothing else is sent there meanwhile."""

    async def let_go(self, conversation: str, token: str) -> None:
        """Give the lane back."""

"""A conversation script as types. What the keys mean is told in README.md; an unknown key is an error."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

FOLDER = Path(__file__).parent
LANGUAGES = ("zh", "en")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same, ten times as quick where the C library is there."""

Words = str | dict[str, str]
"""What is said: the same in both languages, or one wording each."""

Values = dict[str, Any]
Heard = tuple[str, Values]
"""A text key, and the values that matter."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Stored(_Strict):
    """A flow under way, as an older or newer version of the bot would have stored it."""

    flow: str
    version: int = 1
    state: str
    slots: dict[str, Any] = {}


class Long(_Strict):
    """The same words again and again."""

    text: Words
    times: int


class Moved(_Strict):
    """Staff make something of the newest ticket, with words for the customer. `unseen`: the customer is not told,
    as when the news cross their answer; it can then be "gone", too."""

    becomes: str
    words: Words = ""
    unseen: bool = False


StaffDoes = Literal[
    *("takes over", "gives back", "lets the bot go on", "lets the bot begin afresh"),
    *("closes", "closes unanswered", "stays away"),
]


class Step(_Strict):
    """One thing that happens, and what is expected then."""

    customer: Words | list[Words] | None = None
    times: int = 1
    long: Long | None = None
    press: str | Values | None = None
    stale: str | Values | None = None
    forge: str | None = None
    attach: Literal["image", "file", "voice", "video", "sticker", "location", "contact"] | None = None
    link: str | None = None
    code: Literal["from outbox", "wrong"] | None = None
    clock: float | None = None
    order_service: Literal["up", "down", "silent"] | None = Field(None, alias="order service")
    order_vanishes: str | None = Field(None, alias="order vanishes")
    account_vanishes: str | None = Field(None, alias="account vanishes")
    after: int = Field(0, alias="after answers")
    courier_takes: str | None = Field(None, alias="courier takes")
    other_chat_cancels: str | None = Field(None, alias="other chat cancels")
    ticket: Moved | None = None
    staff: StaffDoes | None = None
    staff_says: Words | None = Field(None, alias="staff says")
    stored: Stored | None = None

    speaks: dict[str, str] | None = None
    bot: tuple[Heard, ...] | None = None
    choices: tuple[str | Values, ...] | None = None
    orders: dict[str, str | Values] = {}

    @field_validator("clock", mode="before")
    @classmethod
    def _seconds(cls, told: object) -> object:
        found = re.fullmatch(r"\+(\d+)([smhd])", told) if isinstance(told, str) else None
        if told is not None and found is None:
            raise ValueError('write the time that passes as "+100s", "+15m", "+2h" or "+1d"')
        return int(found[1]) * _UNITS[found[2]] if found else None

    @field_validator("bot", mode="before")
    @classmethod
    def _heard(cls, told: object) -> object:
        return tuple(_one_heard(item) for item in told) if isinstance(told, list) else told

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if len(self.happening) > 1:
            raise ValueError(f"one thing a step, not {', '.join(self.happening)}")
        return self

    @property
    def happening(self) -> list[str]:
        """What happens: the name of the one field that is set. `attach` may come with words."""
        things = [name for name in _THINGS if getattr(self, name) is not None]
        return ["attach"] if set(things) == {"attach", "customer"} else things


_THINGS = (
    *("customer", "long", "press", "stale", "forge", "attach", "link", "code", "clock", "order_service"),
    *("order_vanishes", "account_vanishes", "courier_takes", "other_chat_cancels", "staff", "staff_says", "ticket"),
    "stored",
)


def _one_heard(item: object) -> Heard:
    if isinstance(item, str):
        return item, {}
    if isinstance(item, dict) and len(item) == 1:
        ((key, values),) = item.items()
        return str(key), values
    raise ValueError(f"a text's key, or the key with its values, not {item!r}")


class LeftBehind(_Strict):
    """What staff find afterwards, oldest first."""

    queue: list[str] | None = None
    tickets: list[str] | None = None
    feedback: list[int] | None = None
    mails: int | None = None
    ticket_states: list[str] | None = Field(None, alias="ticket states")


class Script(_Strict):
    """One conversation."""

    name: str
    about: str
    as_: str | None = Field(None, alias="as")
    at: str = "14:30"
    talk: tuple[Step, ...]
    orders: dict[str, str | Values] = {}
    staff_find: LeftBehind = Field(LeftBehind(), alias="staff find")
    linked: str | None = None
    end: str


def load() -> list[Script]:
    """Every script of this folder."""
    return [read(path) for path in sorted(FOLDER.glob("*.yaml"))]


def read(path: Path) -> Script:
    """One script. Raises `ValueError` naming the file and the key that is wrong."""
    try:
        return Script.model_validate({"name": path.stem, **yaml.load(path.read_text(encoding="utf-8"), LOADER)})
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise ValueError(f"{path.name}: {error}") from error


def said(words: Words, language: str) -> str:
    """The words in one language."""
    return words if isinstance(words, str) else words[language]

"""What the engine asks about a customer's words. The rules of `bot.dialogue.rules` answer; others may replace them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class Command(StrEnum):
    """What a customer can say anywhere; the last two only while they wait for a person."""

    HUMAN = "human"
    CANCEL_THIS = "cancel_this"
    BACK = "back"
    START_OVER = "start_over"
    HELP = "help"
    CHINESE = "chinese"
    ENGLISH = "english"
    OTHER_LANGUAGE = "other_language"
    LEAVE_QUEUE = "leave_queue"
    HOW_LONG = "how_long"


@dataclass(frozen=True, slots=True)
class Intent:
    """What a customer may want: a flow and what is already known for it. `score` from 0 to 1."""

    flow: str
    slots: Mapping[str, Any] = field(default_factory=dict)
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Option:
    """One of an open question's choices: its key ("affirm" and "deny" also match every yes and no), its label
    as shown, and further wordings."""

    key: str
    label: str
    also: tuple[str, ...] = ()


class Understanding(Protocol):
    """Pure: the same text gives the same answer. Never raises, whatever the text."""

    def language(self, text: str) -> str | None:
        """ "zh" or "en" where the text clearly is one of them, else None (numbers, emoji, an order number)."""

    def choose(self, text: str, options: Sequence[Option]) -> int | None:
        """Which option is meant, by its number (1, ①, 一, "第一个", "the second one"), its wording (typos forgiven)
        or yes/no. None when none or more than one fits, or the text says clearly more than the choice."""

    def command(self, text: str) -> Command | None:
        """A universal command, when the text is that and nothing else."""

    def queue_command(self, text: str) -> Command | None:
        """What only somebody who waits for a person means by it: how long still, or that they wait no more."""

    def entities(self, text: str, now: float) -> Mapping[str, Any]:
        """What can be read out of the text. Keys, each present only when found:
        "order_number" ("TP" and digits, upper case; or 4-12 bare digits), "phone" (E.164), "bad_phone" (raw text
        meant as a phone number but impossible), "email" (lower case), "code" (exactly 6 digits), "ordinal"
        (1-based; -1 the last), "yes_no" (bool), "time" (seconds since 1970, in the future, Asia/Shanghai),
        "amount" (fen), "address" (text that reads like one), "name" (2-40 letters that may be a person's name),
        "appointment" (the time, where the text says nothing else),
        "description" (what is left of the text without everyday words: it may tell which order is meant),
        "door" (the text, where it is a door and nothing else: "1801", "Room 5"),
        "everything" (True where the text means all there is: "全部取消", "all of them"),
        "acknowledged" (True where the text only says that it was heard: "好的", "ok", but not "yes")."""

    def corrects(self, text: str) -> bool:
        """The customer takes something back: "不是这个", "另一单", "no, the other one"."""

    def asks(self, text: str) -> bool:
        """Whether the text is a question."""

    def asks_price(self, text: str) -> bool:
        """Whether the text asks what something costs, or how much comes back."""

    def asks_after(self, text: str) -> bool:
        """Whether the text asks after a thing and says nothing else: "我的蛋糕呢", "and my cake?"."""

    def intents(self, text: str) -> Sequence[Intent]:
        """What may be wanted, best first, at most 5; an empty list when nothing is near."""

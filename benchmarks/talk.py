"""What the benchmarks' customers write: one conversation in Chinese, lines typed and buttons pressed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

PERSON = "lin"
"""The demo's customer whose order waits for a courier."""


@dataclass(frozen=True, slots=True)
class Open:
    """Come in by a deep link."""


Line = Open | str | int
"""What a customer does: come in, type a line, or press the button at this place of the newest question."""

TALK: Sequence[Line] = (
    Open(),
    "为什么我的订单还在等待确认?",
    1,  # a tip
    3,  # no tip after all
    "帮我查一下订单到哪了",
    "我要取消订单",
    1,  # it takes too long
    "取消要多少钱?",
    "先不取消",
    "改一下收件人电话",
    "13812345678",
    2,  # nothing is changed
    "谢谢",
)
"""Every message is one step, as every message of the floor is one commit: nothing is changed in the order service."""

ACTING: Sequence[Line] = (Open(), "为什么我的订单还在等待确认?", 0, "谢谢")
"""With the wish to be told when the order moves: an act with its result, and a reminder, besides the answers."""

FAREWELL: Sequence[Line] = (Open(), "再见")
"""The shortest conversation, as most stored ones end."""

LOST = {"common.not_understood", "common.trouble", "common.stale_choice", "cannot_help.did_you_mean"}
"""Keys of answers that show that the conversation to measure has gone wrong."""


MARKS = "。!~…,;"
"""What customers end their lines with, in every combination, so that no line is remembered from the one before."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One message as it arrived at the channel: `at` is the generator's clock, `tokens` those of its buttons."""

    seq: int
    at: float
    key: str
    tokens: Sequence[str]


def webhook(chat: str, id: str, place: int, line: Line, *, link: str, token: str | None) -> dict[str, Any]:
    """The body of the webhook that brings a line. `place` tells the floor which rows to write."""
    body: dict[str, Any] = {"chat": chat, "id": id, "line": place}
    match line:
        case Open():
            return {**body, "link": link}
        case str():
            return {**body, "text": line + "".join(random.choices(MARKS, k=3))}
        case _:
            return {**body, "pressed": token}

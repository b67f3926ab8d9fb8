"""The answers to frequent questions: one YAML file each in flows/faq/answers, in both languages."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from bot.dialogue.datafiles import read, wrong

FOLDER = Path(__file__).parent / "answers"

PLACEHOLDERS = {
    "company": "the company's name",
    "hotline": "its telephone number",
    "hours": "when the hotline is open, in words",
    "email": "where to write",
    "weibo": "its Weibo account",
    "wechat": "its WeChat account",
    "free_seconds": "for how many seconds after acceptance cancelling is free",
    "fee_minutes": "until how many minutes after acceptance cancelling costs a fee",
    "cancel_fee": 'that fee, with its currency ("2 元", "¥2.00")',
    "refund_days": "working days until a refund arrives",
}
"""What an answer may leave open, and what has to be filled in."""


class Live(StrEnum):
    """What the answer adds about this customer."""

    ORDER = "order"
    CHARGES = "charges"
    POINTS = "points"
    REFUNDS = "refunds"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Both(_Strict):
    """A text in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def __getitem__(self, language: str) -> str:
        return self.en if language == "en" else self.zh


class Asked(_Strict):
    """Ways to ask, in both languages."""

    zh: tuple[str, ...] = Field(min_length=8)
    en: tuple[str, ...] = Field(min_length=8)


class Words(_Strict):
    """Words that by themselves point to the answer."""

    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()


class FaqAnswer(_Strict):
    """One answer. `next`: follow-up choices, an answer ("faq:fees"), a flow ("cancel_order"), a flow with what it is
    about ("complaint:lost_parcel"), or "human"."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Both
    ask: Asked
    answer: Both
    keywords: Words = Words()
    live: Live | None = None
    next: tuple[str, ...] = ()


def load(folder: Path = FOLDER) -> dict[str, FaqAnswer]:
    """Every answer by its id. Raises `FlowError` naming the file and the key that is wrong."""
    paths = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    answers = {name: read(path, FaqAnswer) for name, path in paths.items()}
    for name, answer in answers.items():
        if answer.id != name:
            raise wrong(paths[name], "id", f"must be {name!r}, as the file is named")
        for follow_up in answer.next:
            kind, _, other = follow_up.partition(":")
            if kind == "faq" and other not in answers:
                raise wrong(paths[name], "next", f"there is no answer {other!r}")
    return answers

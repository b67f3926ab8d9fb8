"""What the leads read when something is overdue: never a customer's words, name or number."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from bot.dialogue import formats
from bot.dialogue.texts import Texts
from bot.store.overdue import Late
from bot.support.mail import Mail

_WORDS = {
    "zh": {
        "subject": "已超时：",
        "between": "，",
        "tickets": "{count} 个工单",
        "waiting": "{count} 位客户在等人工",
        "intro": "下面这些没有按时处理，请安排同事跟进：",
        "ticket": "· 工单 {number}（{about}），应在 {due} 前处理 — /desk/tickets/{number}",
        "customer": "· 一位客户在等人工，应在 {due} 前有人接待 — /desk",
        "end": "每一项超时只通知一次。",
    },
    "en": {
        "subject": "Overdue: ",
        "between": ", ",
        "tickets": "{count} ticket(s)",
        "waiting": "{count} customer(s) waiting for a person",
        "intro": "These were not dealt with in time. Please see to it that a colleague does:",
        "ticket": "- ticket {number} ({about}), due {due} — /desk/tickets/{number}",
        "customer": "- a customer waits for a person, due {due} — /desk",
        "end": "You are told of each only once.",
    },
}


def letter(late: Sequence[Late], texts: Texts, to: str, language: str, at: float) -> Mail:
    """The mail to one lead, written at `at`, about all that has just become overdue."""
    words = _WORDS[language]
    tickets = sum(1 for one in late if one.ticket)
    counts = [("tickets", tickets), ("waiting", len(late) - tickets)]
    told = words["between"].join(words[name].format(count=count) for name, count in counts if count)
    lines = [_line(one, words, texts, language, at) for one in late]
    body = "\n".join([words["intro"], "", *lines, "", words["end"]])
    return Mail(f"late-{uuid4().hex}", to, words["subject"] + told, body, at)


def _line(one: Late, words: dict[str, str], texts: Texts, language: str, now: float) -> str:
    due = formats.time(one.due_at, language, now)
    if not one.ticket:
        return words["customer"].format(due=due)
    key = f"common.ticket_about.{one.about}"
    about = texts.say(key, language, {}, now) if texts.has(key) else one.about
    return words["ticket"].format(number=one.ticket, about=about, due=due)

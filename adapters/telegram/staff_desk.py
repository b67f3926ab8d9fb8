"""What the staff's group on Telegram is handed of the support core."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from adapters.telegram.inbound import NAME
from bot.desk.people import Agent, Phones
from bot.desk.talk import Talks
from bot.desk.topics import Topics
from bot.desk.work import Work


@dataclass(frozen=True, slots=True)
class Desk:
    """`colleagues`: everybody, to name them; `reader`: in whose name and language the group reads, and of which teams
    the conversations are that it shows."""

    work: Work
    talks: Talks
    phones: Phones
    topics: Topics
    colleagues: Callable[[], Awaitable[Sequence[Agent]]]
    reader: Agent


def id_prefix(chat: int) -> str:
    """How the ids of what was written in the group begin."""
    return f"{NAME}:{chat}:"

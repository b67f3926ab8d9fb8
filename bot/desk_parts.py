"""What the desk is handed: the parts behind its protocols, joined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.desk.talk import Talks
from bot.desk.work import Work
from bot.dialogue.engine import Engine
from bot.orders.gateway import Gateway
from bot.runtime.service import Runtime
from bot.runtime.typing import Show
from bot.sections import Support
from bot.store.database import Database
from bot.support.names import Names
from bot.support.talks import Conversations
from bot.support.words import Words
from bot.support.work import Workplace


@dataclass(frozen=True, slots=True)
class Workbench:
    """What staff work with."""

    work: Work
    talks: Talks


def workbench(
    database: Database,
    runtime: Runtime,
    engine: Engine,
    gateway: Gateway,
    settings: Support,
    typing: Mapping[str, Show],
) -> Workbench:
    """Join them. `typing`: how a channel shows the customer that somebody writes, by the channel's name."""
    words, names = Words(engine.book, engine.texts), Names(gateway)
    return Workbench(
        Workplace(database, runtime, words, names, settings.teams.keys()),
        Conversations(database, runtime, typing),
    )

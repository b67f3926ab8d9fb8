"""What the next person must know of a conversation before the first word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.desk.people import Agent
from bot.desk.work import Brief
from bot.dialogue.conversation import Conversation
from bot.dialogue.stack import order_in
from bot.store import seeing
from bot.store.database import Database
from bot.support.names import Names
from bot.support.words import Words


class Briefs:
    """Puts them together from the dialogue's state, the handover and the log."""

    def __init__(self, database: Database, words: Words, names: Names) -> None:
        self._database = database
        self._words = words
        self._names = names

    async def brief(self, agent: Agent, conversation: str) -> Brief:
        """See `bot.desk.work.Work.brief`."""
        known = await self._database.run(seeing.known, agent, conversation)
        talk = Conversation.from_json(known.state)
        brief = dict(known.handover.brief) if known.handover else {}
        doing = brief.get("doing") or _doing(talk)
        order = brief.get("order") or (doing.get("slots") or {}).get("order") or order_in(talk.frames)
        names = await self._names.of([talk.customer])
        return Brief(
            conversation,
            known.channel,
            talk.language,
            talk.customer,
            names.get(talk.customer or "", ""),
            known.handover.reason if known.handover else "",
            self._words.wish({**brief, "doing": doing, "order": order}, agent.language, known.now),
            order=str(order) if order else None,
            doing=doing,
        )


def _doing(talk: Conversation) -> Mapping[str, Any]:
    """What the bot is about, where it has handed nothing over."""
    frame = next((frame for frame in reversed(talk.frames) if frame.then is None), None)
    return {} if frame is None else {"flow": frame.flow, "state": frame.state, "slots": frame.slots}

"""What the next person must know of a conversation before the first word."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from bot.desk.people import Agent
from bot.desk.work import Brief
from bot.dialogue.conversation import Conversation
from bot.dialogue.stack import order_in
from bot.errors import OrderServiceError
from bot.orders.diagnosis import diagnose
from bot.orders.gateway import Gateway
from bot.store import seeing
from bot.store.database import Database
from bot.support.cards import Cards
from bot.support.names import Names

LONGEST = 80
UNTOLD = {"HandOver", "LeaveQueue", "Remind", "KeepFeedback"}
"""Acts that are no try at solving anything."""
SHOWN_SLOTS = ("order", "field", "value", "reason", "cause", "words", "contact", "ticket", "refusal")


class Briefs:
    """Puts them together from the handover, the dialogue's state, the log, the audit trail and the order service.
    `limit`: seconds the order service may take; without its answer there is a brief all the same."""

    def __init__(self, database: Database, cards: Cards, names: Names, gateway: Gateway, limit: float) -> None:
        self._database = database
        self._cards = cards
        self._names = names
        self._gateway = gateway
        self._limit = limit

    async def brief(self, agent: Agent, conversation: str) -> Brief:
        """See `bot.desk.work.Work.brief`."""
        known = await self._database.run(seeing.known, agent, conversation)
        talk = Conversation.from_json(known.state)
        brief = dict(known.handover.brief) if known.handover else {}
        doing = brief.get("doing") or _doing(talk)
        slots = {**(doing.get("slots") or {}), **{name: brief[name] for name in brief if name != "doing"}}
        order = str(slots.get("order") or order_in(talk.frames) or "") or None
        names = await self._names.of([talk.customer])
        wish = self.wish({**brief, "doing": doing, "order": order}, agent.language, known.now)
        return Brief(
            conversation,
            known.channel,
            talk.language,
            talk.customer,
            names.get(talk.customer or "", ""),
            known.handover.reason if known.handover else "",
            wish or known.words[:LONGEST],
            order=order,
            doing=doing,
            diagnosis=await self._causes(talk.customer, order, agent.language, known.now),
            tried=tuple(sorted(self._tried(known, agent.language))),
            slots=tuple(_slots(slots)),
        )

    def wish(self, brief: Mapping[str, Any], language: str, now: float) -> str:
        """What the customer was about, in a line; "" when that is not known."""
        return self._cards.words.wish(brief, language, now)

    async def _causes(self, customer: str | None, order: str | None, language: str, now: float) -> tuple[str, ...]:
        if customer is None or order is None:
            return ()
        try:
            async with asyncio.timeout(self._limit):
                found = await self._gateway.order(customer, order)
        except (OrderServiceError, TimeoutError):
            return ()
        return self._cards.causes(diagnose(found, now, self._cards.policy), language, now)

    def _tried(self, known: seeing.Known, language: str) -> Iterator[tuple[float, str]]:
        say = self._cards.words.say
        for act in known.acts:
            what = say(f"staff.tried.act.{act.what}", language, {"order": act.order}, known.now)
            if act.what not in UNTOLD and what:
                outcome = {"what": what.strip(), "outcome": act.outcome or "pending"}
                yield act.at, say("staff.tried.outcome", language, outcome, known.now)
        for entry in known.audited:
            values = {"actor": entry.actor, "order": entry.order, "subject": entry.order}
            if line := say(f"staff.tried.{entry.what}", language, values, known.now):
                yield entry.at, line


def _doing(talk: Conversation) -> Mapping[str, Any]:
    """What the bot is about, where it has handed nothing over."""
    frame = next((frame for frame in reversed(talk.frames) if frame.then is None), None)
    return {} if frame is None else {"flow": frame.flow, "state": frame.state, "slots": frame.slots}


def _slots(slots: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in SHOWN_SLOTS:
        value = slots.get(name)
        if isinstance(value, str | int | float) and value != "":
            yield name, " ".join(str(value).split())[:LONGEST]

"""One event end to end: load the conversation, run the dialogue, keep what it led to in one short transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol
from weakref import WeakValueDictionary

import structlog

from bot.channel import Receipt
from bot.dialogue.conversation import Conversation
from bot.dialogue.effects import Outcome, Read
from bot.dialogue.events import Event, Happened, LinkOpened
from bot.dialogue.turn import Dialogue, Request, Turn
from bot.errors import StoreUnavailable
from bot.messages import Outgoing, outgoing_to_json
from bot.performer import Performers, Scope
from bot.runtime.attending import Deed, Plan
from bot.runtime.settings import RuntimeSettings
from bot.store.attending import attend
from bot.store.conversations import Line, Loaded, Source, Taken, Ticket, load
from bot.store.database import Database
from bot.store.draining import Item
from bot.store.keeping import Kept, keep
from bot.store.lanes import Claim, Hold

log = structlog.get_logger(__name__)

MOST_CONFLICTS = 20


class Lanes(Protocol):
    """Who does what is kept."""

    def hold(self, channel: str) -> Hold | None:
        """With what to take a lane of this channel at once; None where others shall do it."""

    def take(self, claim: Claim, first: Item) -> None:
        """The lane is held now: begin."""

    def grew(self, conversation: str, *, due: bool, staffed: bool = False) -> None:
        """The conversation's log has grown. `due`: somebody has to look at its lane; `staffed`: a member of staff has
        it, or is waited for."""


class Stepper:
    """Takes events, each exactly once."""

    def __init__(
        self,
        database: Database,
        dialogue: Dialogue,
        performers: Performers,
        settings: RuntimeSettings,
        lanes: Lanes,
    ) -> None:
        self._database = database
        self._dialogue = dialogue
        self._performers = performers
        self._settings = settings
        self._lanes = lanes
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(self, ticket: Ticket, payload: Mapping[str, Any], event: Event) -> Receipt:
        """Take an event durably. Raises `StoreUnavailable`, having kept nothing."""
        # Only saves work: what makes it right, in other processes too, is the version checked in `keep`.
        async with self._locks.setdefault(ticket.conversation, asyncio.Lock()):
            for _ in range(MOST_CONFLICTS):
                loaded = await load(self._database, ticket)
                if loaded.taken is not None:
                    return Receipt(loaded.taken, duplicate=True)
                taken = await self._lead(ticket, loaded, payload, event)
                kept = await keep(self._database, ticket, loaded, taken, self._lanes.hold(ticket.channel))
                if kept is not None:
                    self._go_on(ticket, loaded, taken, kept)
                    return Receipt(kept.seq)
        raise StoreUnavailable("too many want the same conversation at once")

    async def attend(self, ticket: Ticket, plan: Plan) -> Receipt:
        """Take what a member of staff does, once. Raises what `plan` and its deed raise, or `StoreUnavailable`, having
        kept nothing."""
        async with self._locks.setdefault(ticket.conversation, asyncio.Lock()):
            for _ in range(MOST_CONFLICTS):
                loaded = await load(self._database, ticket)
                if loaded.taken is not None:
                    return Receipt(loaded.taken, duplicate=True)
                deed = plan(loaded)
                taken = await self._attended(ticket.conversation, loaded, deed)
                kept = await self._database.run(attend, ticket, loaded, taken, deed.owner, deed.also)
                if kept is not None:
                    self._told(ticket.conversation, kept)
                    return Receipt(kept.seq)
        raise StoreUnavailable("too many want the same conversation at once")

    def _told(self, conversation: str, kept: Kept) -> None:
        self._lanes.grew(conversation, due=kept.waits, staffed=True)

    async def _attended(self, conversation: str, loaded: Loaded, deed: Deed) -> Taken:
        talk = Conversation.from_json({"language": self._settings.language, **loaded.state})
        turn = Turn(talk)
        if deed.event is not None:
            turn = await self._turn(conversation, talk, deed.event, loaded.now)
        talk = turn.conversation
        lines = [deed.signed(step) if isinstance(step, Outgoing) else step for step in (*turn.steps, *deed.words)]
        came = _came({"agent": deed.author}, turn)
        return Taken(came, _state(talk), talk.customer, [_line(line) for line in lines])

    async def _lead(self, ticket: Ticket, loaded: Loaded, payload: Mapping[str, Any], event: Event) -> Taken:
        talk = Conversation.from_json({"language": self._settings.language, **loaded.state})
        is_customers = ticket.source is Source.CUSTOMER
        if loaded.owner is not None and is_customers and not self._dialogue.counts_always(talk, event):
            # A human answers; the bot listens without a word.
            return Taken(payload, loaded.state, talk.customer, ())
        turn = await self._turn(ticket.conversation, talk, event, loaded.now)
        after = turn.conversation
        return Taken(_came(payload, turn), _state(after), after.customer, [_line(step) for step in turn.steps])

    def _go_on(self, ticket: Ticket, loaded: Loaded, taken: Taken, kept: Kept) -> None:
        if kept.claim is not None:
            line, seq = taken.lines[0], kept.seq + 1
            who = (taken.customer, taken.state)
            self._lanes.take(kept.claim, Item(seq, line.kind, line.payload, loaded.now, loaded.now, 1, *who))
        staffed = loaded.owner is not None or "queued" in loaded.state or "queued" in taken.state
        self._lanes.grew(ticket.conversation, due=kept.waits, staffed=staffed)

    async def _turn(self, conversation: str, talk: Conversation, event: Event, now: float) -> Turn:
        scope = Scope(conversation, _customer_during(event, talk), talk.language, now)
        work = self._dialogue.turn(talk, event, now)
        try:
            read = next(work)
            while True:
                read = work.send(await self._answer(read, scope))
        except StopIteration as end:
            turn: Turn = end.value
            return turn

    async def _answer(self, read: Read, scope: Scope) -> Outcome:
        try:
            async with asyncio.timeout(self._settings.read):
                return await self._performers[type(read)](read, scope)
        except Exception as error:  # whatever it was, the customer gets an answer
            log.warning("read_failed", effect=read.kind(), error=type(error).__name__)
            return Outcome("service_down")


def _state(talk: Conversation) -> dict[str, Any]:
    """Its language is always written out: the default of this version or setting may not be the next one's."""
    return {**talk.to_json(), "language": talk.language}


def _came(payload: Mapping[str, Any], turn: Turn) -> Mapping[str, Any]:
    """With how flows moved on, for who counts that afterwards."""
    return {**payload, "ways": turn.ways} if turn.ways else payload


def _customer_during(event: Event, talk: Conversation) -> str | None:
    """Whose orders may be read in this turn: a link or a proof counts from its own turn on."""
    match event:
        case LinkOpened(customer=customer) if customer is not None and talk.customer is None:
            return customer
        case Happened(outcome=outcome):
            return None if outcome.unlinks else outcome.links or talk.customer
    return talk.customer


def _line(step: Outgoing | Request) -> Line:
    if isinstance(step, Outgoing):
        return Line("message", outgoing_to_json(step))
    return Line("act", {"id": step.id, "effect": step.act.kind(), "fields": step.act.to_json()})

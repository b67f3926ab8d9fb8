"""Tickets as staff work on them. A change of state is one deed in the customer's conversation (see
`bot.runtime.attending`): the ticket, its history and the message that tells the customer are kept together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from bot.channel import Receipt
from bot.content import clean
from bot.desk.people import Agent
from bot.desk.tickets import ABOUTS, Ticket, TicketCounts, TicketLine, TicketState
from bot.dialogue.events import Woke
from bot.errors import NotTaken
from bot.messages import Address, Attachment
from bot.runtime.attending import Deed, Plan
from bot.store import presence, seeing, ticket_lists
from bot.store import support as opening
from bot.store import tickets as store
from bot.store.conversations import Loaded
from bot.store.database import Database
from bot.store.ticket_lists import Wanted
from bot.store.tickets import Change, Found
from bot.support.names import Names
from bot.support.teams import teams_of
from bot.support.tickets import numbers

NEWS = "ticket_news"
LONGEST_WORDS = 1500
"""With the words around them they fit into one message of every channel."""
LONGEST_NOTE = 4000
LONGEST_ORDER = 40
NOT_THEIRS = "not_theirs"


class Runtime(Protocol):
    """The part of the runtime that keeps what staff do, and has the customers' files."""

    async def attend(self, conversation: str, id: str, plan: Plan, *, by_staff: bool = False) -> Receipt:
        """See `bot.runtime.service.Runtime.attend`."""

    async def attachment(self, address: Address, ref: str) -> tuple[Attachment, bytes] | None:
        """See `bot.channel.Service.attachment`."""


class TicketOffice:
    """Implements `bot.desk.tickets.TicketDesk`. `within`: in how many seconds the company does the next step of a
    ticket about something; `names`: what customers are called; without it, by their ids."""

    def __init__(
        self, database: Database, runtime: Runtime, within: Callable[[str], float], names: Names | None = None
    ) -> None:
        self._database = database
        self._names = names
        self._runtime = runtime
        self._within = within

    # --- looking ----------------------------------------------------------------------------------------------------

    async def tickets(
        self,
        agent: Agent,
        *,
        states: Sequence[TicketState] = (),
        owner: str = "",
        overdue: bool = False,
        about: str = "",
        page: int = 1,
    ) -> tuple[Sequence[TicketLine], int]:
        """See `TicketDesk.tickets`."""
        wanted = Wanted(states, owner, overdue, about, teams_of(agent), page)
        lines, total = await self._database.run(ticket_lists.listed, wanted)
        return await self._names.call(lines) if self._names else lines, total

    async def counts(self, agent: Agent) -> TicketCounts:
        """See `TicketDesk.counts`."""
        return await self._database.run(ticket_lists.counts, agent.id, teams_of(agent))

    async def ticket(self, agent: Agent, number: str) -> Ticket:
        """See `TicketDesk.ticket`."""
        ticket = await self._database.run(store.whole, agent, number)
        return replace(ticket, line=(await self._names.call([ticket.line]))[0]) if self._names else ticket

    async def attachment(self, agent: Agent, number: str, ref: str) -> tuple[Attachment, bytes] | None:
        """See `TicketDesk.attachment`."""
        found = await self._find(agent, number)
        return await self._runtime.attachment(Address.of(found.line.conversation), ref) if ref in found.refs else None

    # --- changing ---------------------------------------------------------------------------------------------------

    async def move(self, agent: Agent, id: str, number: str, state: TicketState, words: str) -> None:
        """See `TicketDesk.move`."""
        if not state.is_staffs:
            raise NotTaken("not_now")
        told = _words(words, LONGEST_WORDS, needed=state.needs_words)
        found = await self._find(agent, number)
        change = Change(number, _key(number, id), agent.id, state.value, told)
        await self._tell(agent, found, change, partial(store.move, change=change, within=self._within))

    async def give(self, agent: Agent, id: str, number: str, owner: str) -> None:
        """See `TicketDesk.give`."""
        found = await self._find(agent, number)
        if owner and await self._database.run(presence.colleague, owner) is None:
            raise NotTaken("no_such_colleague")
        await self._database.run(store.give, Change(found.line.number, _key(number, id), agent.id, owner))

    async def due(self, agent: Agent, id: str, number: str, at: float) -> None:
        """See `TicketDesk.due`."""
        found = await self._find(agent, number)
        await self._database.run(store.due, Change(found.line.number, _key(number, id), agent.id, f"{at:.0f}"), at)

    async def note(self, agent: Agent, id: str, number: str, words: str) -> None:
        """See `TicketDesk.note`."""
        kept = _words(words, LONGEST_NOTE, needed=True)
        found = await self._find(agent, number)
        await self._database.run(store.note, Change(found.line.number, _key(number, id), agent.id, words=kept))

    async def open(self, agent: Agent, id: str, conversation: str, about: str, words: str, order: str) -> str:
        """See `TicketDesk.open`. Raises `NotTaken` for what no ticket is about, or without words."""
        if about not in ABOUTS:
            raise NotTaken("no_such_about")
        told = _words(words, LONGEST_NOTE, needed=True)
        about_order = _words(order, LONGEST_ORDER, needed=False) or None
        await self._database.run(seeing.must_see, agent, conversation)
        key = f"ticket:{agent.id}:{id}"
        for number in numbers(await self._database.run(store.now)):
            new = partial(_new, conversation, key, about, about_order, told, self._within(about))
            try:
                await self._open(agent, conversation, key, number, new)
            except store.NumberTaken:
                continue
            return await self._database.run(store.number_of, key)
        raise AssertionError("the numbers to try never end")

    async def _find(self, agent: Agent, number: str) -> Found:
        return await self._database.run(store.find, agent, number)

    async def _tell(self, agent: Agent, found: Found, change: Change, also: Callable[..., None]) -> None:
        """Keep a change with the message about it, in whoever's hands the conversation is. Where the chat has come to
        belong to somebody else, nobody is told, and the ticket says so."""

        def plan(loaded: Loaded) -> Deed:
            customer = loaded.state.get("customer")
            theirs = found.line.customer in (None, customer)
            event = Woke(NEWS, _news(found.line, change)) if theirs else None
            keep = also if theirs else partial(_untold, also, change)
            return Deed(loaded.owner, agent.id, event, also=keep, signs=False)

        await self._runtime.attend(found.line.conversation, change.key, plan)

    async def _open(
        self, agent: Agent, conversation: str, key: str, number: str, new: Callable[..., opening.NewTicket]
    ) -> None:
        change = Change(number, key, agent.id, TicketState.OPEN.value)

        def plan(loaded: Loaded) -> Deed:
            wanted = new(customer=loaded.state.get("customer"))
            line = TicketLine(
                number, wanted.about, TicketState.OPEN, conversation, wanted.customer, wanted.order, agent.id, 0, None
            )
            also = partial(store.open_by_staff, new=wanted, change=change)
            return Deed(loaded.owner, agent.id, Woke(NEWS, _news(line, change)), also=also, signs=False)

        await self._runtime.attend(conversation, key, plan)


def _new(
    conversation: str, key: str, about: str, order: str | None, words: str, within: float, *, customer: str | None
) -> opening.NewTicket:
    return opening.NewTicket(conversation, key, customer, about, order, words, (), None, within)


def _news(line: TicketLine, change: Change) -> dict[str, Any]:
    """The slots of the flow that tells it."""
    return {"number": line.number, "about": line.about, "state": change.value, "words": change.words}


def _untold(also: Callable[..., None], change: Change, connection: Any) -> None:
    also(connection)
    store.untold(connection, change, NOT_THEIRS)


def _key(number: str, id: str) -> str:
    return f"ticket:{number}:{id}"


def _words(given: str, most: int, *, needed: bool) -> str:
    words = clean(given).strip()
    if needed and not words:
        raise NotTaken("words_missing")
    if len(words) > most:
        raise NotTaken("words_too_long")
    return words

"""How the parts are, and what is done about what could not be delivered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bot.desk.people import Agent
from bot.desk.reports import DeadLetter, Part
from bot.desk.talk import Talks
from bot.errors import OrderServiceError, StoreUnavailable
from bot.orders.gateway import Gateway
from bot.store import dead
from bot.store import health as store
from bot.store.database import Database
from bot.store.dead import Letter, Place
from bot.store.health import Backlog
from bot.support.names import Names
from bot.support.teams import teams_of

SHOWN = 100
PREVIEW = 160
FRESH = 2.0
"""Seconds for which what was found is told again: any number of open pages cost one look."""
ANSWER = 2.0
"""Seconds in which the order service must answer."""
SLOW = 60.0
SLOW_MAIL = 900.0
"""Seconds that something may wait before it is a trouble."""
BEYOND = 2**53
"""A cursor that no change of an order has reached."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What there is to look at. `channels`: the names of those that are set up; `posts`: whether there is a mail
    server; `demo`: without one, mails can be read in the demo's outbox."""

    channels: Sequence[str]
    posts: bool
    demo: bool


class HealthDesk:
    """Implements `bot.desk.reports.Health`. `names`: what customers are called; without it, by their ids."""

    def __init__(
        self, database: Database, talks: Talks, gateway: Gateway, watched: Watched, names: Names | None = None
    ) -> None:
        self._database = database
        self._names = names
        self._talks = talks
        self._gateway = gateway
        self._watched = watched
        self._found: tuple[float, Sequence[Part]] = (-FRESH, ())
        self._looking = asyncio.Lock()

    async def dead_letters(self, agent: Agent) -> Sequence[DeadLetter]:
        """See `Health.dead_letters`."""
        found = [_shown(letter) for letter in await self._database.run(dead.letters, SHOWN, teams_of(agent))]
        return await self._names.call(found) if self._names else found

    async def send_again(self, agent: Agent, conversation: str, seq: int) -> int:
        """See `Health.send_again`."""
        return await self._talks.send_again(agent, conversation, seq)

    async def let_go(self, agent: Agent, conversation: str, seq: int) -> None:
        """See `Health.let_go`."""
        await self._database.run(store.let_go, agent, Place(conversation, seq))

    async def parts(self, agent: Agent) -> Sequence[Part]:  # noqa: ARG002 -- the same for everybody
        """See `Health.parts`."""
        async with self._looking:
            at, found = self._found
            if time.monotonic() - at >= FRESH:
                found = await self._look()
                self._found = time.monotonic(), found
        return found

    async def _look(self) -> Sequence[Part]:
        try:
            found = await self._database.run(store.look)
        except StoreUnavailable as error:
            return [Part("database", ok=False, why="silent", trouble=str(error))]
        ours = self._watched.channels
        names = [*ours, *sorted(found.channels.keys() - set(ours))]
        channels = [_channel(name, found.channels.get(name, Backlog()), found.now) for name in names]
        return [Part("database", ok=True), *channels, await self._orders(), self._mail(found.mail, found.now)]

    async def _orders(self) -> Part:
        try:
            async with asyncio.timeout(ANSWER):
                await self._gateway.changes(BEYOND, 1)
        except (OrderServiceError, TimeoutError) as error:
            return Part("orders", ok=False, why="silent", trouble=str(error))
        return Part("orders", ok=True)

    def _mail(self, backlog: Backlog, now: float) -> Part:
        why = "" if self._watched.posts else "no_server"
        ok = self._watched.posts or self._watched.demo
        if backlog.given_up or _is_slow(backlog, now, SLOW_MAIL):
            ok, why = False, "refused" if backlog.given_up else "slow"
        return _part("mail", backlog, ok=ok, why=why)


def _channel(name: str, backlog: Backlog, now: float) -> Part:
    if backlog.paused_until is not None:
        trouble = backlog.why_paused or backlog.trouble
        return _part(name, backlog, ok=False, why="paused", until=backlog.paused_until, trouble=trouble)
    if _is_slow(backlog, now, SLOW):
        return _part(name, backlog, ok=False, why="slow")
    return _part(name, backlog, ok=not backlog.given_up, why="refused" if backlog.given_up else "")


def _part(
    name: str, found: Backlog, *, ok: bool, why: str, until: float | None = None, trouble: str | None = None
) -> Part:
    told = found.trouble if trouble is None else trouble
    return Part(name, ok, why, found.waiting, found.oldest, until, found.given_up, told)


def _is_slow(backlog: Backlog, now: float, most: float) -> bool:
    return backlog.oldest is not None and now - backlog.oldest > most


def _shown(letter: Letter) -> DeadLetter:
    words = letter.payload.get("text") if letter.kind == "message" else letter.payload.get("effect")
    preview = " ".join(str(words or "").split())[:PREVIEW]
    place = letter.place
    return DeadLetter(place.conversation, place.seq, letter.at, letter.kind, letter.why, preview, letter.customer)

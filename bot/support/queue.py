"""The customers' side of the staff queue: handing a conversation over, how far it is, and who can be reached."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from bot.dialogue.effects import FindPlace, HandOver, LeaveQueue, Outcome, ReadDesk
from bot.performer import Scope
from bot.sections import Company, Support
from bot.store import queueing as store
from bot.store.database import Database
from bot.support.office import Office

# A lost parcel is followed up at once; who has done all they could comes before who only prefers a person.
PRIORITIES = {"lost": 2, "stuck": 1, "complaint": 1}
LEAST = 30.0
"""Seconds; of a wait that is nearly over nothing is said in minutes."""


class Queue:
    """Performs `HandOver`, `FindPlace`, `LeaveQueue` and `ReadDesk`."""

    def __init__(self, database: Database, company: Company, support: Support) -> None:
        self._database = database
        self._company = company
        self._support = support
        self._office = Office(company.hotline_hours, support.claim_within)

    async def hand_over(self, effect: HandOver, scope: Scope) -> Outcome:
        """Queue the conversation."""
        team = self._support.team_for(effect.reason)
        office = await self._office_of(scope.conversation, team)
        new = store.NewHandover(
            conversation=scope.conversation,
            key=scope.key,
            reason=effect.reason,
            brief=effect.brief,
            language=scope.language,
            priority=PRIORITIES.get(effect.reason, 0),
            team=team,
        )
        queued = await self._database.run(store.hand_over, new, office.wait(scope.now))
        return Outcome("queued", {**_told(queued), **office.times(scope.now)})

    async def find_place(self, effect: FindPlace, scope: Scope) -> Outcome:  # noqa: ARG002 -- asks nothing more
        """How far it is."""
        queued = await self._database.run(store.place, scope.conversation)
        if queued is None:
            return Outcome("not_in_queue")
        late = queued.typical is not None and queued.waited > queued.typical
        office = await self._office_of(scope.conversation)
        return Outcome("place_found", {**_told(queued), "late": late, **office.times(scope.now)})

    async def leave(self, effect: LeaveQueue, scope: Scope) -> Outcome:  # noqa: ARG002 -- asks nothing more
        """Out of it."""
        await self._database.run(store.leave, scope.conversation)
        return Outcome("left_queue")

    async def read_desk(self, effect: ReadDesk, scope: Scope) -> Outcome:
        """Who can be reached."""
        company, team = self._company, self._support.team_for(effect.reason)
        values = {
            "hotline": company.hotline,
            "hours": company.hotline_hours.told(scope.language),
            "email": company.email,
            "weibo": company.weibo,
            "wechat": company.wechat,
            "waiting": await self._database.run(store.waiting),
            "here": await self._database.run(store.is_staffed, scope.conversation, team),
        }
        return Outcome("desk_read", {**values, **self._office.times(scope.now)})

    async def _office_of(self, conversation: str, team: str = "") -> Office:
        """At night, too, somebody may be there: then the customer is not told to wait for the morning."""
        return replace(self._office, here=await self._database.run(store.is_staffed, conversation, team))


def _told(queued: store.Queued) -> dict[str, Any]:
    """What a customer may be told. Minutes are those still to come, and never fewer than it will be."""
    left = None if queued.typical is None else queued.typical - queued.waited
    return {
        "position": queued.position,
        "waiting": queued.waiting,
        "minutes": None if left is None or left < LEAST else math.ceil(left / 60),
        "number": queued.number,
    }

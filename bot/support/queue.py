"""Handing a conversation to staff, and telling who can be reached."""

from __future__ import annotations

from typing import Any

from bot.dialogue.effects import HandOver, Outcome, ReadDesk
from bot.performer import Scope
from bot.sections import Company
from bot.store import support as store
from bot.store.database import Database

# A lost parcel is followed up at once; who has done all they could comes before who only prefers a person.
PRIORITIES = {"lost": 2, "stuck": 1, "complaint": 1}


class Queue:
    """Performs `HandOver` and `ReadDesk`."""

    def __init__(self, database: Database, company: Company) -> None:
        self._database = database
        self._company = company

    async def hand_over(self, effect: HandOver, scope: Scope) -> Outcome:
        """Queue the conversation. Values: position, waiting, open, opens_at (None: not within a year)."""
        new = store.NewHandover(
            conversation=scope.conversation,
            key=scope.key,
            reason=effect.reason,
            brief=effect.brief,
            language=scope.language,
            priority=PRIORITIES.get(effect.reason, 0),
        )
        position, waiting = await self._database.run(store.hand_over, new)
        return Outcome("queued", {"position": position, "waiting": waiting, **self._times(scope.now)})

    async def read_desk(self, effect: ReadDesk, scope: Scope) -> Outcome:  # noqa: ARG002 -- asks nothing more
        """Who can be reached. Values: those of `ReadDesk`, and opens_at."""
        company = self._company
        values = {
            "hotline": company.hotline,
            "hours": company.hotline_hours.told(scope.language),
            "email": company.email,
            "weibo": company.weibo,
            "wechat": company.wechat,
            "waiting": await self._database.run(store.waiting),
        }
        return Outcome("desk_read", {**values, **self._times(scope.now)})

    def _times(self, now: float) -> dict[str, Any]:
        hours = self._company.hotline_hours
        return {"open": hours.is_open(now), "opens_at": hours.next_opening(now)}

"""The audit trail, for admins: who did what, and when."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from adapters.desk.guarding import signed_in
from adapters.desk.rendering import Part
from adapters.desk.services import Desk
from bot.desk.people import Agent, Role
from bot.desk.reports import AuditLine, Trail

AUDIT = "/desk/audit"
LONGEST = 200
# Those who are no members of staff.
OTHERS = ("customer", "bot", "operator", "nobody")


def routes(desk: Desk) -> list[BaseRoute]:
    """Where the trail is there."""
    return [Route(AUDIT, AuditPage(desk, desk.trail).show)] if desk.trail else []


class AuditPage(Part):
    """A page of entries, the newest first."""

    def __init__(self, desk: Desk, trail: Trail) -> None:
        super().__init__(desk)
        self._trail = trail

    @signed_in(Role.ADMIN)
    async def show(self, request: Request, agent: Agent) -> Response:
        """`?actor=`, `?conversation=` and `?before=` narrow it down."""
        asked = request.query_params
        actor, conversation = (asked.get(name, "").strip()[:LONGEST] for name in ("actor", "conversation"))
        lines = await self._trail.audit(
            agent, before=_number(asked.get("before")), conversation=conversation, actor=actor
        )
        people = await self.desk.people.everybody(agent)
        older = {"actor": actor, "conversation": conversation, "before": str(lines[-1].id)} if lines else {}
        return self.page(
            request,
            agent,
            "audit.html",
            lines=lines,
            names={one.id: one.name for one in people},
            others=OTHERS,
            actor=actor,
            conversation=conversation,
            detail=_detail,
            older=f"{AUDIT}?{urlencode(older)}" if older else "",
        )


def _number(given: str | None) -> int | None:
    """An entry's id, None for what is none."""
    return int(given) if given and given.isascii() and given.isdecimal() and len(given) < 19 else None


def _detail(line: AuditLine) -> str:
    """The details in one line, as they are kept; what is empty tells nothing."""
    return " · ".join(f"{key}: {_told(value)}" for key, value in line.detail.items() if value not in (None, "", []))


def _told(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_told, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

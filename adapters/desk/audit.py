"""The audit trail, for admins: who did what, and when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from adapters.desk.guarding import signed_in
from adapters.desk.rendering import Part, china_time, language_for, words
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
        names = {one.id: one.name for one in people}
        older = {"actor": actor, "conversation": conversation, "before": str(lines[-1].id)} if lines else {}
        return self.page(
            request,
            agent,
            "audit.html",
            lines=lines,
            names=names,
            detail=Details(words(language_for(request, agent)), names).of,
            others=OTHERS,
            actor=actor,
            conversation=conversation,
            older=f"{AUDIT}?{urlencode(older)}" if older else "",
        )


def _number(given: str | None) -> int | None:
    """An entry's id, None for what is none."""
    return int(given) if given and given.isascii() and given.isdecimal() and len(given) < 19 else None


class Details:
    """What stands beside an entry, in the desk's language. `t`: its texts; `names`: of members of staff, by their ids.
    What another version wrote is shown as it is kept."""

    def __init__(self, t: Mapping[str, Any], names: Mapping[str, str]) -> None:
        self._labels: Mapping[str, str] = t["details"]
        states, languages = t["ticket_state"], t["language"]
        queue = t["workspace"].items()
        reasons = {key.removeprefix("reason_"): text for key, text in queue if key.startswith("reason_")}
        told = {"role": t["role"], "state": states, "before": states, "reason": reasons}
        told |= {"language": languages, "languages": languages, "owner": names, "to": names, "from": names}
        self._values: Mapping[str, Mapping[str, str]] = {**t["details_of"], **told}
        self._is: str = t["audit"]["is"]
        self._yes: str = t["audit"]["changed"]

    def of(self, line: AuditLine) -> str:
        """In one line; what is empty tells nothing."""
        given = ((key, value) for key, value in line.detail.items() if value not in (None, "", []))
        return " · ".join(
            self._is.format(what=self._labels.get(key, key), value=self._told(key, value)) for key, value in given
        )

    def _told(self, key: str, value: object) -> str:
        if isinstance(value, list):
            return ", ".join(self._told(key, each) for each in value)
        if key == "at" and isinstance(value, float | int):
            return china_time(value)
        if value is True and key != "active":
            return self._yes
        return self._values.get(key, {}).get(str(value), value if isinstance(value, str) else json.dumps(value))

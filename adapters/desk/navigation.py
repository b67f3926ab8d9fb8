"""The desk's pages in the order in which they stand in the navigation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adapters.desk.services import Desk
from bot.desk.people import Agent, Role

HOME = "/desk"


@dataclass(frozen=True, slots=True)
class Entry:
    """`key` names it among the texts ("nav"), `icon` in icons.svg; `role`: who may; `there`: whether it is built."""

    key: str
    path: str
    icon: str
    role: Role
    there: Callable[[Desk], bool]


_ENTRIES = (
    Entry("workspace", HOME, "inbox", Role.AGENT, lambda desk: desk.work is not None and desk.talks is not None),
    Entry("tickets", "/desk/tickets", "ticket", Role.AGENT, lambda desk: desk.tickets is not None),
    Entry("search", "/desk/search", "search", Role.AGENT, lambda desk: desk.lookup is not None),
    Entry("replies", "/desk/replies", "bolt", Role.AGENT, lambda desk: desk.talks is not None),
    Entry("reports", "/desk/reports", "chart", Role.LEAD, lambda desk: desk.reports is not None),
    Entry("health", "/desk/health", "pulse", Role.AGENT, lambda desk: desk.health is not None),
    Entry("staff", "/desk/staff", "people", Role.ADMIN, lambda _: True),
    Entry("audit", "/desk/audit", "list", Role.ADMIN, lambda desk: desk.trail is not None),
    Entry("me", "/desk/me", "person", Role.AGENT, lambda _: True),
)


def entries(desk: Desk, agent: Agent) -> Sequence[Entry]:
    """What this member of staff may open."""
    return [entry for entry in _ENTRIES if agent.role.covers(entry.role) and entry.there(desk)]


def current(path: str) -> str:
    """The key of the entry under which a page stands."""
    under = [entry for entry in _ENTRIES if path == entry.path or path.startswith(entry.path + "/")]
    return max(under, key=lambda entry: len(entry.path)).key if under else ""

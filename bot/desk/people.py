"""Members of staff: who they are, and how they sign in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Role(StrEnum):
    """What somebody may do: each may do what those before may. Leads see every team, the reports, and edit replies;
    admins also see to the members of staff and the audit trail."""

    AGENT = "agent"
    LEAD = "lead"
    ADMIN = "admin"

    def covers(self, wanted: Role) -> bool:
        """Whether who has this role may do what `wanted` may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(wanted)


class Availability(StrEnum):
    """What a member of staff chose. Only who is online, and whose page shows signs of life, is counted as there."""

    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Agent:
    """A member of staff. `id`: the name they sign in with; `name`: as colleagues and customers read it; `language`: the
    desk's, "zh" or "en"; `languages`: those they answer in; `teams`: those whose conversations they take, () for all.
    `here`: online, and seen lately."""

    id: str
    name: str
    role: Role
    language: str
    languages: tuple[str, ...] = ("zh", "en")
    teams: tuple[str, ...] = ()
    availability: Availability = Availability.OFFLINE
    here: bool = False
    email: str = ""
    active: bool = True

    def is_of(self, team: str) -> bool:
        """Whether conversations of this team ("" for anybody's) are theirs to see."""
        return not team or not self.teams or team in self.teams or self.role.covers(Role.LEAD)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that has just begun; only its holder ever learns the `token`. `wants_password`: there is none yet, so
    that this was the last time they could come in by themselves."""

    token: str
    agent: Agent
    wants_password: bool = False


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """A session as its owner sees it in a list. `id` is no secret and revokes it; `device`: the browser, in short."""

    id: str
    device: str
    created_at: float
    seen_at: float
    current: bool


class People(Protocol):
    """Who may sign in, and who is there. Every change stands in the audit trail."""

    async def sign_in(self, name: str, password: str, device: str) -> SignedIn:
        """Raises `errors.SignInRefused`: alike for an unknown name, a wrong password and an account that is locked."""

    async def sign_in_by_link(self, token: str, device: str) -> SignedIn:
        """Use a one-time link up. Raises `errors.SignInRefused`."""

    async def session(self, token: str) -> Agent | None:
        """Whose session it is now; None once it ended, was revoked, or its owner was deactivated."""

    async def sign_out(self, token: str) -> None:
        """End this session."""

    async def sessions(self, agent: Agent, token: str) -> Sequence[SessionInfo]:
        """All that run; `token` tells the current one."""

    async def revoke(self, agent: Agent, session: str) -> None:
        """End one of one's own sessions, or, as admin, anybody's. Raises `errors.NoSuchThing`."""

    async def change_password(self, agent: Agent, old: str, new: str, token: str) -> None:
        """Ends all other sessions. `old` is not asked for where there is none yet. Raises `errors.NotTaken`."""

    async def has_password(self, agent: Agent) -> bool:
        """Whether there is one, which has to be given to change it."""

    async def describe(self, agent: Agent, *, name: str, language: str, languages: Sequence[str]) -> None:
        """What one may change of oneself. Raises `errors.NotTaken`."""

    async def be(self, agent: Agent, availability: Availability) -> None:
        """Be online, away or offline from now on."""

    async def alive(self, agent: Agent) -> None:
        """A page of theirs is open."""

    async def colleagues(self) -> Sequence[Agent]:
        """Everybody who is active, by name."""

    async def everybody(self, by: Agent) -> Sequence[Agent]:
        """For admins: the inactive, too."""

    async def add(self, by: Agent, who: Agent) -> str:
        """A new member of staff (admins only). Returns the one-time link's token. Raises `errors.NotTaken`."""

    async def edit(self, by: Agent, who: Agent) -> None:
        """Replace what `who` says of the member of staff with that id (admins only); inactive ends their sessions."""

    async def new_link(self, by: Agent, staff: str) -> str:
        """A fresh one-time link for somebody who forgot their password (admins only)."""


class Phones(Protocol):
    """The Telegram account from which a member of staff answers. Every change stands in the audit trail."""

    async def is_linked(self, agent: Agent) -> bool:
        """Whether there is one."""

    async def offer(self, agent: Agent) -> str:
        """The address of a link that works once, for ten minutes: whoever opens it in Telegram is the agent there.
        Raises `errors.DeliveryError` while Telegram cannot be asked."""

    async def unlink(self, agent: Agent) -> None:
        """The account is nobody's from now on."""

    async def link(self, token: str, account: int) -> Agent:
        """The account is from now on that of whoever was offered the token. Raises `errors.SignInRefused`, or
        `errors.NotTaken` for an account that a colleague has linked."""

    async def member(self, account: int) -> Agent | None:
        """Who has linked the account, and is there since they have just written; None for nobody who is active."""

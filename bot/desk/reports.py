"""Looking back and looking things up: search, reports, health, the audit trail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from bot.desk.people import Agent


@dataclass(frozen=True, slots=True)
class Found:
    """A line that was found. `key`: where it stands among all that was found; `sender`: "customer", "bot", "staff", or
    "note" for a colleague's note, whose `seq` is that of the line it was written after, about; `marked`: the text in
    pieces, every second one is what was looked for. `customer`: by name where it is known, None before they are."""

    key: int
    conversation: str
    channel: str
    seq: int
    at: float
    sender: str
    marked: tuple[str, ...]
    customer: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation in a list. `key`: where it stands in it; `customer`: by name where it is known; `owner`: who has
    it, None while the bot speaks; `waits`: for a person, in the queue; `last`: the beginning of the customer's newest
    words."""

    key: str
    conversation: str
    channel: str
    customer: str | None
    owner: str | None
    updated_at: float
    last: str = ""
    waits: bool = False


PAGE = 50
"""How many of either are given at once; as many mean that there may be more behind the last one's key."""


class Lookup(Protocol):
    """Finds only what the agent may see, seconds after it was said."""

    async def search(self, agent: Agent, words: str, *, before: int | None = None) -> Sequence[Found]:
        """The newest lines with all the words, in Chinese or English, behind the one with the key `before`. Numbers
        are found by their ending as well."""

    async def conversations(
        self, agent: Agent, *, owner: str = "", tag: str = "", channel: str = "", before: str = ""
    ) -> Sequence[Listed]:
        """Those in which something was said last, behind the one with the key `before`: all, or those that a member
        of staff has, with a tag, or of a channel. A key that is none means the beginning."""

    async def choices(self, agent: Agent) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
        """By what the list can be narrowed: owners, tags and channels there are."""


@dataclass(frozen=True, slots=True)
class Table:
    """One report. `name` and `columns` are keys of the desk's texts. The first column names the row: a day or a
    week's first day (2026-11-24), or, as `of` says, a "cause", a "reason" for cancelling, a "why" of handing over or
    what an opinion is "about", by keys as well. The other cells are numbers, None where there is none to tell. `units`:
    of the columns behind the first, "count", "seconds" or "share" (of 1)."""

    name: str
    of: str
    columns: tuple[str, ...]
    units: tuple[str, ...]
    rows: tuple[tuple[str | float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class FlowWays:
    """One flow: its states, the first one first, and how many went each way, by state, trigger and state. `ways` has
    those nobody went as well; `finals`: states in which it is over; `stopped`: for each of the others, how many came
    there and have not gone on."""

    name: str
    states: tuple[str, ...]
    finals: frozenset[str]
    ways: Mapping[tuple[str, str, str], int]
    stopped: Mapping[str, int]
    entered: int


class Reports(Protocol):
    """For leads; whoever else asks gets `errors.NoSuchThing`. `first` and `last`: days in China, both included. More
    than ten weeks are told week by week."""

    async def names(self) -> Sequence[str]:
        """Which reports there are."""

    async def report(self, agent: Agent, name: str, first: date, last: date) -> Table:
        """One of them. Raises `errors.NoSuchThing`."""

    async def flows(self, agent: Agent, first: date, last: date) -> Sequence[FlowWays]:
        """Every flow with how many went which way, those that were entered most first."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What was given up. `kind`: "message" or "act"; `why` in the channel's or the runtime's own words; `preview`: how
    a message begins, or what the act is; `customer`: by name where it is known, None before they are."""

    conversation: str
    seq: int
    at: float
    kind: str
    why: str
    preview: str
    customer: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One part's state. `name`: a channel, "orders", "mail" or "database". `why`, where there is something to say, is a
    key of the desk's texts: "paused" (the channel asked for a rest until `until`), "slow" (something has waited too
    long), "refused" (something was given up within a day), "silent" (it does not answer) or "no_server" (no mail
    server is set). `waiting`: how much waits there, `oldest`: since when; `given_up`: how much was within a day;
    `trouble`: the last one in the part's own words."""

    name: str
    ok: bool
    why: str = ""
    waiting: int = 0
    oldest: float | None = None
    until: float | None = None
    given_up: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who did what, when."""

    id: int
    at: float
    actor: str
    action: str
    conversation: str | None
    subject: str | None
    detail: Mapping[str, object]


class Health(Protocol):
    """What could not be delivered, and how the parts are."""

    async def dead_letters(self, agent: Agent) -> Sequence[DeadLetter]:
        """The newest 100 that the agent may see."""

    async def send_again(self, agent: Agent, conversation: str, seq: int) -> int:
        """Once more, at the end of its lane. Raises `errors.NoSuchThing`, `errors.HeldByOther`."""

    async def let_go(self, agent: Agent, conversation: str, seq: int) -> None:
        """Forget it. Raises `errors.NoSuchThing`."""

    async def parts(self, agent: Agent) -> Sequence[Part]:
        """How the database, each channel, the order service and the mail are, as of some seconds ago at most. Only the
        database, when it does not answer: nobody knows of the others then."""


class Trail(Protocol):
    """What was done by whom."""

    async def audit(
        self, agent: Agent, *, before: int | None = None, conversation: str = "", actor: str = ""
    ) -> Sequence[AuditLine]:
        """The newest 100 entries with an id below `before`, of one conversation or one who acted; admins only."""

"""Reports for leads, from the daily counts and from what staff have handled."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date

from bot.desk.people import Agent, Role
from bot.desk.reports import FlowWays, Table
from bot.desk.work import Ending
from bot.errors import NoSuchThing
from bot.store import reports as store
from bot.store.database import Database
from bot.support.hours import day_of
from bot.support.reporting import Span, counted, opinions, series, times
from bot.support.ways import Shape, counted_ways

CAUSE = "pending_order.cause."
STAFF = "staff"
"""What an opinion is about that was asked for when a member of staff closed the conversation."""
SENDERS = ("customer", "bot", "staff")
CANCELLED = ("cancelled", "refused", "fee_rose")
ENDED: Mapping[str, str] = {
    Ending.SOLVED: "by_staff",
    Ending.NOT_SOLVED: "unsolved",
    Ending.NO_ANSWER: "unsolved",
}
TOLD = ("by_bot", "by_staff", "unsolved", "still_open")

Took = Callable[[store.Handled], float | None]


class StoredReports:
    """Implements `bot.desk.reports.Reports`."""

    def __init__(self, database: Database, shapes: Iterable[Shape]) -> None:
        self._database = database
        self._shapes = list(shapes)

    async def names(self) -> Sequence[str]:
        """See `Reports.names`."""
        return list(_REPORTS)

    async def report(self, agent: Agent, name: str, first: date, last: date) -> Table:
        """See `Reports.report`."""
        _require_lead(agent)
        if name not in _REPORTS:
            raise NoSuchThing
        return await _REPORTS[name](self, name, Span.of(first, last))

    async def flows(self, agent: Agent, first: date, last: date) -> Sequence[FlowWays]:
        """See `Reports.flows`."""
        _require_lead(agent)
        span = Span.of(first, last)
        return counted_ways(self._shapes, await self._database.look(store.ways, span.first, span.last))

    async def solved(self, name: str, span: Span) -> Table:
        """Of the conversations of each day, who solved it, as far as anybody said so: the customer of the bot, the
        agent of what they closed."""
        cells: Counter[tuple[str, str]] = Counter()
        for contact in await self._counts("contact", span):
            cells[span.row_of(contact.day), "conversations"] += contact.number
        for ended in await self._database.look(store.closed, *span.times):
            cells[span.row_of(day_of(ended.closed_at or 0)), ENDED.get(ended.outcome or "", "")] += 1
        for begun in await self._opened(span):
            cells[span.row_of(day_of(begun.opened_at)), "still_open"] += begun.closed_at is None
        for one in await self._opinions(span):
            told = "" if one.about == STAFF else "by_bot" if one.score else "unsolved"
            cells[span.row_of(day_of(one.at)), told] += 1
        return counted(
            name, "day", ("day", *TOLD, "unsaid", "conversations"), [_solved(row, cells) for row in span.rows]
        )

    async def causes(self, name: str, span: Span) -> Table:
        """Why orders waited, as the bot told their customers."""
        found = await self._database.look(store.counts, "told", span.first, span.last, CAUSE)
        return series(name, span, [(one.day, one.subject[len(CAUSE) :], one.number) for one in found], prefix="cause.")

    async def waiting(self, name: str, span: Span) -> Table:
        """How long customers were in the queue until somebody took them."""
        return await self._times(name, span, lambda one: _between(one.opened_at, one.claimed_at))

    async def first_answer(self, name: str, span: Span) -> Table:
        """How long until a person's first words."""
        return await self._times(name, span, lambda one: _between(one.opened_at, one.answered_at))

    async def handling(self, name: str, span: Span) -> Table:
        """How long somebody had them."""
        return await self._times(name, span, lambda one: _between(one.claimed_at, one.closed_at))

    async def satisfaction(self, name: str, span: Span) -> Table:
        """Customers' answers when they were asked, by day."""
        rows = span.sorted_in(await self._opinions(span), lambda one: day_of(one.at))
        return opinions(name, "day", [(row, [one.score for one in rows.get(row, ())]) for row in span.rows])

    async def satisfaction_about(self, name: str, span: Span) -> Table:
        """The same by what they were asked about."""
        about: defaultdict[str, list[int]] = defaultdict(list)
        for one in await self._opinions(span):
            about[one.about].append(one.score)
        return opinions(name, "about", sorted(about.items(), key=lambda item: (-len(item[1]), item[0])))

    async def cancellations(self, name: str, span: Span) -> Table:
        """Why customers cancelled, and what came of it; in a row of its own what staff did for them."""
        reasons: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for one in await self._counts("cancel", span):
            reasons[one.subject][_outcome(one.detail)] += one.number
        for outcome in await self._database.look(store.cancelled_by_staff, *span.times):
            reasons[STAFF][_outcome(outcome)] += 1
        columns = ("reason", *CANCELLED, "uncertain")
        most_first = sorted(reasons.items(), key=lambda item: (-item[1].total(), item[0]))
        return counted(
            name, "reason", columns, [(row, *(of[column] for column in columns[1:])) for row, of in most_first]
        )

    async def handovers(self, name: str, span: Span) -> Table:
        """Why customers came to a person."""
        whys = Counter(one.reason for one in await self._opened(span))
        return counted(name, "why", ("why", "number"), whys.most_common())

    async def messages(self, name: str, span: Span) -> Table:
        """Who said how much."""
        found = await self._counts("said", span)
        return series(name, span, [(one.day, one.detail, one.number) for one in found], SENDERS)

    async def _times(self, name: str, span: Span, took: Took) -> Table:
        """By the day on which they came into the queue."""
        found = [(day_of(one.opened_at), took(one)) for one in await self._opened(span)]
        return times(name, span, [(day, seconds) for day, seconds in found if seconds is not None])

    async def _counts(self, kind: str, span: Span) -> list[store.Count]:
        return await self._database.look(store.counts, kind, span.first, span.last)

    async def _opened(self, span: Span) -> list[store.Handled]:
        return await self._database.look(store.opened, *span.times)

    async def _opinions(self, span: Span) -> list[store.Opinion]:
        return await self._database.look(store.opinions, *span.times)


_REPORTS: Mapping[str, Callable[[StoredReports, str, Span], Awaitable[Table]]] = {
    "solved": StoredReports.solved,
    "causes": StoredReports.causes,
    "waiting": StoredReports.waiting,
    "first_answer": StoredReports.first_answer,
    "handling": StoredReports.handling,
    "satisfaction": StoredReports.satisfaction,
    "satisfaction_about": StoredReports.satisfaction_about,
    "cancellations": StoredReports.cancellations,
    "handovers": StoredReports.handovers,
    "messages": StoredReports.messages,
}


def _require_lead(agent: Agent) -> None:
    if not agent.role.covers(Role.LEAD):
        raise NoSuchThing


def _outcome(given: str) -> str:
    return given if given in CANCELLED else "uncertain"


def _solved(row: str, cells: Mapping[tuple[str, str], int]) -> tuple[str | float, ...]:
    told = [cells[row, column] for column in TOLD]
    everything = cells[row, "conversations"]
    return (row, *told, max(0, everything - sum(told)), everything)


def _between(begun: float | None, ended: float | None) -> float | None:
    return None if begun is None or ended is None else max(0.0, ended - begun)

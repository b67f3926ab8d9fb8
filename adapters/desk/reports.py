"""Reports for leads: charts with their tables, sheets of them, and every flow drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from adapters.desk import charts, flowchart
from adapters.desk.guarding import signed_in
from adapters.desk.periods import DAYS, Period, chosen
from adapters.desk.rendering import Part, language_for, words
from adapters.desk.services import Desk
from adapters.desk.sheets import sheet
from adapters.desk.telling import Telling
from bot.desk.people import Agent, Role
from bot.desk.reports import FlowWays, Reports, Table
from bot.errors import NoSuchThing

REPORTS = "/desk/reports"
FLOWS = "flows"
SEEN = 9
"""Series of a chart; the rest are drawn as one."""

Draw = Callable[[charts.Chart], Markup]


@dataclass(frozen=True, slots=True)
class Look:
    """How a report is drawn: what of its columns, the others standing in the table only."""

    draw: Draw
    columns: tuple[str, ...] = ()


LOOKS: Mapping[str, Look] = {
    "solved": Look(charts.columns, ("by_bot", "by_staff", "unsolved", "still_open", "unsaid")),
    "causes": Look(charts.columns),
    "waiting": Look(charts.lines, ("median", "ninth_of_ten")),
    "first_answer": Look(charts.lines, ("median", "ninth_of_ten")),
    "handling": Look(charts.lines, ("median", "ninth_of_ten")),
    "satisfaction": Look(charts.columns, ("content", "not_content")),
    "satisfaction_about": Look(charts.bars, ("content", "not_content")),
    "cancellations": Look(charts.bars),
    "handovers": Look(charts.bars),
    "messages": Look(charts.columns),
}


@dataclass(frozen=True, slots=True)
class Card:
    """A report on the page. `drawing`: None where there is nothing to draw; `legend`: (colour, label)."""

    name: str
    title: str
    about: str
    drawing: Markup | None
    legend: Sequence[tuple[int, str]]
    heading: Sequence[str]
    rows: Sequence[Sequence[str]]


def routes(desk: Desk) -> list[BaseRoute]:
    """Where there are reports."""
    if desk.reports is None:
        return []
    page = ReportsPage(desk, desk.reports)
    return [
        Route(REPORTS, page.show),
        Route(f"{REPORTS}/{FLOWS}", page.flows),
        Route(f"{REPORTS}/{FLOWS}.csv", page.flows_sheet),
        Route(f"{REPORTS}/{{name}}.csv", page.sheet),
    ]


class ReportsPage(Part):
    """`?days=`, or `?first=` and `?last=`, choose what they tell of."""

    def __init__(self, desk: Desk, reports: Reports) -> None:
        super().__init__(desk)
        self._reports = reports

    @signed_in(Role.LEAD)
    async def show(self, request: Request, agent: Agent) -> Response:
        """All of them on one page."""
        period, telling = chosen(request.query_params), self._telling(request, agent)
        asked = [self._reports.report(agent, name, period.first, period.last) for name in await self._reports.names()]
        tables = await asyncio.gather(*asked)
        cards = [card_of(table, telling, period) for table in tables]
        return self._page(request, agent, "reports.html", period, view="reports", cards=cards)

    @signed_in(Role.LEAD)
    async def flows(self, request: Request, agent: Agent) -> Response:
        """One flow drawn: `?flow=`, the most used one at first; `?all=1` also draws ways that nobody went."""
        period, telling = chosen(request.query_params), self._telling(request, agent)
        found = await self._reports.flows(agent, period.first, period.last)
        name, everything = request.query_params.get("flow"), bool(request.query_params.get("all"))
        flow = next((flow for flow in found if flow.name == name), found[0] if found and not name else None)
        if flow is None:
            raise NoSuchThing
        everything = everything or not flow.entered
        return self._page(
            request,
            agent,
            "flows.html",
            period,
            view=FLOWS,
            more=f"&{urlencode({'flow': flow.name, **({'all': 1} if everything else {})})}",
            flow=flow,
            flows=found,
            drawing=flowchart.draw(flow, self._words(telling, flow, period), everything=everything),
            everything=everything,
            states=[(telling.state(state), *numbers) for state, *numbers in flowchart.by_state(flow)],
            ways=_walked(flow, telling),
        )

    @signed_in(Role.LEAD)
    async def sheet(self, request: Request, agent: Agent) -> Response:
        """One report for a spreadsheet."""
        period, telling, name = chosen(request.query_params), self._telling(request, agent), request.path_params["name"]
        table = await self._reports.report(agent, name, period.first, period.last)
        rows = [(telling.row(table.of, row[0]), *row[1:]) for row in table.rows]
        return _attached(sheet([telling.column(column) for column in table.columns], rows), name, period)

    @signed_in(Role.LEAD)
    async def flows_sheet(self, request: Request, agent: Agent) -> Response:
        """Every way of every flow."""
        period, telling = chosen(request.query_params), self._telling(request, agent)
        found = await self._reports.flows(agent, period.first, period.last)
        rows = [
            (telling.flow(flow.name), telling.state(source), telling.trigger(trigger), telling.state(dest), count)
            for flow in found
            for (source, trigger, dest), count in flow.ways.items()
        ]
        heading = [telling.column(column) for column in ("flow", "from_state", "trigger", "to_state", "number")]
        return _attached(sheet(heading, rows), FLOWS, period)

    def _telling(self, request: Request, agent: Agent) -> Telling:
        return Telling(words(language_for(request, agent)))

    def _page(self, request: Request, agent: Agent, template: str, period: Period, **values: Any) -> Response:
        telling = self._telling(request, agent)
        told = {"telling": telling, "period": period, "spans": DAYS, "path": request.url.path, "more": "", **values}
        return self.page(request, agent, template, **told)

    def _words(self, telling: Telling, flow: FlowWays, period: Period) -> flowchart.Words:
        name = f"{telling.flow(flow.name)} · {period.first} – {period.last}"
        return flowchart.Words(name, telling.entered(flow.entered), telling.state, telling.trigger, telling.stopped)


def card_of(table: Table, telling: Telling, period: Period) -> Card:
    """A report with its drawing and its table."""
    look = LOOKS.get(table.name, Look(charts.columns))
    series, unit = _series(table, look, telling)
    drawn = any(value for each in series for value in each.values)
    labels = [_short(telling.row(table.of, row[0]), table.of) for row in table.rows]
    step = {"seconds": charts.seconds_step, "share": charts.share_step}.get(unit, charts.round_step)
    name = f"{telling.name(table)} · {period.first} – {period.last}"
    chart = charts.Chart(name, telling.about(table), labels, series, telling.value(unit), step)
    return Card(
        table.name,
        telling.name(table),
        telling.about(table),
        look.draw(chart) if drawn else None,
        [(place, each.label) for place, each in enumerate(series)],
        [telling.column(column) for column in table.columns],
        [
            (telling.row(table.of, row[0]), *(telling.cell(unit, cell) for unit, cell in _numbers(table, row)))
            for row in table.rows
        ],
    )


def _series(table: Table, look: Look, telling: Telling) -> tuple[list[charts.Series], str]:
    """What is drawn, and its unit; what is left over is put together."""
    places = [
        place for place, column in enumerate(table.columns) if place and (not look.columns or column in look.columns)
    ]
    series = [
        charts.Series(telling.column(table.columns[place]), [_number(row[place]) for row in table.rows])
        for place in places
    ]
    if len(series) > SEEN:
        rest = [
            sum(value or 0 for value in values)
            for values in zip(*(each.values for each in series[SEEN - 1 :]), strict=True)
        ]
        series[SEEN - 1 :] = [charts.Series(telling.column("others"), rest)]
    return series, table.units[places[0] - 1] if places else "count"


def _walked(flow: FlowWays, telling: Telling) -> list[tuple[str, str, str, int]]:
    """Every way that was gone, the most frequent first."""
    gone = sorted((item for item in flow.ways.items() if item[1]), key=lambda item: -item[1])
    return [(telling.state(way[0]), telling.trigger(way[1]), telling.state(way[2]), count) for way, count in gone]


def _numbers(table: Table, row: Sequence[str | float | None]) -> list[tuple[str, float | None]]:
    return [(unit, _number(cell)) for unit, cell in zip(table.units, row[1:], strict=True)]


def _number(cell: str | float | None) -> float | None:
    return None if cell is None else float(cell)


def _short(label: str, of: str) -> str:
    """A day below a column, without its year."""
    return label[5:] if of == "day" else label


def _attached(data: bytes, name: str, period: Period) -> Response:
    file = f"{name}-{period.first}-{period.last}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{file}"', "Cache-Control": "no-store"}
    return Response(data, media_type="text/csv; charset=utf-8", headers=headers)

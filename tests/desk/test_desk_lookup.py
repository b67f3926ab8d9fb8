"""Search, the list and the reports over HTTP, as agents and leads get them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path

import pytest

from adapters.desk.periods import Period, chosen
from adapters.desk.rendering import words
from adapters.desk.search import where
from adapters.desk.sheets import MARK, sheet
from adapters.web.words import LANGUAGES, Language
from bot.dialogue.book import load_flows
from bot.dialogue.effects import Act
from bot.support.ways import shape_of
from tests.desk.busy_weeks import served
from tests.desk.memory_desk import MemoryPeople
from tests.desk.page import AgentPage
from tests.desk.server import DeskServer

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def server(people: MemoryPeople, tmp_path: Path) -> Iterator[DeskServer]:
    with served(tmp_path, people, days=3, a_day=40) as server:
        yield server


@pytest.fixture
async def zhou(server: DeskServer) -> AsyncIterator[AgentPage]:
    async with AgentPage(server.url, "xiaozhou") as page:
        yield page


@pytest.fixture
async def lead(server: DeskServer) -> AsyncIterator[AgentPage]:
    async with AgentPage(server.url, "zhoumin") as page:
        yield page


async def read(page: AgentPage, path: str, status: int = 200) -> str:
    async with page.http.get(path, allow_redirects=False) as answer:
        assert answer.status == status, path
        return await answer.text()


async def look(page: AgentPage, q: str, before: str = "", **headers: str) -> tuple[int, str]:
    form = {"q": q, "before": before}
    async with page.http.post("/desk/search", data=form, headers=headers, allow_redirects=False) as answer:
        return answer.status, await answer.text()


async def test_words_are_found_and_marked(zhou: AgentPage) -> None:
    _, html = await look(zhou, "等待骑手")
    assert html.count("<mark>等待骑手</mark>") == 50
    older = re.search(r'name="before" value="(\d+)"', html)
    assert older
    _, next_page = await look(zhou, "等待骑手", older[1])
    links = [set(re.findall(r'href="(/desk/c/[^"]+)"', page)) for page in (html, next_page)]
    assert links[1] and not links[0] & links[1]
    assert "没有找到" in (await look(zhou, "不存在的词"))[1]


async def test_what_is_looked_for_stands_in_no_address(zhou: AgentPage) -> None:
    _, html = await look(zhou, "13812345678")
    assert "138 1234 5678</mark>" in html
    assert not re.search(r'(?:href|action|src)="[^"]*138', html)


async def test_other_sites_cannot_search(zhou: AgentPage) -> None:
    status, _ = await look(zhou, "订单", Origin="https://elsewhere.example")
    assert status == 403


async def test_whatever_is_looked_for_is_only_text(zhou: AgentPage) -> None:
    _, html = await look(zhou, EVIL)
    assert EVIL not in html
    assert (await look(zhou, ""))[0] == 303
    assert (await look(zhou, "订单", "nonsense"))[0] == 200
    assert (await look(zhou, "订单", "9" * 30))[0] == 200


async def test_the_list_is_narrowed_and_paged(zhou: AgentPage) -> None:
    first = await read(zhou, "/desk/search")
    older = re.search(r'href="(/desk/search\?before=[^"]+)"', first)
    assert older
    second = await read(zhou, older[1].replace("&amp;", "&"))
    links = [set(re.findall(r'href="(/desk/c/[^"]+)"', page)) for page in (first, second)]
    assert len(links[0]) == 50 and links[1] and not links[0] & links[1]
    mine = await read(zhou, "/desk/search?owner=xiaozhou&tag=%E5%8A%A0%E6%80%A5&channel=web")
    assert set(re.findall(r'href="/desk/c/(web|telegram|wechat)', mine)) <= {"web"}
    assert "没有符合条件的会话" in await read(zhou, "/desk/search?tag=none")
    await read(zhou, "/desk/search?before=%00%FF/x&owner=%3Cscript%3E")


async def test_a_hit_leads_to_its_line(zhou: AgentPage) -> None:
    assert where("web:a/b c", 7) == "/desk/c/web%3Aa%2Fb%20c?seq=7"
    async with zhou.http.get("/desk/c/web%3Aa%2Fb?seq=7", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["location"]) == (303, "/desk?c=web%3Aa%2Fb&seq=7")
    async with zhou.http.get("/desk/c/web:a?seq=x", allow_redirects=False) as answer:
        assert answer.headers["location"] == "/desk?c=web%3Aa"


async def test_reports_are_for_leads(zhou: AgentPage) -> None:
    for path in ("", "/flows", "/causes.csv", "/flows.csv"):
        await read(zhou, f"/desk/reports{path}", status=403)


async def test_every_report_is_drawn_with_its_table(lead: AgentPage) -> None:
    html = await read(lead, "/desk/reports?days=7")
    cards = re.findall(r'<section class="card" aria-labelledby="(\w+)">(.*?)</section>', html, re.DOTALL)
    assert len(cards) == 10
    for name, card in cards:
        assert 'role="img"' in card, name
        assert "<table" in card, name
        assert "style=" not in card
    assert "没有骑手接单" in html
    empty = await read(lead, "/desk/reports?first=2020-01-01&last=2020-01-02")
    assert empty.count("这段时间没有数据") == 10


async def test_every_flow_is_drawn(lead: AgentPage) -> None:
    first = await read(lead, "/desk/reports/flows?days=7")
    assert "人停在这里" in first
    for flow in load_flows():
        html = await read(lead, f"/desk/reports/flows?days=7&flow={flow.name}&all=1")
        assert all(f"<title>{state}</title>" in html for state in flow.machine.states), flow.name
        assert html.count('<rect class="box') >= len(flow.machine.states), flow.name
    await read(lead, "/desk/reports/flows?flow=none", status=404)


async def test_sheets_open_in_a_spreadsheet(lead: AgentPage) -> None:
    for name in ("solved", "causes", "cancellations", "flows"):
        async with lead.http.get(f"/desk/reports/{name}.csv?days=7") as answer:
            data = (await answer.read()).decode()
            assert answer.headers["content-type"] == "text/csv; charset=utf-8"
            assert answer.headers["content-disposition"].startswith(f'attachment; filename="{name}-20')
        assert data.startswith(MARK)
        heading, *rows = csv.reader(io.StringIO(data.removeprefix(MARK)))
        assert rows and all(len(row) == len(heading) for row in rows)
    await read(lead, "/desk/reports/none.csv", status=404)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "\n=1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    ((found,),) = csv.reader(io.StringIO(sheet([cell], []).decode().removeprefix(MARK), newline=""))
    assert found == "'" + cell


def test_numbers_stay_numbers() -> None:
    assert sheet(["a"], [(-1.23456,), (None,), (7,)]) == f"{MARK}a\r\n-1.235\r\n\r\n7\r\n".encode().replace(
        b"\r\n\r\n", b'\r\n""\r\n'
    )


TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, Period(date(2026, 10, 26), TODAY, 30)),
        ({"days": "7"}, Period(date(2026, 11, 18), TODAY, 7)),
        ({"days": "1e9"}, Period(date(2026, 10, 26), TODAY, 30)),
        ({"first": "2026-11-01", "last": "2026-11-02"}, Period(date(2026, 11, 1), date(2026, 11, 2), None)),
        ({"first": "2026-11-02", "last": "2026-11-01"}, Period(date(2026, 11, 1), date(2026, 11, 2), None)),
        ({"first": "2026-11-02", "last": "2030-01-01"}, Period(date(2026, 11, 2), TODAY, None)),
        ({"first": "1000-01-01", "last": "2026-11-24"}, Period(date(2025, 11, 24), TODAY, None)),
        ({"first": "x", "last": "2026-11-24", "days": "90"}, Period(date(2026, 8, 27), TODAY, 90)),
    ],
)
def test_which_days_are_told_of(asked: dict[str, str], expected: Period) -> None:
    assert chosen(asked, TODAY) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_flows_their_states_and_what_leads_on_have_names(language: Language) -> None:
    texts = words(language)
    for flow in load_flows():
        assert flow.name in texts["flows"]
        assert set(flow.machine.states) <= texts["states"].keys(), flow.name
        assert {trigger for _, trigger, _ in shape_of(flow).ways} <= texts["triggers"].keys(), flow.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_kept_by_a_key_is_shown_by_its_name(language: Language) -> None:
    texts, code = words(language), "\n".join(file.read_text(encoding="utf-8") for file in Path("bot").rglob("*.py"))
    audited = set(re.findall(r'\baudit\(\s*connection,\s*"(\w+)"', code))
    assert len(audited) > 20 and audited <= texts["actions"].keys()
    assert {f"order_{act}{done}" for act in ("cancel", "tip") for done in ("", "_done")} <= texts["actions"].keys()
    given_up = set(re.findall(r'(?:_bury\(held, item, |GIVEN_UP = )"([a-z ]+)"', code))
    assert len(given_up) > 3 and given_up <= texts["given_up"].keys()
    assert {act.__name__ for act in Act.__subclasses__()} <= texts["deeds"].keys()

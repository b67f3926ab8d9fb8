"""The benchmarks' report: its table, its file, and the exit code that tells of a missed limit. No timing here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as bench
from benchmarks import machine
from benchmarks.figures import Figure, Grid, Report, median, table

KEPT = Figure("engine step", 149.6, "µs CPU", 150)
MISSED = Figure("start-up", 3.2, "s", 3)
UNPROMISED = Figure("一步", 1234.5678, "µs CPU")
UNMEASURED = Figure("memory", None, "MB", 150)
UNSOUND = Figure("scripts", 4.0, "s", 10, sound=False)


def report(folder: Path, monkeypatch: pytest.MonkeyPatch, *figures: Figure) -> tuple[int, list[dict[str, object]]]:
    monkeypatch.setattr(bench, "RESULTS", folder / "results.json")
    monkeypatch.setattr(bench, "PAGE", folder / "benchmarks.md")
    monkeypatch.setattr(bench, "MEASURES", {"all": lambda: list(figures)})
    code = bench.main(["--docs"])
    return code, json.loads((folder / "results.json").read_text(encoding="utf-8"))


def test_the_table_has_one_aligned_row_a_figure() -> None:
    lines = table([KEPT, MISSED, UNPROMISED, UNMEASURED]).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == ["figure", "value", "unit", "limit", ""]
    assert cells[2:] == [
        ["engine step", "150", "µs CPU", "150", "ok"],
        ["start-up", "3.2", "s", "3", "missed"],
        ["一步", "1,235", "µs CPU", "-", ""],
        ["memory", "-", "MB", "150", "missed"],
    ]
    assert len({len(line) for line in lines if "一" not in line}) == 1


def test_the_file_is_a_list_of_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, found = report(tmp_path, monkeypatch, KEPT, UNPROMISED)
    assert code == 0
    assert found == [
        {"name": "engine step", "value": 149.6, "unit": "µs CPU", "limit": 150, "ok": True},
        {"name": "一步", "value": 1234.568, "unit": "µs CPU", "limit": None, "ok": True},
    ]


@pytest.mark.parametrize("bad", [MISSED, UNMEASURED, UNSOUND])
def test_one_missed_limit_is_exit_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: Figure) -> None:
    code, found = report(tmp_path, monkeypatch, KEPT, bad)
    assert code == 1
    assert [figure["ok"] for figure in found] == [True, False]
    assert "missed" in (tmp_path / "benchmarks.md").read_text(encoding="utf-8")


def test_a_limit_to_reach_and_one_that_the_machine_does_not_allow() -> None:
    slow = Figure("two to one", 1.2, "times", 1.5, least=True)
    excused = Figure("two to one", 1.2, "times", 1.5, least=True, excuse="cores do not allow")
    assert [figure.verdict for figure in (slow, excused)] == ["missed", "cores do not allow"]
    assert [figure.ok for figure in (slow, excused)] == [False, True]
    assert Figure("two to one", 1.6, "times", 1.5, least=True).verdict == "ok"
    assert not Figure("two to one", None, "times", 1.5, least=True, excuse="cores do not allow").ok
    assert "≥ 1.5" in table([slow])


def test_a_grid_is_a_table_for_readers_and_figures_for_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = Grid("under load", [("p50", "ms"), ("messages/s", "")], {"echo, 1": [0.5, 7000.0], "floor, 1": [1.0, None]})
    found = Report([KEPT], [grid])
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(bench, "PAGE", tmp_path / "benchmarks.md")
    monkeypatch.setattr(bench, "MEASURES", {"all": lambda: found})
    assert bench.main(["--docs"]) == 0
    figures = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert [figure["name"] for figure in figures] == [
        "engine step",
        "echo, 1: p50",
        "echo, 1: messages/s",
        "floor, 1: p50",
    ]
    lines = (tmp_path / "benchmarks.md").read_text(encoding="utf-8").splitlines()
    assert "| echo, 1    | 0.5     | 7,000      |" in lines
    assert "| floor, 1   | 1       | -          |" in lines


def test_one_part_alone_leaves_the_file_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(bench, "MEASURES", {"kept": lambda: [KEPT], "missed": lambda: [MISSED]})
    assert bench.main(["kept"]) == 0
    assert bench.main(["missed"]) == 1
    assert not (tmp_path / "results.json").exists()
    with pytest.raises(SystemExit):
        bench.main(["no such part"])


def test_a_part_that_is_recorded_replaces_its_own_figures_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "results.json")
    later = Figure(KEPT.name, 77.0, KEPT.unit, KEPT.limit)
    monkeypatch.setattr(bench, "MEASURES", {"all": lambda: [KEPT, MISSED], "kept": lambda: [later]})
    bench.main(["all", "--record"])
    bench.main(["kept", "--record"])
    figures = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert [(figure["name"], figure["value"]) for figure in figures] == [(KEPT.name, 77.0), (MISSED.name, MISSED.value)]


def test_what_cannot_be_measured_hides_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> list[Figure]:
        raise OSError("no server")

    monkeypatch.setattr(bench, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(bench, "MEASURES", {"broken": broken, "kept": lambda: [KEPT]})
    assert bench.main([]) == 1
    printed = capsys.readouterr()
    assert "engine step" in printed.out
    assert "no server" in printed.err


def test_of_several_things_that_went_wrong_at_once_each_is_told_once() -> None:
    group = ExceptionGroup("together", [OSError("no server"), ExceptionGroup("in it", [OSError("no server")])])
    assert bench.causes(group) == "OSError: no server"
    assert bench.causes(ExceptionGroup("two", [OSError("a"), ValueError("b")])) == "OSError: a; ValueError: b"


def test_the_page_is_always_that_of_everything(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench.main(["engine", "--docs"])
    assert "--docs" in capsys.readouterr().err


def test_a_figure_is_the_median() -> None:
    assert median("a", [3.0, 1.0, 2.0], "s", 2).ok
    assert not median("a", [3.0, 1.0, 3.0], "s", 2).ok
    assert not median("a", [], "s").ok


def test_the_machine_is_described_without_its_name() -> None:
    import platform

    told = "\n".join(machine.described())
    assert "cores" in told
    assert platform.python_version() in told
    assert platform.node() not in told

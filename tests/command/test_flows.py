"""`tepai check` and `tepai flows` on the real flows."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from bot.__main__ import main
from bot.dialogue.book import load_flows
from bot.dialogue.drawing import mermaid
from bot.dialogue.flow import Flow
from tests.command.copied import copy_project, tepai


class Crossing(Flow):
    """A flow whose states are named like Mermaid's own words."""

    states = ("start", "note", {"name": "end", "final": True})
    transitions = (
        {"trigger": "begin", "source": "start", "dest": "end", "conditions": "is_green", "unless": "is_late"},
        {"trigger": "begin", "source": "start", "dest": "note"},
        {"trigger": "noted", "source": "note", "dest": None},
        {"trigger": "left", "source": ["note", "start"], "dest": "end"},
    )


def test_the_flows_that_are_shipped_have_no_problem() -> None:
    done = CliRunner().invoke(main, ["check"])
    assert done.stdout.endswith("no problem.\n"), done.stdout
    assert done.exit_code == 0


def test_problems_are_told_line_by_line_and_fail_the_check(tmp_path: Path) -> None:
    copy = copy_project(tmp_path)
    file = copy / "flows" / "help" / "flow.py"
    file.write_text(file.read_text().replace('self.say("what_i_can_do")', 'self.say("what_i_can")'))
    done = tepai(copy, "check")
    assert "help: there is no text 'help.what_i_can' (flow.py:" in done.stdout
    assert "help: nobody uses the text 'help.what_i_can_do' (texts.zh.yaml)" in done.stdout
    assert done.stdout.splitlines()[-1] == "3 problems."
    assert done.returncode == 1

    (copy / "flows" / "help" / "texts.en.yaml").write_text("title: [")
    done = tepai(copy, "check")
    assert "texts.en.yaml of help: not YAML" in done.stdout
    assert done.returncode == 1


def test_migrations_are_checked_as_well(tmp_path: Path) -> None:
    copy = copy_project(tmp_path)
    newest = max((copy / "bot" / "store" / "migrations" / "versions").glob("0*.py"))
    newest.rename(newest.with_name("0000_late.py"))
    done = tepai(copy, "check")
    number = newest.name[:4]
    assert f"migrations: the file of revision {number} must begin with its number (0000_late.py)\n" in done.stdout
    assert done.returncode == 1


def test_list_names_every_flow() -> None:
    done = CliRunner().invoke(main, ["flows", "list"])
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert set(lines) == {"flow", *(flow.name for flow in load_flows())}
    assert "Cancel one order, at a price the customer has agreed to" in lines["cancel_order"]
    assert lines["cancel_order"].rstrip().endswith("zh, en")


def test_draw_shows_every_state_and_transition() -> None:
    assert mermaid(Crossing).splitlines() == [
        "stateDiagram-v2",
        '    state "note" as note_',
        '    state "end" as end_',
        "    [*] --> start",
        "    start --> end_: begin [is_green and not is_late]",
        "    start --> note_: begin",
        "    note_ --> note_: noted",
        "    note_ --> end_: left",
        "    start --> end_: left",
        "    end_ --> [*]",
    ]


def test_draw_on_the_command_line() -> None:
    done = CliRunner().invoke(main, ["flows", "draw", "help"])
    assert done.stdout == mermaid(load_flows()["help"])
    assert "explained --> [*]" in done.stdout


def test_an_unknown_flow_is_told() -> None:
    done = CliRunner().invoke(main, ["flows", "draw", "no_such_flow"])
    assert (done.exit_code, done.stderr) == (2, "tepai: there is no flow 'no_such_flow'\n")

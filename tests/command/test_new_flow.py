"""`tepai new-flow` in a copy of the project: what it makes works at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.__main__ import main
from tests.command.copied import copy_project, play, tepai


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("project"))


def test_a_new_flow_passes_the_check_and_its_script_runs(project: Path) -> None:
    made = tepai(project, "new-flow", "return_parcel_2")
    assert made.returncode == 0, made.stderr
    assert "wrote flows/return_parcel_2/flow.py\n" in made.stdout
    assert "wrote tests/conversations/return_parcel_2.yaml\n" in made.stdout
    assert "class ReturnParcel2(Flow):" in (project / "flows" / "return_parcel_2" / "flow.py").read_text()
    checked = tepai(project, "check")
    assert checked.returncode == 0, checked.stdout
    played = play(project, "return_parcel_2")
    assert (played.returncode, played.stdout.split()[0]) == (0, ".."), played.stdout


@pytest.mark.parametrize("name", ["Return", "return-parcel", "../out", "2nd", "a__b", "_a", "é", "", "x" * 41])
def test_a_bad_name_is_refused(name: str) -> None:
    done = CliRunner().invoke(main, ["new-flow", "--", name])
    assert done.exit_code == 2
    assert "small letters" in done.stderr


@pytest.mark.parametrize(
    ("name", "why"), [("help", "already"), ("common", "something else"), ("class", "something else")]
)
def test_a_name_that_is_taken_is_refused(name: str, why: str) -> None:
    done = CliRunner().invoke(main, ["new-flow", name])
    assert done.exit_code == 2
    assert why in done.stderr


def test_a_script_of_that_name_is_not_overwritten(project: Path) -> None:
    script = project / "tests" / "conversations" / "taken.yaml"
    script.write_text("about: mine\n")
    done = tepai(project, "new-flow", "taken")
    script_now = script.read_text()
    script.unlink()
    assert done.returncode == 1
    assert "tests/conversations/taken.yaml is there already" in done.stderr
    assert script_now == "about: mine\n"
    assert not (project / "flows" / "taken").exists()

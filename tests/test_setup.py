"""The set-up: locked requirements, and scripts that say what to do when something is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOOLS = ("sh", "dirname", "cat", "cmp", "rm", "id", "head")
NAME = re.compile(r"^([a-z0-9][\w.-]*)", re.IGNORECASE)


def locked(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE))


def wanted(name: str) -> set[str]:
    lines = (ROOT / "requirements" / f"{name}.in").read_text().splitlines()
    return {found[1].lower().replace("_", "-") for line in lines if (found := NAME.match(line))}


@pytest.mark.parametrize("name", ["run", "dev"])
def test_every_requirement_is_pinned_with_hashes_and_names_no_index(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert wanted(name) <= set(locked(name))
    for entry in re.split(r"\n(?=\w)", text.strip()):
        assert "==" in entry and "--hash=sha256:" in entry, entry.splitlines()[0]
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text)


def test_what_is_tested_is_what_runs() -> None:
    assert locked("run").items() <= locked("dev").items()


def test_make_alone_lists_what_it_can_do() -> None:
    found = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = {line.split()[1] for line in found.stdout.splitlines()}
    assert listed == {"help", "run", "test", "check", "bench", "storm", "screenshots", "lock", "clean"}


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """The scripts in a folder of their own, and a `bin` with the tools they use and nothing else."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    return tmp_path


def run(folder: Path, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": str(folder / "bin"), "HOME": str(folder), **environ}
    return subprocess.run(command, check=False, cwd=folder, env=clean, capture_output=True, text=True, timeout=60)


def executable(file: Path, script: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def test_without_a_fitting_python_the_set_up_says_what_to_install(bare: Path) -> None:
    executable(bare / "bin" / "python3", "exit 1")  # as one that is too old, or has no venv, answers
    found = run(bare, "scripts/set-up", "run")
    assert found.returncode == 1
    assert "needs Python 3.11 or newer" in found.stderr
    assert "apt-get install python3" in found.stderr
    assert not (bare / ".venv").exists()


def test_an_old_python_in_front_does_not_hide_a_newer_one(bare: Path) -> None:
    executable(bare / "bin" / "python3.13", "exit 127")  # as a version manager's stand-in answers
    executable(bare / "bin" / "python3", f'exec "{sys.executable}" "$@"')
    (bare / "requirements" / "run.txt").write_text("no-such-file-of-this-test @ file:///nowhere\n")
    found = run(bare, "scripts/set-up", "run", PIP_NO_INDEX="1")
    assert found.returncode != 0  # what to install was made impossible, so that nothing is fetched
    assert (bare / ".venv" / "bin" / "python").exists()
    assert not (bare / ".venv" / "installed-run.txt").exists()


def test_a_missing_browser_fails_loudly(bare: Path) -> None:
    executable(bare / ".venv" / "bin" / "python", f'exec "{sys.executable}" "$@"')
    found = run(bare, "scripts/ensure-browser", PLAYWRIGHT_BROWSERS_PATH=str(bare))
    assert found.returncode == 1
    assert "apt-get install chromium" in found.stderr
    assert "playwright install" in found.stderr


def test_a_browser_that_is_there_is_enough(bare: Path) -> None:
    executable(bare / "bin" / "chromium", "exit 0")
    assert run(bare, "scripts/ensure-browser").returncode == 0


def test_a_wrong_browser_setting_is_named(bare: Path) -> None:
    found = run(bare, "scripts/ensure-browser", CHROMIUM=str(bare / "no-such-browser"))
    assert found.returncode == 1
    assert "CHROMIUM" in found.stderr


def test_the_scripts_can_be_run() -> None:
    for script in [*(ROOT / "scripts").iterdir(), ROOT / ".ci" / "run"]:
        assert script.is_dir() or os.access(script, os.X_OK), script.name

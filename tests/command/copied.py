"""A copy of the project in which files may be changed, and its `tepai` command."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.command.tepai import ROOT

PACKAGES = ("bot", "flows", "adapters")


def copy_project(folder: Path) -> Path:
    """The packages, the settings, and the machinery of the conversation scripts without its scripts."""
    ignore = shutil.ignore_patterns("__pycache__")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=ignore)
    only_machinery = shutil.ignore_patterns("__pycache__", "*.yaml")
    shutil.copytree(ROOT / "tests" / "conversations", folder / "tests" / "conversations", ignore=only_machinery)
    for file in ("config.yaml", "pyproject.toml"):
        shutil.copy(ROOT / file, folder)
    return folder


def tepai(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The copy's own command, run in the copy."""
    return _python(folder, "-m", "bot", *arguments)


def play(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Play one conversation script of the copy, in both languages."""
    return _python(folder, "-m", "pytest", "tests/conversations", "-k", f"test_script and {script}", "-q")


def _python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )

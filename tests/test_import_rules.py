"""Each import rule in pyproject.toml can fail: a copy of the project is broken on purpose and checked."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
VIOLATIONS = {
    "bot/dialogue/breaks_sql.py": "import sqlalchemy",
    "bot/dialogue/breaks_store.py": "import bot.store",
    "bot/dialogue/breaks_adapter.py": "import adapters.webchat",
    "bot/dialogue/breaks_flow.py": "import flows.greet",
    "bot/dialogue/breaks_io.py": "import asyncio",
    "bot/dialogue/breaks_machine.py": "import transitions",
    "flows/greet/breaks_core.py": "import bot.runtime",
    "flows/greet/breaks_gateway.py": "import bot.orders.gateway",
    "flows/greet/breaks_flow.py": "import flows.help",
    "adapters/webchat/breaks_core.py": "import bot.support",
    "adapters/webchat/breaks_flow.py": "import flows.greet",
    "adapters/other/breaks_other.py": "import adapters.webchat",
    "adapters/other/breaks_shared.py": "import adapters.web.guard",
    "adapters/web/breaks_up.py": "import adapters.webchat.words",
    "adapters/desk/breaks_chat.py": "import adapters.webchat.words",
    "bot/runtime/breaks_sql.py": "import sqlalchemy",
    "bot/runtime/breaks_join.py": "import bot.bootstrap",
}
"""One forbidden import a file: the file and what it imports."""

SEEN_BY = {
    "dialogue": ["breaks_sql", "breaks_store", "breaks_adapter", "breaks_flow", "breaks_io"],
    "flows": ["breaks_core", "breaks_gateway"],
    "flows-call-by-name": ["breaks_flow"],
    "adapters": ["breaks_core", "breaks_flow"],
    "adapters-apart": ["breaks_other", "breaks_shared", "breaks_up", "breaks_chat"],
    "transitions": ["breaks_machine"],
    "sql": ["breaks_sql"],
    "bootstrap": ["breaks_join"],
}


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("broken")
    only_code = shutil.ignore_patterns("__pycache__", "static", "templates", "*.yaml")
    for package in ("bot", "flows", "adapters"):
        shutil.copytree(ROOT / package, copy / package, ignore=only_code)
    shutil.copy(ROOT / "pyproject.toml", copy)
    for file, statement in VIOLATIONS.items():
        (copy / file).parent.mkdir(exist_ok=True)
        (copy / file).with_name("__init__.py").touch()
        (copy / file).write_text(statement + "\n")
    return copy


def lint(folder: Path, rule: str) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("lint-imports"), "--contract", rule, "--no-cache"]
    return subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("rule", SEEN_BY)
def test_a_broken_rule_is_seen(broken: Path, rule: str) -> None:
    found = lint(broken, rule)
    assert found.returncode == 1, found.stdout
    assert "1 broken" in found.stdout
    for name in SEEN_BY[rule]:
        assert name in found.stdout, f"{rule} did not see {name}"

"""What the documents name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").rglob("*.md")])
NAMED = re.compile(r"`(?P<file>(?:tests/[\w/.-]+\.(?:py|yaml))|…)(?:/[\w.-]+\.yaml)?(?:::(?P<test>\w+))?`")


READERS_OWN = {"tests/conversations/count_parcels.yaml"}
"""What a reader makes while reading."""


def named_tests(text: str) -> list[tuple[str, str | None]]:
    """Each (file, test or class) that a document names; "…" stands for the file named before."""
    found: list[tuple[str, str | None]] = []
    for match in NAMED.finditer(text):
        file = found[-1][0] if match["file"] == "…" and found else match["file"]
        if match["file"] != "…" or match["test"]:
            found.append((file, match["test"]))
    return found


def missing(file: str, test: str | None) -> bool:
    path = ROOT / file
    if not path.is_file():
        return file not in READERS_OWN
    return test is not None and not re.search(rf"^\s*(?:async def|def|class) {test}\b", path.read_text("utf-8"), re.M)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_test_that_is_named_exists(document: Path) -> None:
    named = named_tests(document.read_text("utf-8"))
    assert [f"{file}::{test}" for file, test in named if missing(file, test)] == []


def test_the_failure_table_names_tests() -> None:
    named = named_tests((ROOT / "docs" / "reliability.md").read_text("utf-8"))
    assert len({test for _, test in named if test}) >= 40


def test_a_name_that_is_nowhere_would_be_seen() -> None:
    text = "`tests/test_docs.py::test_a_name`, `…::named_tests`, `tests/nowhere.py`"
    found = named_tests(text)
    assert found == [
        ("tests/test_docs.py", "test_a_name"),
        ("tests/test_docs.py", "named_tests"),
        ("tests/nowhere.py", None),
    ]
    assert [missing(*one) for one in found] == [True, False, True]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_between_documents_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []

"""Two migrations that were made side by side are seen before anybody's database meets them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from bot.store import migrations
from bot.store.revisions import check_revisions


def newest(folder: Path) -> Path:
    return max(folder.glob("0*.py"))


def same_number_again(folder: Path) -> None:
    file = newest(folder)
    shutil.copy(file, file.with_stem(f"{file.stem}_too"))


def second_head(folder: Path) -> None:
    file = newest(folder)
    later = file.read_text().replace(f'revision = "{file.name[:4]}"', 'revision = "9999"', 1)
    (folder / "9999_side_by_side.py").write_text(later)


def one_missing(folder: Path) -> None:
    sorted(folder.glob("0*.py"))[-2].unlink()


def wrong_name(folder: Path) -> None:
    newest(folder).rename(folder / "0000_late.py")


def in_a_ring(folder: Path) -> None:
    first = min(folder.glob("0*.py"))
    first.write_text(first.read_text().replace("down_revision = None", f'down_revision = "{newest(folder).name[:4]}"'))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (same_number_again, r"Revision \d{4} is present more than once"),
        (second_head, r"there must be one of the heads, not \d{4}, 9999"),
        (one_missing, r"Revision \d{4} referenced from .* is not present"),
        (wrong_name, r"the file of revision \d{4} must begin with its number"),
        (in_a_ring, r"Cycle is detected in revisions .*"),
    ],
)
def test_what_is_wrong_with_the_revisions_is_named(tmp_path: Path, spoil: Callable[[Path], None], told: str) -> None:
    copy = shutil.copytree(Path(migrations.__file__).parent, tmp_path / "copy")
    assert check_revisions(ScriptDirectory(copy)) == []
    shutil.rmtree(copy / "versions" / "__pycache__", ignore_errors=True)
    spoil(copy / "versions")
    [(what, _)] = check_revisions(ScriptDirectory(copy))
    assert re.fullmatch(told, what)

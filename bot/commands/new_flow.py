"""`tepai new-flow`: begin a flow from a small one that works."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

import click

SKELETON = Path(__file__).parent / "skeleton"
SCRIPT = "script.yaml"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST_NAME = 40


@click.command("new-flow")
@click.argument("name")
def new_flow(name: str) -> None:
    """Make the folder flows/NAME: a small flow that works, with texts and examples in both languages."""
    from bot.bootstrap import FLOWS

    folder, scripts = FLOWS / name, FLOWS.parent / "tests" / "conversations"
    _refuse(name, folder)
    written = {folder / file.name: file for file in sorted(SKELETON.iterdir()) if file.suffix in {".py", ".yaml"}}
    del written[folder / SCRIPT]
    if scripts.is_dir():  # an installed Tepai has no tests
        written[scripts / f"{name}.yaml"] = SKELETON / SCRIPT
    if taken := [path for path in written if path.exists()]:
        raise click.ClickException(f"{_told(taken[0], FLOWS)} is there already")
    folder.mkdir()
    for path, model in written.items():
        path.write_text(_renamed(model.read_text(encoding="utf-8"), name), encoding="utf-8")
        click.echo(f"wrote {_told(path, FLOWS)}")
    click.echo("Now: tepai check")


def _refuse(name: str, folder: Path) -> None:
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise click.BadParameter("use small letters, digits and single _ between them, at most 40, as in return_parcel")
    if keyword.iskeyword(name) or name in {"new_flow", "flow", "reply", "event_data", "common"}:
        raise click.BadParameter(f"{name!r} means something else already; choose another name")
    if folder.exists():
        raise click.BadParameter(f"there is a flow {name!r} already")


def _renamed(text: str, name: str) -> str:
    title = "".join(part.capitalize() for part in name.split("_"))
    return text.replace("NewFlow", title).replace("new_flow", name).replace("new flow", name.replace("_", " "))


def _told(path: Path, flows: Path) -> str:
    return path.relative_to(flows.parent).as_posix()

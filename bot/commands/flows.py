"""`tepai flows`: which flows there are, and how they look."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.dialogue.flow import Flow


@click.group()
def flows() -> None:
    """Which flows there are, and how they look."""


@flows.command("list")
def list_() -> None:
    """Each flow: its name, what it is for, its version, its states and its languages."""
    from rich.console import Console
    from rich.table import Table

    from bot.bootstrap import FLOWS
    from bot.dialogue.book import load_flows

    table = Table("flow", "what it is for", "version", "states", "languages", box=None, pad_edge=False)
    for flow in load_flows():
        languages = ", ".join(_languages(FLOWS / flow.name))
        table.add_row(flow.name, _purpose(flow), str(flow.version), str(len(flow.machine.states)), languages)
    console = Console()
    if not console.is_terminal:
        console.width = 160  # whole lines for grep
    console.print(table)


@flows.command()
@click.argument("name")
def draw(name: str) -> None:
    """The flow's states and transitions as a Mermaid diagram."""
    from bot.dialogue.book import load_flows
    from bot.dialogue.drawing import mermaid

    click.echo(mermaid(load_flows()[name]), nl=False)


def _purpose(flow: type[Flow]) -> str:
    return (flow.__doc__ or "").strip().partition("\n")[0]


def _languages(folder: Path) -> list[str]:
    from bot.dialogue.texts import LANGUAGES

    return [language for language in LANGUAGES if (folder / f"texts.{language}.yaml").is_file()]

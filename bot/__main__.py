"""The `tepai` command, which is also `python -m bot`."""

from __future__ import annotations

import sys
from typing import Any

import click

from bot import __version__
from bot.commands.check import check
from bot.commands.db import db
from bot.commands.flows import flows
from bot.commands.new_flow import new_flow
from bot.commands.outbox import outbox
from bot.commands.run import run
from bot.commands.staff import staff
from bot.commands.talk import talk
from bot.commands.wechat import wechat
from bot.commands.worker import worker
from bot.errors import TepaiError

CANNOT = 2
"""The exit code when Tepai cannot do what was asked, as for a wrong option."""


class Tepai(click.Group):
    """Tells a failure that Tepai foresaw in one line, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except TepaiError as error:
            click.echo(f"tepai: {error}", err=True)
            sys.exit(CANNOT)


@click.group(cls=Tepai, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tepai")
def main() -> None:
    """Tepai: a customer-service chatbot for an on-demand courier."""


for command in (run, worker, talk, check, flows, new_flow, db, outbox, staff, wechat):
    main.add_command(command)

if __name__ == "__main__":
    main(prog_name="tepai")

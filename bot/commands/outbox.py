"""`tepai outbox`: what was given up, and what to do about it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot.commands.operator import operator

if TYPE_CHECKING:
    from bot.store.dead import Letter, Place

T = TypeVar("T")


class PlaceType(click.ParamType["Place"]):
    """CONVERSATION#SEQ, as `tepai outbox list` prints it."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        """Refuses what cannot be an id."""
        from bot.store.dead import Place

        conversation, _, seq = str(value).rpartition("#")
        if not conversation or not (seq.isascii() and seq.isdigit() and len(seq) < 19):
            self.fail("an id looks like webchat:abc#12; see `tepai outbox list`", param, ctx)
        return Place(conversation, int(seq))


as_json = click.option("--json", "as_json", is_flag=True, help="For a script.")
ids = click.argument("places", metavar="ID...", type=PlaceType(), nargs=-1, required=True)


@click.group()
def outbox() -> None:
    """Messages and acts that were given up: look at them, try again, or let them go."""


@outbox.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@as_json
def list_(limit: int, as_json: bool) -> None:
    """Each one's id, time, kind and reason, newest first. Never a customer's words."""
    from bot.store import dead

    found = _in_database(dead.letters, limit)
    if as_json:
        click.echo(json.dumps([_told(letter) for letter in found], ensure_ascii=False, indent=2))
        return
    for letter in found:
        click.echo(f"{letter.place}  {_when(letter)}  {letter.kind}  {letter.why}")
    if not found:
        click.echo("Nothing was given up.", err=True)


@outbox.command()
@click.argument("place", metavar="ID", type=PlaceType())
@as_json
def show(place: Place, as_json: bool) -> None:
    """One of them with all it holds: a message's words, too."""
    from bot.store import dead

    letter = _in_database(dead.letter, place)
    if letter is None:
        raise click.ClickException(f"{place}: {dead.NotRetried.GONE}")
    whole = {**_told(letter), "payload": dict(letter.payload)}
    if as_json:
        click.echo(json.dumps(whole, ensure_ascii=False, indent=2))
        return
    for name, value in whole.items():
        click.echo(f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)}")


@outbox.command()
@ids
@as_json
def retry(places: tuple[Place, ...], as_json: bool) -> None:
    """Try again: at the end of its conversation's lane, an act under its old idempotency key."""
    from bot.store import dead

    who = operator()
    _report([(place, _in_database(dead.retry, place, who)) for place in places], as_json)


@outbox.command()
@ids
@as_json
def drop(places: tuple[Place, ...], as_json: bool) -> None:
    """Let it go for good. The audit trail keeps who did, and when."""
    from bot.store import dead

    who = operator()
    found = [(place, _in_database(dead.drop, place, who)) for place in places]
    _report([(place, None if gone else dead.NotRetried.GONE) for place, gone in found], as_json)


def _report(results: Sequence[tuple[Place, int | str | None]], as_json: bool) -> None:
    """One line or object an id: its new number if it has one, or in words why not. Exit code 1 if one was not done."""
    told = [_result(place, came) for place, came in results]
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    for one in told:
        if not one["done"]:
            click.echo(f"tepai: {one['id']}: {one['why_not']}", err=True)
        elif not as_json:
            click.echo(f"{one['id']}: done" + (f", now number {one['seq']}" if one["seq"] else ""))
    if not all(one["done"] for one in told):
        sys.exit(1)


def _result(place: Place, came: int | str | None) -> dict[str, Any]:
    why_not = came if isinstance(came, str) else None
    seq = came if isinstance(came, int) else None
    return {"id": str(place), "done": why_not is None, "seq": seq, "why_not": why_not}


def _in_database(fn: Callable[..., T], *args: Any) -> T:
    from bot import config
    from bot.store.database import Database
    from bot.store.migrate import check_revision

    async def run() -> T:
        database = Database(config.load().database.url)
        try:
            await check_revision(database)
            return await database.run(fn, *args)
        finally:
            await database.close()

    return asyncio.run(run())


def _told(letter: Letter) -> dict[str, Any]:
    return {"id": str(letter.place), "at": _when(letter), "kind": letter.kind, "why": letter.why}


def _when(letter: Letter) -> str:
    return datetime.fromtimestamp(letter.at, UTC).isoformat(timespec="seconds")

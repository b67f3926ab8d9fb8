"""`tepai staff`: who works at the desk, as an operator sees to it; above all the first admin."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot.commands.operator import operator
from bot.errors import NoSuchThing, NotTaken

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.desk.people import Agent, People, SessionInfo

T = TypeVar("T")

WHY_NOT = {
    "bad_id": "a sign-in name has 2 to 32 lower-case letters, digits, dots, hyphens or underscores",
    "id_used": "there is somebody of that name already; see `tepai staff edit`",
    "bad_name": "the name shown needs 1 to 40 characters",
    "bad_email": "this is no e-mail address",
    "bad_languages": "languages are zh, en or zh,en",
    "bad_teams": "teams are those of config.yaml, support.teams",
    "last_admin": "at least one admin has to remain",
}


@dataclass(frozen=True, slots=True)
class Office:
    """What a command works with."""

    settings: Settings
    people: People
    by: Agent

    async def who(self, id: str) -> Agent:
        """The member of staff of that name."""
        for one in await self.people.everybody(self.by):
            if one.id == id.lower():
                return one
        raise click.ClickException(f"{id}: there is nobody of that name; see `tepai staff list`")

    def link(self, token: str) -> str:
        """Where the token's holder signs in."""
        from adapters.desk import link

        web = self.settings.web
        return link(web.origins[0].rstrip("/") if web.origins else f"http://127.0.0.1:{web.port}", token)


class Listed(click.ParamType[tuple[str, ...]]):
    """Words with commas between them; "" for none."""

    name = "a,b"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:  # noqa: ARG002
        """As a tuple."""
        return value if isinstance(value, tuple) else tuple(one.strip() for one in value.split(",") if one.strip())


as_json = click.option("--json", "as_json", is_flag=True, help="For a script.")
who_ = click.argument("id", metavar="NAME")


def described(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say who somebody is."""
    for option in (
        click.option("--email", help="Gets the alerts about overdue work."),
        click.option("--teams", type=Listed(), help="Those of config.yaml whose customers they take; none: all."),
        click.option("--languages", type=Listed(), help="Those they answer in: zh,en."),
        click.option("--language", type=click.Choice(["zh", "en"]), help="The desk's language for them."),
        click.option("--role", type=click.Choice(["agent", "lead", "admin"]), help="What they may do."),
        click.option("--name", help="As colleagues and customers read it."),
    ):
        command = option(command)
    return command


@click.group()
def staff() -> None:
    """Members of staff: who may sign in to the desk, and how."""


@staff.command()
@who_
@described
@as_json
def add(id: str, as_json: bool, **said: Any) -> None:
    """Add somebody who signs in as NAME, and print the one-time link to give to them."""

    async def work(office: Office) -> tuple[Agent, str]:
        from bot.desk.people import Agent, Role

        new = _with(Agent(id.lower(), id, Role.AGENT, office.settings.language.default), said)
        token = await office.people.add(office.by, new)
        return await office.who(id), office.link(token)

    _tell_link(*_at_work(work), as_json)


@staff.command()
@who_
@as_json
def link(id: str, as_json: bool) -> None:
    """Print a new one-time link, for a forgotten password. Earlier ones no longer work."""

    async def work(office: Office) -> tuple[Agent, str]:
        who = await office.who(id)
        return who, office.link(await office.people.new_link(office.by, who.id))

    _tell_link(*_at_work(work), as_json)


@staff.command("list")
@as_json
def list_(as_json: bool) -> None:
    """Everybody: sign-in name, role, teams, languages, whether they are there."""

    async def work(office: Office) -> Sequence[Agent]:
        return await office.people.everybody(office.by)

    found = _at_work(work)
    if as_json:
        _print([_told(one) for one in found])
        return
    for one in found:
        teams = ",".join(one.teams) or "all teams"
        click.echo(f"{one.id}  {one.name}  {one.role}  {teams}  {','.join(one.languages)}  {_state(one)}")
    if not found:
        click.echo("Nobody yet. The first one: tepai staff add NAME --role admin", err=True)


@staff.command()
@who_
@described
@click.option("--active/--inactive", default=None, help="Let them in again, or out.")
@as_json
def edit(id: str, active: bool | None, as_json: bool, **said: Any) -> None:
    """Change what is given; the rest stays as it is."""
    _edit(id, {**said, "active": active}, as_json)


@staff.command()
@who_
@as_json
def deactivate(id: str, as_json: bool) -> None:
    """Sign somebody out everywhere and let them in no more. What they did stays on record."""
    _edit(id, {"active": False}, as_json)


@staff.command()
@who_
@as_json
def sessions(id: str, as_json: bool) -> None:
    """Where somebody is signed in: each session's id, device, beginning and last use."""

    async def work(office: Office) -> Sequence[SessionInfo]:
        return await office.people.sessions(await office.who(id), "")

    found = [
        {"id": one.id, "device": one.device, "since": _when(one.created_at), "seen": _when(one.seen_at)}
        for one in _at_work(work)
    ]
    if as_json:
        _print(found)
        return
    for one in found:
        click.echo(f"{one['id'][:12]}  {one['device'] or 'unknown'}  {one['since']}  {one['seen']}")
    if not found:
        click.echo(f"{id} is not signed in anywhere.", err=True)


@staff.command()
@who_
@click.argument("session", required=False, default="")
def revoke(id: str, session: str) -> None:
    """End one of somebody's sessions, by the beginning of its id, or all of them."""

    async def work(office: Office) -> int:
        who = await office.who(id)
        chosen = [one for one in await office.people.sessions(who, "") if one.id.startswith(session)]
        for one in chosen:
            await office.people.revoke(office.by, one.id)
        return len(chosen)

    ended = _at_work(work)
    if session and not ended:
        raise click.ClickException(f"{session}: no such session; see `tepai staff sessions {id}`")
    click.echo(f"{id}: {ended} ended")


def _edit(id: str, said: dict[str, Any], as_json: bool) -> None:
    async def work(office: Office) -> Agent:
        who = await office.who(id)
        await office.people.edit(office.by, _with(who, said))
        return await office.who(id)

    who = _at_work(work)
    if as_json:
        _print(_told(who))
    else:
        click.echo(f"{who.id}: {who.name}, {who.role}, {_state(who)}")


def _with(who: Agent, said: dict[str, Any]) -> Agent:
    from bot.desk.people import Role

    given = {key: value for key, value in said.items() if value is not None}
    if "role" in given:
        given["role"] = Role(given["role"])
    return replace(who, **given)


def _at_work(work: Callable[[Office], Awaitable[T]]) -> T:
    async def run() -> T:
        from bot import config, desk_parts
        from bot.store import migrate
        from bot.store.database import Database

        settings = config.load()
        database = Database(settings.database.url)
        try:
            if database.is_sqlite:  # the first admin may come before the first start
                await migrate.upgrade(settings.database.url)
            await migrate.check_revision(database)
            by = replace(desk_parts.OPERATOR, id=operator())
            return await work(Office(settings, desk_parts.people(settings, database), by))
        finally:
            await database.close()

    try:
        return asyncio.run(run())
    except NotTaken as error:
        raise click.ClickException(WHY_NOT.get(error.key, error.key)) from None
    except NoSuchThing:
        raise click.ClickException("this member of staff is deactivated; see `tepai staff edit --active`") from None


def _tell_link(who: Agent, address: str, as_json: bool) -> None:
    if as_json:
        _print({**_told(who), "link": address})
        return
    click.echo(f"{who.name} ({who.id}, {who.role}) signs in by this link, which works once:")
    click.echo(address)


def _told(who: Agent) -> dict[str, Any]:
    return {
        "id": who.id,
        "name": who.name,
        "role": who.role,
        "language": who.language,
        "languages": who.languages,
        "teams": who.teams,
        "email": who.email,
        "active": who.active,
        "availability": who.availability,
        "here": who.here,
    }


def _state(who: Agent) -> str:
    if not who.active:
        return "deactivated"
    return "here" if who.here else "not here"


def _print(what: Any) -> None:
    click.echo(json.dumps(what, ensure_ascii=False, indent=2))


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")

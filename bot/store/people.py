"""Members of staff, and their links and sessions. Each function runs inside one transaction.

`by` and `actor` are who did it, for the audit trail, in which no name, contact, password or token stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Double, and_, bindparam, func, select, update

from bot.desk.people import Agent, Availability, Role
from bot.errors import NoSuchThing, NotTaken
from bot.store.audit import audit
from bot.store.clock import dbnow
from bot.store.database import Database
from bot.store.inserting import insert_new
from bot.store.prepared import Prepared
from bot.store.presence import PEOPLE, agent_of
from bot.store.sessions import (
    SEEN_EVERY,
    SIGN_IN,
    TELEGRAM,
    Lifetime,
    end_sessions,
    new_link,
    running,
    used,
    voided_links,
)
from bot.store.staff_tables import staff, staff_session

SIGN_OF_LIFE = 15.0
"""Seconds in which further signs of life are not written down."""

_BY_SESSION = Prepared(
    PEOPLE.add_columns(staff_session.c.seen_at.label("used_at"), dbnow().label("now"))
    .join(staff_session, staff_session.c.staff == staff.c.id)
    .where(staff.c.active, staff_session.c.token_hash == bindparam("key"), running(bindparam("idle", type_=Double)))
)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff with the hash of their password, None where there is none yet."""

    agent: Agent
    password_hash: str | None


def member(connection: Connection, id: str) -> Member | None:
    """One of them, active or not."""
    row = connection.execute(PEOPLE.where(staff.c.id == id)).one_or_none()
    return Member(agent_of(row), row.password_hash) if row else None


def everybody(connection: Connection, *, active: bool) -> Sequence[Agent]:
    """By name; with `active`, only those who may sign in."""
    query = PEOPLE.order_by(staff.c.name, staff.c.id)
    return [agent_of(row) for row in connection.execute(query.where(staff.c.active) if active else query)]


async def by_session(database: Database, token_hash: str, lifetime: Lifetime) -> Agent | None:
    """Whose session it is, as they are now. Every request and every open page asks this, again and again."""
    row = await database.fetch_one(_BY_SESSION, {"key": token_hash, "idle": lifetime.idle})
    if row is None:
        return None
    if row.now - row.used_at > SEEN_EVERY:
        await database.run(used, token_hash)
    return agent_of(row)


def add(connection: Connection, by: str, who: Agent, link_hash: str, link_seconds: float) -> None:
    """A new member of staff, with the link they come in by. Raises `NotTaken`."""
    added = insert_new(
        connection,
        staff,
        id=who.id,
        **_said_of(who),
        availability=Availability.OFFLINE,
        created_at=dbnow(),
    )
    if not added:
        raise NotTaken("id_used")
    audit(connection, "staff_added", actor=by, subject=who.id, detail={"role": who.role, "teams": list(who.teams)})
    new_link(connection, by, who.id, link_hash, link_seconds)


def edit(connection: Connection, by: str, who: Agent) -> None:
    """Replace what is said of somebody. Raises `NoSuchThing`, or `NotTaken` when no admin would be left."""
    admins = _lock_admins(connection)
    before = connection.execute(select(staff).where(staff.c.id == who.id).with_for_update()).one_or_none()
    if before is None:
        raise NoSuchThing
    if admins == [who.id] and not (who.active and who.role is Role.ADMIN):
        raise NotTaken("last_admin")
    values = _said_of(who)
    changed = {name: value for name, value in values.items() if getattr(before, name) != value}
    if not changed:
        return
    if not who.active:
        values["availability"] = Availability.OFFLINE
        end_sessions(connection, who.id)
        voided_links(connection, who.id, SIGN_IN, TELEGRAM)
    connection.execute(update(staff).where(staff.c.id == who.id).values(values))
    audit(connection, "staff_edited", actor=by, subject=who.id, detail=_detail(changed))


def describe(connection: Connection, id: str, name: str, language: str, languages: Sequence[str]) -> None:
    """What somebody says of themselves."""
    values = {"name": name, "language": language, "languages": list(languages)}
    before = connection.execute(select(staff).where(staff.c.id == id).with_for_update()).one()
    changed = {key: value for key, value in values.items() if getattr(before, key) != value}
    if changed:
        connection.execute(update(staff).where(staff.c.id == id).values(values))
        audit(connection, "staff_edited", actor=id, subject=id, detail=_detail(changed))


def be(connection: Connection, id: str, availability: Availability) -> bool:
    """Choose to be online, away or offline; True when that is new."""
    mine = staff.c.id == id
    before = connection.execute(select(staff.c.availability).where(mine).with_for_update()).scalar_one()
    connection.execute(update(staff).where(mine).values(availability=availability, seen_at=dbnow()))
    if before != availability:
        audit(connection, "staff_is", actor=id, subject=id, detail={"availability": availability})
    return bool(before != availability)


def alive(connection: Connection, id: str) -> None:
    """A page of theirs is open."""
    stale = func.coalesce(staff.c.seen_at, 0.0) < dbnow() - SIGN_OF_LIFE
    connection.execute(update(staff).where(staff.c.id == id, stale).values(seen_at=dbnow()))


def rehashed(connection: Connection, id: str, before: str, after: str) -> None:
    """The same password under newer parameters, unless it was changed meanwhile."""
    mine = and_(staff.c.id == id, staff.c.password_hash == before)
    connection.execute(update(staff).where(mine).values(password_hash=after))


def set_password(connection: Connection, id: str, before: str | None, after: str, keep: str) -> None:
    """Another password; ends every session but the one whose token has the hash `keep`. Raises `NotTaken` when it was
    changed meanwhile."""
    unchanged = staff.c.password_hash.is_(None) if before is None else staff.c.password_hash == before
    done = connection.execute(update(staff).where(staff.c.id == id, unchanged).values(password_hash=after))
    if done.rowcount != 1:
        raise NotTaken("changed_meanwhile")
    end_sessions(connection, id, keep=keep)
    voided_links(connection, id, SIGN_IN, TELEGRAM)
    audit(connection, "password_changed", actor=id, subject=id)


def _lock_admins(connection: Connection) -> list[str]:
    """Those who are active, so that two who take each other's role away at the same moment wait for one another."""
    admins = select(staff.c.id).where(staff.c.active, staff.c.role == Role.ADMIN)
    return list(connection.execute(admins.order_by(staff.c.id).with_for_update()).scalars())


def _said_of(who: Agent) -> dict[str, Any]:
    return {
        "name": who.name,
        "role": who.role.value,
        "email": who.email or None,
        "language": who.language,
        "languages": list(who.languages),
        "teams": list(who.teams),
        "active": who.active,
    }


def _detail(changed: Mapping[str, Any]) -> dict[str, Any]:
    """What became what; of a contact or a name only that it changed."""
    return {key: True if key in ("name", "email") else value for key, value in changed.items()}

"""Signing in: tries that are counted, links that work once, sessions that end. Each function runs inside one
transaction; of tokens they see only hashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, update

from bot.desk.people import Availability, SessionInfo
from bot.errors import NoSuchThing
from bot.identity.guard import Guard, Limits
from bot.store.audit import audit
from bot.store.clock import dbnow
from bot.store.inserting import insert_new
from bot.store.staff_tables import sign_in_guard, staff, staff_link, staff_session

SIGN_IN, TELEGRAM = "sign_in", "telegram"
"""What a link is for."""
SEEN_EVERY = 60.0
"""Seconds in which the use of a session is not written down again."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """Of a session, in seconds: unused, and in all."""

    idle: float
    whole: float


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to begin."""

    token_hash: str
    device: str


def count_try(connection: Connection, name_hash: str, limits: Limits) -> int:
    """Count one try as wrong before it is looked at, so that many at once are no more than the limit allows.

    Returns the seconds of a pause in which nothing is looked at, or 0.
    """
    insert_new(connection, sign_in_guard, name_hash=name_hash, changed_at=dbnow())
    mine = sign_in_guard.c.name_hash == name_hash
    row = connection.execute(select(sign_in_guard, dbnow().label("now")).where(mine).with_for_update()).one()
    guard = Guard(tries=row.tries, locks=row.locks, locked_until=row.locked_until)
    if seconds := guard.seconds_locked(row.now):
        return seconds
    _keep(connection, name_hash, limits.after_wrong(guard, row.now))
    return 0


def forgive(connection: Connection, name_hash: str) -> None:
    """The try was right: none of the wrong ones counts any more."""
    _keep(connection, name_hash, Guard())


def refuse(connection: Connection, id: str | None) -> None:
    """A wrong password, or a name nobody has: which takes as long, and which is not kept, since it may well be a
    password in the wrong field."""
    audit(connection, "sign_in_refused", actor="nobody", subject=id)


def begin(connection: Connection, id: str, new: NewSession, lifetime: Lifetime, password_hash: str) -> bool:
    """Begin a session with the password that was looked at; False when that, or the account, is no longer valid."""
    valid = and_(staff.c.id == id, staff.c.active, staff.c.password_hash == password_hash)
    if connection.execute(select(staff.c.id).where(valid).with_for_update()).one_or_none() is None:
        return False
    _open(connection, id, new, lifetime, "password")
    return True


def begin_by_link(connection: Connection, link_hash: str, new: NewSession, lifetime: Lifetime) -> str | None:
    """Use a link up and begin a session; returns whose, or None for a link that does not work. The password, if there
    was one, is forgotten: whoever needed a link sets another."""
    unused = and_(
        staff_link.c.token_hash == link_hash,
        staff_link.c.purpose == SIGN_IN,
        staff_link.c.used_at.is_(None),
        staff_link.c.until > dbnow(),
    )
    used = connection.execute(update(staff_link).where(unused).values(used_at=dbnow()))
    if used.rowcount != 1:
        return None
    owner = select(staff_link.c.staff).where(staff_link.c.token_hash == link_hash)
    id = str(connection.execute(owner).scalar_one())
    welcome = update(staff).where(staff.c.id == id, staff.c.active).values(password_hash=None)
    if connection.execute(welcome).rowcount != 1:
        return None
    _open(connection, id, new, lifetime, "link")
    return id


def new_link(connection: Connection, by: str, id: str, link_hash: str, seconds: float) -> None:
    """A link that works once; earlier ones no longer do. Raises `NoSuchThing`."""
    if connection.execute(select(staff.c.id).where(staff.c.id == id, staff.c.active)).one_or_none() is None:
        raise NoSuchThing
    voided_links(connection, id, SIGN_IN)
    insert_new(connection, staff_link, token_hash=link_hash, staff=id, purpose=SIGN_IN, until=dbnow() + seconds)
    audit(connection, "link_made", actor=by, subject=id)


def voided_links(connection: Connection, id: str, *purposes: str) -> None:
    """None of somebody's links for these works any more."""
    unused = and_(staff_link.c.staff == id, staff_link.c.purpose.in_(purposes), staff_link.c.used_at.is_(None))
    connection.execute(update(staff_link).where(unused).values(used_at=dbnow()))


def used(connection: Connection, token_hash: str) -> None:
    """Write down that a session is in use."""
    mine = staff_session.c.token_hash == token_hash
    connection.execute(update(staff_session).where(mine).values(seen_at=dbnow()))


def sessions(connection: Connection, id: str, lifetime: Lifetime, current: str) -> Sequence[SessionInfo]:
    """Somebody's sessions that run, the last used first; `current` is the hash of the one that asks."""
    mine = select(staff_session).where(staff_session.c.staff == id, running(lifetime.idle))
    rows = connection.execute(mine.order_by(staff_session.c.seen_at.desc(), staff_session.c.token_hash))
    return [
        SessionInfo(row.token_hash, row.device, row.created_at, row.seen_at, row.token_hash == current) for row in rows
    ]


def sign_out(connection: Connection, token_hash: str) -> bool:
    """End this session, and be offline when it was the last one; True when somebody went."""
    row = _end(connection, staff_session.c.token_hash == token_hash)
    if row is None:
        return False
    audit(connection, "signed_out", actor=row.staff, subject=row.staff)
    return _gone(connection, row.staff)


def revoke(connection: Connection, by: str, token_hash: str, *, only_of: str | None) -> bool:
    """End a session; `only_of`: whose it has to be. True when its owner has none left. Raises `NoSuchThing`."""
    which = staff_session.c.token_hash == token_hash
    row = _end(connection, which if only_of is None else and_(which, staff_session.c.staff == only_of))
    if row is None:
        raise NoSuchThing
    audit(connection, "session_revoked", actor=by, subject=row.staff, detail={"device": row.device})
    return _gone(connection, row.staff)


def end_sessions(connection: Connection, id: str, keep: str = "") -> None:
    """End all of somebody's, but the one whose token has the hash `keep`."""
    others = and_(staff_session.c.staff == id, staff_session.c.revoked_at.is_(None), staff_session.c.token_hash != keep)
    connection.execute(update(staff_session).where(others).values(revoked_at=dbnow()))


def running(idle: Any) -> ColumnElement[bool]:
    """Of a row of `staff_session`. `idle`: see `Lifetime`."""
    return and_(
        staff_session.c.revoked_at.is_(None),
        staff_session.c.until > dbnow(),
        staff_session.c.seen_at > dbnow() - idle,
    )


def _open(connection: Connection, id: str, new: NewSession, lifetime: Lifetime, by: str) -> None:
    insert_new(
        connection,
        staff_session,
        token_hash=new.token_hash,
        staff=id,
        device=new.device,
        created_at=dbnow(),
        seen_at=dbnow(),
        until=dbnow() + lifetime.whole,
    )
    connection.execute(update(staff).where(staff.c.id == id).values(availability=Availability.ONLINE, seen_at=dbnow()))
    audit(connection, "signed_in", actor=id, subject=id, detail={"by": by, "device": new.device})


def _end(connection: Connection, which: ColumnElement[bool]) -> Row[Any] | None:
    running = and_(which, staff_session.c.revoked_at.is_(None))
    row = connection.execute(select(staff_session).where(running).with_for_update()).one_or_none()
    if row is not None:
        connection.execute(
            update(staff_session).where(staff_session.c.token_hash == row.token_hash).values(revoked_at=dbnow())
        )
    return row


def _gone(connection: Connection, id: str) -> bool:
    left = and_(staff_session.c.staff == id, staff_session.c.revoked_at.is_(None), staff_session.c.until > dbnow())
    if connection.execute(select(func.count()).select_from(staff_session).where(left)).scalar_one():
        return False
    connection.execute(update(staff).where(staff.c.id == id).values(availability=Availability.OFFLINE))
    return True


def _keep(connection: Connection, name_hash: str, guard: Guard) -> None:
    values = asdict(guard)
    del values["sends"]
    mine = sign_in_guard.c.name_hash == name_hash
    connection.execute(update(sign_in_guard).where(mine).values(**values, changed_at=dbnow()))

"""Telegram accounts of members of staff. Each function runs inside one transaction; of tokens they see only hashes.

In the audit trail stands who linked one and when, never which account.
"""

from __future__ import annotations

from sqlalchemy import Connection, and_, select, update

from bot.desk.people import Agent
from bot.errors import NotTaken, SignInRefused
from bot.store import presence
from bot.store.audit import audit
from bot.store.clock import dbnow
from bot.store.inserting import insert_new
from bot.store.sessions import TELEGRAM, voided_links
from bot.store.staff_tables import staff, staff_link


def is_linked(connection: Connection, id: str) -> bool:
    """Whether somebody answers from an account of theirs."""
    found = select(staff.c.id).where(staff.c.id == id, staff.c.telegram.isnot(None))
    return connection.execute(found).one_or_none() is not None


def offer(connection: Connection, id: str, link_hash: str, seconds: float) -> None:
    """A link that works once; earlier ones no longer do."""
    voided_links(connection, id, TELEGRAM)
    insert_new(connection, staff_link, token_hash=link_hash, staff=id, purpose=TELEGRAM, until=dbnow() + seconds)
    audit(connection, "phone_link_made", actor=id, subject=id)


def link(connection: Connection, link_hash: str, account: str) -> Agent:
    """Use a link up: from now on the account is that of whoever asked for it. The same account a second time changes
    nothing. Raises `SignInRefused`, or `NotTaken` for an account that a colleague has linked."""
    mine = and_(staff_link.c.token_hash == link_hash, staff_link.c.purpose == TELEGRAM, staff.c.active)
    found = select(staff.c.id, staff.c.telegram).join(staff_link, staff_link.c.staff == staff.c.id).where(mine)
    row = connection.execute(found.with_for_update()).one_or_none()
    if row is None:
        raise SignInRefused
    if row.telegram != account:
        _release(connection, row.id, account)
        unused = and_(
            staff_link.c.token_hash == link_hash, staff_link.c.used_at.is_(None), staff_link.c.until > dbnow()
        )
        if connection.execute(update(staff_link).where(unused).values(used_at=dbnow())).rowcount != 1:
            raise SignInRefused
        connection.execute(update(staff).where(staff.c.id == row.id).values(telegram=account))
        audit(connection, "phone_linked", actor=row.id, subject=row.id)
    voided_links(connection, row.id, TELEGRAM)
    member = presence.colleague(connection, row.id)
    assert member is not None, "its row is locked"
    return member


def unlink(connection: Connection, id: str) -> None:
    """The account is nobody's any more, and no link works."""
    voided_links(connection, id, TELEGRAM)
    linked = and_(staff.c.id == id, staff.c.telegram.isnot(None))
    if connection.execute(update(staff).where(linked).values(telegram=None)).rowcount:
        audit(connection, "phone_unlinked", actor=id, subject=id)


def member(connection: Connection, account: str) -> Agent | None:
    """The active member of staff who has just been heard from this account."""
    found = select(staff.c.id).where(staff.c.telegram == account, staff.c.active)
    id = connection.execute(found).scalar_one_or_none()
    if id is None:
        return None
    presence.seen(connection, id)
    return presence.colleague(connection, id)


def _release(connection: Connection, id: str, account: str) -> None:
    """Whoever no longer works here no longer has the account. Raises `NotTaken` when a colleague has it."""
    others = select(staff.c.id, staff.c.active).where(staff.c.telegram == account, staff.c.id != id)
    holder = connection.execute(others.with_for_update()).one_or_none()
    if holder is None:
        return
    if holder.active:
        raise NotTaken("phone_of_other")
    unlink(connection, holder.id)

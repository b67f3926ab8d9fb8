"""One-time codes under way, and the pauses for those who guess. Each function runs inside one transaction.

A chat's row is always locked before a contact's, so two of these never wait for each other in a circle.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update

from bot.identity.guard import Guard, Limits
from bot.store.audit import audit
from bot.store.clock import dbnow
from bot.store.inserting import insert_new
from bot.store.tables import contact_lock, verification

_NO_CODE = ""


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code to be opened: hashes only. `customer` is None for a contact nobody has; `key` is the act's."""

    conversation: str
    key: str
    contact_hash: str
    customer: str | None
    salt: str
    code_hash: str


@dataclass(frozen=True, slots=True)
class Opened:
    """The salt of the code that counts (an earlier one when the act is repeated), or the seconds of a pause."""

    salt: str = ""
    seconds_locked: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """What comparing a code came to, as `CheckCode.outcomes` names it."""

    trigger: str
    left: int = 0
    seconds: int = 0
    customer: str | None = None


def open_code(connection: Connection, new: NewCode, limits: Limits) -> Opened:
    """Make this the chat's only valid code, unless it or the contact is paused. Repeatable by the act's key."""
    chat = _chat_for(connection, new)
    if chat.send_key == new.key:
        return Opened(chat.salt)
    contact = _contact(connection, new.contact_hash)
    now = _now(connection)
    guards = [_guard(chat), _guard(contact)]
    seconds = _seconds_locked(guards, now)
    if not seconds:
        guards = [limits.after_send(guard, now) for guard in guards]
        seconds = _seconds_locked(guards, now)
        _keep_guards(connection, new.conversation, new.contact_hash, guards)
    _note(
        connection, new.conversation, new.key, new.contact_hash, "code_locked" if seconds else "code_sent", new.customer
    )
    if seconds:
        return Opened(seconds_locked=seconds)
    _keep_chat(
        connection,
        new.conversation,
        contact_hash=new.contact_hash,
        code_hash=new.code_hash,
        salt=new.salt,
        customer=new.customer,
        send_key=new.key,
        expires_at=now + limits.code_seconds,
    )
    return Opened(new.salt)


def check_code(
    connection: Connection, conversation: str, key: str, hashed: Callable[[str], str], limits: Limits
) -> Checked:
    """Compare a code, given as a function from salt to hash, with the chat's own. Repeatable by the act's key."""
    chat = connection.execute(
        select(verification).where(verification.c.conversation == conversation).with_for_update()
    ).one_or_none()
    if chat is None:
        return Checked("code_expired")
    if chat.check_key == key:
        return Checked(**chat.checked)
    found = _compared(connection, chat, hashed(chat.salt), limits)
    _keep_chat(connection, conversation, check_key=key, checked=asdict(found))
    _note(connection, conversation, key, chat.contact_hash, found.trigger, chat.customer)
    return found


def _compared(connection: Connection, chat: Row[Any], code_hash: str, limits: Limits) -> Checked:
    guards = [_guard(chat), _guard(_contact(connection, chat.contact_hash))]
    now = _now(connection)
    if seconds := _seconds_locked(guards, now):
        return Checked("code_locked", seconds=seconds)
    if chat.code_hash == _NO_CODE or now >= chat.expires_at:
        return Checked("code_expired")
    # Compared for an unknown contact too, whose code nobody ever got.
    equal = hmac.compare_digest(chat.code_hash, code_hash)
    right = equal and chat.customer is not None
    guards = [Guard() if right else limits.after_wrong(guard, now) for guard in guards]
    _keep_guards(connection, chat.conversation, chat.contact_hash, guards)
    seconds = _seconds_locked(guards, now)
    if right or seconds:
        _keep_chat(connection, chat.conversation, code_hash=_NO_CODE)
    if right:
        return Checked("code_right", customer=chat.customer)
    if seconds:
        return Checked("code_locked", seconds=seconds)
    return Checked("code_wrong", left=limits.left(*guards))


def _chat_for(connection: Connection, new: NewCode) -> Row[Any]:
    insert_new(
        connection,
        verification,
        conversation=new.conversation,
        contact_hash=new.contact_hash,
        code_hash=_NO_CODE,
        salt="",
        send_key="",
        expires_at=dbnow(),
    )
    mine = verification.c.conversation == new.conversation
    return connection.execute(select(verification).where(mine).with_for_update()).one()


def _contact(connection: Connection, contact_hash: str) -> Row[Any]:
    insert_new(connection, contact_lock, contact_hash=contact_hash, changed_at=dbnow())
    mine = contact_lock.c.contact_hash == contact_hash
    return connection.execute(select(contact_lock).where(mine).with_for_update()).one()


def _now(connection: Connection) -> float:
    return float(connection.execute(select(dbnow())).scalar_one())


def _guard(row: Row[Any]) -> Guard:
    return Guard(row.sends, row.tries, row.locks, row.locked_until)


def _seconds_locked(guards: list[Guard], now: float) -> int:
    return max(guard.seconds_locked(now) for guard in guards)


def _keep_guards(connection: Connection, conversation: str, contact_hash: str, guards: list[Guard]) -> None:
    chat, contact = guards
    _keep_chat(connection, conversation, **asdict(chat))
    mine = contact_lock.c.contact_hash == contact_hash
    connection.execute(update(contact_lock).where(mine).values(**asdict(contact), changed_at=dbnow()))


def _keep_chat(connection: Connection, conversation: str, **values: Any) -> None:
    connection.execute(update(verification).where(verification.c.conversation == conversation).values(**values))


def _note(
    connection: Connection, conversation: str, key: str, contact_hash: str, action: str, customer: str | None
) -> None:
    subject = f"contact:{contact_hash[:12]}"
    audit(connection, action, conversation=conversation, subject=subject, detail={"customer": customer}, key=key)

"""The quota of one WeChat customer: what may still be sent by the customer-service API, until when, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, case, func, select, update

from bot.store.clock import dbnow
from bot.store.inserting import insert_new
from bot.store.support_tables import handover
from bot.store.tables import wechat_customer, wechat_letter

LONG_SECONDS, LONG_COUNT = 48 * 3600.0, 5
SHORT_SECONDS, SHORT_COUNT = 60.0, 3
LONG_WHY = "message"
"""The customer wrote; everything else that opens a window is a click, a scan or a follow."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What may be sent to a customer now: see `bot.channel.Standing`."""

    left: int
    until: float | None
    why: str | None
    kept: int
    reserved: bool
    now: float


_ROW = select(wechat_customer, dbnow().label("now"))


def lock(connection: Connection, key: str) -> Row[Any]:
    """The customer's row, ours until the transaction ends."""
    mine = _ROW.where(wechat_customer.c.conversation == key).with_for_update()
    found = connection.execute(mine).one_or_none()
    if found is None:
        insert_new(connection, wechat_customer, conversation=key, seen="")
        found = connection.execute(mine).one()
    return found


def open_window(connection: Connection, key: str, why: str) -> None:
    """The customer did something: what that allows counts anew. It does not add to what was left."""
    which = ("long", LONG_SECONDS, LONG_COUNT) if why == LONG_WHY else ("short", SHORT_SECONDS, SHORT_COUNT)
    name, seconds, count = which
    fresh = {f"{name}_until": dbnow() + seconds, f"{name}_left": count}
    change(connection, key, why=why, next_at=None, tries=0, noticed_at=None, **fresh)


def close_windows(connection: Connection, key: str) -> None:
    """WeChat says that the time is over, or the customer left."""
    change(connection, key, long_until=None, short_until=None)


def use_up(connection: Connection, key: str) -> None:
    """WeChat says that the count is used up."""
    change(connection, key, long_left=0, short_left=0)


def spend(connection: Connection, key: str) -> None:
    """One message is about to be sent. It counts in every window that is open: nobody promised that they add up."""
    columns = wechat_customer.c
    change(connection, key, long_left=_less(columns.long_left), short_left=_less(columns.short_left))


def give_back(connection: Connection, key: str) -> None:
    """It was not sent after all. Where WeChat counts otherwise, it says so."""
    columns = wechat_customer.c
    more = {"long_left": _more(columns.long_left, LONG_COUNT), "short_left": _more(columns.short_left, SHORT_COUNT)}
    change(connection, key, **more)


def change(connection: Connection, key: str, **values: Any) -> None:
    """Change the customer's row."""
    connection.execute(update(wechat_customer).where(wechat_customer.c.conversation == key).values(**values))


def left(row: Row[Any]) -> int:
    """How many messages the open windows allow."""
    return max(_count(row.long_until, row.long_left, row.now), _count(row.short_until, row.short_left, row.now))


def is_wanted_by_human(connection: Connection, key: str) -> bool:
    """Whether a conversation waits for a human, or has one."""
    mine = select(handover.c.id).where(handover.c.conversation == key, handover.c.closed_at.is_(None)).limit(1)
    return connection.execute(mine).one_or_none() is not None


def standing(connection: Connection, key: str) -> Standing:
    """For staff: how much may be said, and for how long."""
    row = connection.execute(_ROW.where(wechat_customer.c.conversation == key)).one_or_none()
    waiting = select(func.count()).where(wechat_letter.c.conversation == key, wechat_letter.c.state == "waiting")
    kept: int = connection.execute(waiting).scalar_one()
    reserved = is_wanted_by_human(connection, key)
    now: float = connection.execute(select(dbnow())).scalar_one()
    until, why = _window(row) if row is not None else (None, None)
    return Standing(left(row) if row is not None else 0, until, why, kept, reserved, now)


def _window(row: Row[Any]) -> tuple[float | None, str | None]:
    """The open window that allows most, and why it is open; the longer one when both allow the same."""
    windows = ((row.long_until, row.long_left, LONG_WHY), (row.short_until, row.short_left, row.why))
    is_open = [(until, count, why) for until, count, why in windows if until is not None and until > row.now]
    until, _, why = max(is_open, key=lambda window: window[1], default=(None, 0, None))
    return until, why


def _count(until: float | None, count: int, now: float) -> int:
    return count if until is not None and until > now else 0


def _less(column: Any) -> Any:
    return case((column > 0, column - 1), else_=0)


def _more(column: Any, most: int) -> Any:
    return case((column < most, column + 1), else_=most)

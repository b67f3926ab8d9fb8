"""The quota of one WeChat customer: what may still be sent by the customer-service API, until when, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, null, select, update

from bot.store.clock import dbnow
from bot.store.inserting import insert_new
from bot.store.prepared import Prepared
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
_MINE = wechat_customer.c.conversation == bindparam("key")


def _less(column: Any) -> Any:
    return case((column > 0, column - 1), else_=0)


def _opening(**fresh: Any) -> Prepared:
    again = {"next_at": null(), "tries": 0, "noticed_at": null()}
    return Prepared(update(wechat_customer).where(_MINE).values(why=bindparam("opens"), **again, **fresh))


_LOCK = Prepared(_ROW.where(_MINE).with_for_update())
_OPEN_LONG = _opening(long_until=dbnow() + LONG_SECONDS, long_left=LONG_COUNT)
_OPEN_SHORT = _opening(short_until=dbnow() + SHORT_SECONDS, short_left=SHORT_COUNT)
_CALM = Prepared(update(wechat_customer).where(_MINE).values(tries=0, next_at=null()))
_SHOWN = Prepared(update(wechat_customer).where(_MINE).values(seen=bindparam("question")))
_SPEND = Prepared(
    update(wechat_customer)
    .where(_MINE)
    .values(long_left=_less(wechat_customer.c.long_left), short_left=_less(wechat_customer.c.short_left))
)


def lock(connection: Connection, key: str) -> Any:
    """The customer's row, ours until the transaction ends."""
    found = _LOCK.row(connection, {"key": key})
    if found is None:
        insert_new(connection, wechat_customer, conversation=key, seen="")
        found = _LOCK.row(connection, {"key": key})
    return found


def open_window(connection: Connection, key: str, why: str) -> None:
    """The customer did something: what that allows counts anew. It does not add to what was left."""
    (_OPEN_LONG if why == LONG_WHY else _OPEN_SHORT).count(connection, {"key": key, "opens": why})


def close_windows(connection: Connection, key: str) -> None:
    """WeChat says that the time is over, or the customer left."""
    change(connection, key, long_until=None, short_until=None)


def use_up(connection: Connection, key: str) -> None:
    """WeChat says that the count is used up."""
    change(connection, key, long_left=0, short_left=0)


def spend(connection: Connection, key: str) -> None:
    """One message is about to be sent. It counts in every window that is open: nobody promised that they add up."""
    _SPEND.count(connection, {"key": key})


def calm(connection: Connection, key: str) -> None:
    """A call went well: the pauses between failures begin anew."""
    _CALM.count(connection, {"key": key})


def shown(connection: Connection, key: str, question: str) -> None:
    """The newest question that the customer sees, by a choice's token."""
    _SHOWN.count(connection, {"key": key, "question": question})


def give_back(connection: Connection, key: str) -> None:
    """It was not sent after all. Where WeChat counts otherwise, it says so."""
    columns = wechat_customer.c
    more = {"long_left": _more(columns.long_left, LONG_COUNT), "short_left": _more(columns.short_left, SHORT_COUNT)}
    change(connection, key, **more)


def change(connection: Connection, key: str, **values: Any) -> None:
    """Change the customer's row."""
    connection.execute(update(wechat_customer).where(wechat_customer.c.conversation == key).values(**values))


def left(row: Any) -> int:
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


def _window(row: Any) -> tuple[float | None, str | None]:
    """The open window that allows most, and why it is open; the longer one when both allow the same."""
    windows = ((row.long_until, row.long_left, LONG_WHY), (row.short_until, row.short_left, row.why))
    is_open = [(until, count, why) for until, count, why in windows if until is not None and until > row.now]
    until, _, why = max(is_open, key=lambda window: window[1], default=(None, 0, None))
    return until, why


def _count(until: float | None, count: int, now: float) -> int:
    return count if until is not None and until > now else 0


def _more(column: Any, most: int) -> Any:
    return case((column < most, column + 1), else_=most)

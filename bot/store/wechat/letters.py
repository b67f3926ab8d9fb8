"""What is to be said to a WeChat customer, part by part, and which of it goes out now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, null, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.clock import dbnow
from bot.store.prepared import Prepared
from bot.store.tables import conversation, outbox, wechat_letter, wechat_push
from bot.store.wechat import customer
from bot.store.wechat.forms import Cut, Letter, Pack, Parcel, Sent

AHEAD = 20
"""So many lines of the log are looked at for what can go out together."""
BUSY_SECONDS = 20.0
"""A call that has not ended by then belongs to a process that died."""
LONGEST_PAUSE = 600.0
MOST_COPIES = 2
"""A call whose outcome nobody knows is made once more, and then taken for arrived."""

_OF = wechat_letter.c.conversation == bindparam("key")
_LINES = Prepared(
    select(outbox.c.seq, outbox.c.kind, outbox.c.payload, outbox.c.epoch, conversation.c.owner)
    .add_columns(conversation.c.owner_epoch)
    .join(conversation, conversation.c.id == outbox.c.conversation)
    .where(outbox.c.conversation == bindparam("key"), outbox.c.seq > bindparam("from_seq"))
    .order_by(outbox.c.seq)
    .limit(AHEAD)
)
_WAITING = (
    select(wechat_letter, outbox.c.epoch, conversation.c.owner, conversation.c.owner_epoch)
    .select_from(
        wechat_letter.outerjoin(
            outbox, and_(outbox.c.conversation == wechat_letter.c.conversation, outbox.c.seq == wechat_letter.c.seq)
        ).outerjoin(conversation, conversation.c.id == wechat_letter.c.conversation)
    )
    .order_by(wechat_letter.c.seq, wechat_letter.c.part)
)
_FENCE = Prepared(
    select(conversation.c.owner_epoch).where(conversation.c.id == bindparam("key")).with_for_update(read=True)
)
_NOT_YET_SAID = Prepared(_WAITING.add_columns(dbnow().label("now")).where(_OF, wechat_letter.c.state == "waiting"))
_BOUND = Prepared(_WAITING.where(_OF, wechat_letter.c.push == bindparam("push_id")))
# An answer that is decided must not be overtaken by a call, until it is told or another attempt is out of the question.
_AWAITED = Prepared(
    select(wechat_push.c.id)
    .where(wechat_push.c.conversation == bindparam("key"))
    .where(
        or_(
            and_(wechat_push.c.closed.is_(False), wechat_push.c.deadline > dbnow()),
            and_(wechat_push.c.answer.isnot(None), wechat_push.c.told.is_(False)),
        )
    )
    .limit(1)
)
_GIVEN = ("seq", "part", "text", "choices", "question", "language", "file", "staff")
_NEW = {"state": "waiting", "at": dbnow(), "conversation": bindparam("key"), **{n: bindparam(f"{n}_") for n in _GIVEN}}
_ADD = {
    name: Prepared(dialect.insert(wechat_letter).values(**_NEW).on_conflict_do_nothing())
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_STATE = Prepared(select(wechat_letter.c.state).where(_OF, wechat_letter.c.seq == bindparam("at_seq")).limit(1))
_ONE = update(wechat_letter).where(_OF, wechat_letter.c.seq == bindparam("at_seq"))
_PART = _ONE.where(wechat_letter.c.part == bindparam("at_part"))
_AGAIN = Prepared(_ONE.values(state="waiting", begun=0))
_BIND = Prepared(_PART.values(push=bindparam("push_id")))
_HAND_OUT = Prepared(_PART.values(busy_until=bindparam("until"), begun=wechat_letter.c.begun + 1))
_SAID = Prepared(_PART.values(state="said", busy_until=null()))


def put(
    connection: Connection, key: str, seq: int, payload: Mapping[str, Any], cut: Cut, pack: Pack, *, api: bool
) -> Parcel | None:
    """Keep a line of the log, and those right behind it, to be said. A push that waits takes them back in its
    answer; else, with `api`, what may be sent now is returned. A line that was refused is tried once more."""
    row = customer.lock(connection, key)
    found = _STATE.row(connection, {"key": key, "at_seq": seq})
    if found is None:
        _add(connection, key, seq, payload, cut)
    elif found.state == "refused":
        _AGAIN.count(connection, {"key": key, "at_seq": seq})
    if _AWAITED.row(connection, {"key": key}) is not None:
        return None
    return _pick(connection, key, row, pack, api=api)


def pick(connection: Connection, key: str, pack: Pack, *, api: bool) -> Parcel | None:
    """What may be sent now of what waits, its quota spent; None when nothing may."""
    row = customer.lock(connection, key)
    if _AWAITED.row(connection, {"key": key}) is not None:
        return None
    return _pick(connection, key, row, pack, api=api)


def free(connection: Connection, key: str) -> tuple[list[Letter], bool]:
    """What waits and is nobody's, in order, up to the first that is on its way already, which nothing may overtake; and
    whether there is such a one. What the bot made before a human took over is held back for good; whoever takes over
    now waits until this transaction ends, and then sees what it decided. What may have arrived often enough is taken
    for said."""
    _FENCE.row(connection, {"key": key})
    rows = _NOT_YET_SAID.rows(connection, {"key": key})
    nobodys = list(takewhile(_is_nobodys, rows))
    found = _unfenced(connection, key, nobodys)
    _each(_SAID, connection, key, [(letter.seq, letter.part) for letter in found if letter.begun >= MOST_COPIES])
    return [letter for letter in found if letter.begun < MOST_COPIES], len(nobodys) < len(rows)


def bound(connection: Connection, key: str, push: str) -> tuple[list[Letter], bool]:
    """What a push's answer was made of, and whether all of it may still be said."""
    rows = _BOUND.rows(connection, {"key": key, "push_id": push})
    return [_letter(row) for row in rows], not any(_is_fenced(row, staff=row.staff) for row in rows)


def said(connection: Connection, key: str, parcel: Sent) -> None:
    """WeChat has it."""
    _each(_SAID, connection, key, parcel.keys)
    customer.calm(connection, key)
    if parcel.seen:
        customer.shown(connection, key, parcel.seen)


def back(connection: Connection, key: str, parcel: Sent, pause: float, *, heard: bool) -> None:
    """It was not sent: keep it, and try nothing for `pause` seconds, twice as long after each failure in a row. Not
    `heard`: WeChat may have it all the same. Told again, or once somebody else is sending it, that changes
    nothing."""
    row = customer.lock(connection, key)
    calls = wechat_letter.c.begun - 1 if heard else wechat_letter.c.begun
    mine = wechat_letter.c.busy_until == parcel.until
    if _settle(connection, key, parcel.keys, mine, busy_until=None, begun=calls) == 0:
        return
    wait = min(pause * 2.0 ** min(row.tries, 30), LONGEST_PAUSE)
    customer.change(connection, key, tries=row.tries + 1, next_at=row.now + wait)
    customer.give_back(connection, key)


def refuse(connection: Connection, key: str, parcel: Sent) -> None:
    """WeChat never will take it."""
    _settle(connection, key, parcel.keys, state="refused", busy_until=None)


def bind(connection: Connection, key: str, letters: Sequence[Letter], push: str) -> None:
    """Let them go back in the answer to a push, and in no other way."""
    _each(_BIND, connection, key, [(letter.seq, letter.part) for letter in letters], push_id=push)
    if (seen := _question(letters)) is not None:
        customer.shown(connection, key, seen)


def _add(connection: Connection, key: str, seq: int, payload: Mapping[str, Any], cut: Cut) -> None:
    rows = _rows(key, seq, payload, cut)
    for line in _LINES.rows(connection, {"key": key, "from_seq": seq}):
        if line.kind != "message" or _is_fenced(line, staff=_is_by_staff(line.payload)):
            break
        rows += _rows(key, line.seq, line.payload, cut)
    for row in rows:
        _ADD[connection.dialect.name].count(connection, row)


def _rows(key: str, seq: int, payload: Mapping[str, Any], cut: Cut) -> list[dict[str, Any]]:
    named = {"key": key, "seq_": seq, "staff_": _is_by_staff(payload)}
    return [
        {
            **named,
            "part_": place,
            "text_": part.text,
            "choices_": list(part.choices),
            "question_": part.question,
            "language_": part.language,
            "file_": part.file,
        }
        for place, part in enumerate(cut(payload))
    ]


def _is_by_staff(payload: Mapping[str, Any]) -> bool:
    return payload.get("sender") == "staff"


def _pick(connection: Connection, key: str, row: Any, pack: Pack, *, api: bool) -> Parcel | None:
    if not api or (row.next_at is not None and row.next_at > row.now) or customer.left(row) == 0:
        return None
    letters, _ = free(connection, key)
    if not letters:
        return None
    packed = pack(list(takewhile(lambda letter: letter.begun == letters[0].begun, letters)))
    chosen = letters[: packed.count]
    by_staff = any(letter.staff for letter in chosen)
    if customer.left(row) == 1 and not by_staff and customer.is_wanted_by_human(connection, key):
        return None
    keys = [(letter.seq, letter.part) for letter in chosen]
    doubted, until = letters[0].begun > 0, row.now + BUSY_SECONDS
    _each(_HAND_OUT, connection, key, keys, until=until)
    customer.spend(connection, key)
    return Parcel(packed.text, packed.choices, packed.language, packed.file, keys, _question(chosen), doubted, until)


def _question(letters: Sequence[Letter]) -> str | None:
    """A choice's token of the newest question in these letters."""
    return next((letter.question for letter in reversed(letters) if letter.question), None)


def _is_nobodys(row: Any) -> bool:
    return row.push is None and (row.busy_until is None or row.busy_until <= row.now)


def _unfenced(connection: Connection, key: str, rows: Sequence[Any]) -> list[Letter]:
    fenced = [row for row in rows if _is_fenced(row, staff=row.staff)]
    if fenced:
        _settle(connection, key, [(row.seq, row.part) for row in fenced], state="held")
        lines = outbox.c.seq.in_({row.seq for row in fenced})
        connection.execute(update(outbox).where(outbox.c.conversation == key, lines).values(fate="held"))
    return [_letter(row) for row in rows if row not in fenced]


def _is_fenced(row: Any, *, staff: bool) -> bool:
    return not staff and (row.owner is not None or (row.epoch is not None and row.owner_epoch != row.epoch))


def _letter(row: Any) -> Letter:
    said = (row.text, row.choices, row.question, row.language, row.file)
    return Letter(row.seq, row.part, *said, row.staff, row.begun)


def _each(
    statement: Prepared, connection: Connection, key: str, keys: Sequence[tuple[int, int]], **values: Any
) -> None:
    for seq, part in keys:
        statement.count(connection, {"key": key, "at_seq": seq, "at_part": part, **values})


def _settle(
    connection: Connection, key: str, keys: Sequence[tuple[int, int]], *conditions: ColumnElement[bool], **values: Any
) -> int:
    """How many were changed."""
    if not keys:
        return 0
    theirs = tuple_(wechat_letter.c.seq, wechat_letter.c.part).in_(list(keys))
    these = update(wechat_letter).where(wechat_letter.c.conversation == key, theirs, *conditions)
    return connection.execute(these.values(**values)).rowcount

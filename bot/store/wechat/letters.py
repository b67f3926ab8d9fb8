"""What is to be said to a WeChat customer, part by part, and which of it goes out now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.clock import dbnow
from bot.store.tables import conversation, outbox, wechat_letter, wechat_push
from bot.store.wechat import customer

AHEAD = 20
"""So many lines of the log are looked at for what can go out together."""
BUSY_SECONDS = 20.0
"""A call that has not ended by then belongs to a process that died."""
LONGEST_PAUSE = 600.0
MOST_COPIES = 2
"""A call whose outcome nobody knows is made once more, and then taken for arrived."""

Choice = Mapping[str, str]


class Part(Protocol):
    """A text that fits, in a language, and the choices below it: {"token", "label"}. `question`: a token of the
    question that it shows. `file`: goes as a picture, and the text only where that cannot be."""

    @property
    def text(self) -> str: ...  # noqa: D102

    @property
    def choices(self) -> Sequence[Choice]: ...  # noqa: D102

    @property
    def question(self) -> str | None: ...  # noqa: D102

    @property
    def language(self) -> str: ...  # noqa: D102

    @property
    def file(self) -> Mapping[str, Any] | None: ...  # noqa: D102


Cut = Callable[[Mapping[str, Any]], Sequence[Part]]
"""Cuts a stored `Outgoing` into parts."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One part that waits to be said. `begun`: calls with it whose outcome nobody knows."""

    seq: int
    part: int
    text: str
    choices: Sequence[Choice]
    question: str | None
    language: str
    file: Mapping[str, Any] | None
    staff: bool
    begun: int


class Packed(Protocol):
    """The first `count` letters as one message."""

    @property
    def text(self) -> str: ...  # noqa: D102

    @property
    def choices(self) -> Sequence[Choice]: ...  # noqa: D102

    @property
    def language(self) -> str: ...  # noqa: D102

    @property
    def file(self) -> Mapping[str, Any] | None: ...  # noqa: D102

    @property
    def count(self) -> int: ...  # noqa: D102


class Sent(Protocol):
    """A parcel as it comes back; `keys`: of its letters; `until`: see `Parcel`."""

    @property
    def keys(self) -> Sequence[tuple[int, int]]: ...  # noqa: D102

    @property
    def until(self) -> float: ...  # noqa: D102

    @property
    def seen(self) -> str | None: ...  # noqa: D102


Pack = Callable[[Sequence[Letter]], Packed]


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message that may be sent now; its quota is spent. `seen`: a choice's token of the question that it shows;
    `doubted`: it may have arrived before; `until`: nobody else sends it before then."""

    text: str
    choices: Sequence[Choice]
    language: str
    file: Mapping[str, Any] | None
    keys: Sequence[tuple[int, int]]
    seen: str | None
    doubted: bool
    until: float


_OF = wechat_letter.c.conversation == bindparam("key")
_LINES = (
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
_FENCE = select(conversation.c.owner_epoch).where(conversation.c.id == bindparam("key")).with_for_update(read=True)
_FREE = _WAITING.where(
    _OF,
    wechat_letter.c.state == "waiting",
    wechat_letter.c.push.is_(None),
    or_(wechat_letter.c.busy_until.is_(None), wechat_letter.c.busy_until <= dbnow()),
)
_BOUND = _WAITING.where(_OF, wechat_letter.c.push == bindparam("push_id"))
# An answer that is decided must not be overtaken by a call, until it is told or another attempt is out of the question.
_AWAITED = (
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
_ADD = {
    name: dialect.insert(wechat_letter).values(state="waiting", at=dbnow()).on_conflict_do_nothing()
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_STATE = select(wechat_letter.c.state).where(_OF, wechat_letter.c.seq == bindparam("at_seq")).limit(1)


def put(
    connection: Connection, key: str, seq: int, payload: Mapping[str, Any], cut: Cut, pack: Pack, *, api: bool
) -> Parcel | None:
    """Keep a line of the log, and those right behind it, to be said. A push that waits takes them back in its
    answer; else, with `api`, what may be sent now is returned. A line that was refused is tried once more."""
    row = customer.lock(connection, key)
    state = connection.execute(_STATE, {"key": key, "at_seq": seq}).scalar_one_or_none()
    if state is None:
        _add(connection, key, seq, payload, cut)
    elif state == "refused":
        again = (wechat_letter.c.conversation == key, wechat_letter.c.seq == seq)
        connection.execute(update(wechat_letter).where(*again).values(state="waiting", begun=0))
    if connection.execute(_AWAITED, {"key": key}).one_or_none() is not None:
        return None
    return _pick(connection, key, row, pack, api=api)


def pick(connection: Connection, key: str, pack: Pack, *, api: bool) -> Parcel | None:
    """What may be sent now of what waits, its quota spent; None when nothing may."""
    row = customer.lock(connection, key)
    if connection.execute(_AWAITED, {"key": key}).one_or_none() is not None:
        return None
    return _pick(connection, key, row, pack, api=api)


def free(connection: Connection, key: str) -> list[Letter]:
    """What waits and is nobody's, in order. What the bot made before a human took over is held back for good; whoever
    takes over now waits until this transaction ends, and then sees what it decided. What may have arrived often enough
    is taken for said."""
    connection.execute(_FENCE, {"key": key})
    found = _unfenced(connection, key, connection.execute(_FREE, {"key": key}).all())
    believed = [(letter.seq, letter.part) for letter in found if letter.begun >= MOST_COPIES]
    _settle(connection, key, believed, state="said", busy_until=None)
    return [letter for letter in found if letter.begun < MOST_COPIES]


def bound(connection: Connection, key: str, push: str) -> tuple[list[Letter], bool]:
    """What a push's answer was made of, and whether all of it may still be said."""
    rows = connection.execute(_BOUND, {"key": key, "push_id": push}).all()
    return [_letter(row) for row in rows], not any(_is_fenced(row, staff=row.staff) for row in rows)


def said(connection: Connection, key: str, parcel: Sent) -> None:
    """WeChat has it."""
    _settle(connection, key, parcel.keys, state="said", busy_until=None)
    question = {"seen": parcel.seen} if parcel.seen else {}
    customer.change(connection, key, tries=0, next_at=None, **question)


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
    _settle(connection, key, [(letter.seq, letter.part) for letter in letters], push=push)
    if (seen := _question(letters)) is not None:
        customer.change(connection, key, seen=seen)


def _add(connection: Connection, key: str, seq: int, payload: Mapping[str, Any], cut: Cut) -> None:
    rows = _rows(key, seq, payload, cut)
    for line in connection.execute(_LINES, {"key": key, "from_seq": seq}).all():
        if line.kind != "message" or _is_fenced(line, staff=_is_by_staff(line.payload)):
            break
        rows += _rows(key, line.seq, line.payload, cut)
    if rows:
        connection.execute(_ADD[connection.dialect.name], rows)


def _rows(key: str, seq: int, payload: Mapping[str, Any], cut: Cut) -> list[dict[str, Any]]:
    named = {"conversation": key, "seq": seq, "staff": _is_by_staff(payload)}
    return [
        {
            **named,
            "part": place,
            "text": part.text,
            "choices": list(part.choices),
            "question": part.question,
            "language": part.language,
            "file": part.file,
        }
        for place, part in enumerate(cut(payload))
    ]


def _is_by_staff(payload: Mapping[str, Any]) -> bool:
    return payload.get("sender") == "staff"


def _pick(connection: Connection, key: str, row: Row[Any], pack: Pack, *, api: bool) -> Parcel | None:
    if not api or (row.next_at is not None and row.next_at > row.now) or customer.left(row) == 0:
        return None
    letters = free(connection, key)
    if not letters:
        return None
    packed = pack(list(takewhile(lambda letter: letter.begun == letters[0].begun, letters)))
    chosen = letters[: packed.count]
    by_staff = any(letter.staff for letter in chosen)
    if customer.left(row) == 1 and not by_staff and customer.is_wanted_by_human(connection, key):
        return None
    keys = [(letter.seq, letter.part) for letter in chosen]
    doubted, until = letters[0].begun > 0, row.now + BUSY_SECONDS
    _settle(connection, key, keys, busy_until=until, begun=wechat_letter.c.begun + 1)
    customer.spend(connection, key)
    return Parcel(packed.text, packed.choices, packed.language, packed.file, keys, _question(chosen), doubted, until)


def _question(letters: Sequence[Letter]) -> str | None:
    """A choice's token of the newest question in these letters."""
    return next((letter.question for letter in reversed(letters) if letter.question), None)


def _unfenced(connection: Connection, key: str, rows: Sequence[Row[Any]]) -> list[Letter]:
    fenced = [row for row in rows if _is_fenced(row, staff=row.staff)]
    if fenced:
        _settle(connection, key, [(row.seq, row.part) for row in fenced], state="held")
        lines = outbox.c.seq.in_({row.seq for row in fenced})
        connection.execute(update(outbox).where(outbox.c.conversation == key, lines).values(fate="held"))
    return [_letter(row) for row in rows if row not in fenced]


def _is_fenced(row: Row[Any], *, staff: bool) -> bool:
    return not staff and (row.owner is not None or (row.epoch is not None and row.owner_epoch != row.epoch))


def _letter(row: Row[Any]) -> Letter:
    said = (row.text, row.choices, row.question, row.language, row.file)
    return Letter(row.seq, row.part, *said, row.staff, row.begun)


def _settle(
    connection: Connection, key: str, keys: Sequence[tuple[int, int]], *conditions: ColumnElement[bool], **values: Any
) -> int:
    """How many were changed."""
    if not keys:
        return 0
    theirs = tuple_(wechat_letter.c.seq, wechat_letter.c.part).in_(list(keys))
    these = update(wechat_letter).where(wechat_letter.c.conversation == key, theirs, *conditions)
    return connection.execute(these.values(**values)).rowcount

"""A conversation's log as staff see it, with what became of each line. Each function runs inside one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    true,
    union_all,
)

from bot.desk.talk import Delivery, Line
from bot.messages import incoming_from_json, outgoing_from_json
from bot.store.conversations import Source
from bot.store.draining import UNREACHABLE
from bot.store.history import Labels
from bot.store.prepared import Prepared
from bot.store.tables import conversation, dead, inbound, lane, outbox, wechat_letter
from bot.store.teams import team_of

WHY = {UNREACHABLE: "unreachable", "it was refused for too long": "refused_for_too_long"}
"""The runtime's own words as keys of the desk's texts; a channel's stay as they are."""
SENT_AGAIN = "sent_again"
"""Why a line failed whose dead letter is gone: somebody has decided about it."""
REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Log:
    """Lines of a conversation, and whose it is."""

    team: str
    lines: list[Line]


def _log(*, upward: bool) -> Prepared:
    """One statement for all of it, since it is read with every change that a page is shown: the first `most` lines of
    each side above the seq `edge`, or the last ones below it. At least one row for a conversation that is there."""
    key, edge = bindparam("key", type_=Text), bindparam("edge", type_=BigInteger)

    def window(lines: Select[Any], table: Table) -> Select[Any]:
        seq = table.c.seq
        near = (seq > edge, seq.asc()) if upward else (seq < edge, seq.desc())
        which = lines.where(table.c.conversation == key, near[0]).order_by(near[1])
        return select(which.limit(bindparam("most", type_=Integer)).subquery())

    of_dead = and_(dead.c.conversation == outbox.c.conversation, dead.c.seq == outbox.c.seq)
    came = select(
        *(inbound.c.seq, inbound.c.at, inbound.c.payload, literal(True).label("came")),
        *(cast(null(), kind).label(name) for name, kind in (("epoch", Integer), ("fate", Text), ("why", Text))),
    ).where(inbound.c.source == Source.CUSTOMER.value)
    went = (
        select(outbox.c.seq, outbox.c.at, outbox.c.payload, literal(False), outbox.c.epoch, outbox.c.fate, dead.c.why)
        .outerjoin(dead, of_dead)
        .where(outbox.c.kind == "message")
    )
    lines = union_all(window(came, inbound), window(went, outbox)).subquery()
    fence = (conversation.c.owner, conversation.c.owner_epoch, func.coalesce(lane.c.done_seq, 0).label("done_seq"))
    return Prepared(
        select(team_of(conversation.c.id).label("team"), *fence, *lines.c)
        .select_from(conversation)
        .outerjoin(lane, lane.c.conversation == conversation.c.id)
        .outerjoin(lines, true())
        .where(conversation.c.id == key)
    )


_ABOVE, _BELOW = _log(upward=True), _log(upward=False)
_PAST_ALL = 2**62
_LETTERS = select(wechat_letter.c.seq, wechat_letter.c.state)


def lines(
    connection: Connection, key: str, limit: int, *, after: int | None = None, before: int | None = None
) -> list[Line]:
    """In order: the first `limit` above `after`, or the last `limit`, of those below `before` if that is given."""
    found = log(connection, key, limit, after=after, before=before)
    return found.lines if found else []


def log(
    connection: Connection, key: str, limit: int, *, after: int | None = None, before: int | None = None
) -> Log | None:
    """The same with whose conversation it is; None where there is none."""
    edge = after if after is not None else before if before is not None else _PAST_ALL
    statement = _BELOW if after is None else _ABOVE
    rows = statement.rows(connection, {"key": key, "edge": edge, "most": limit})
    if not rows:
        return None
    theirs = [row for row in rows if row.seq is not None and row.came]
    ours = [row for row in rows if row.seq is not None and not row.came]
    letters = _letters(connection, key, [row.seq for row in ours])
    labels = Labels(connection, key, [row.payload for row in ours])
    found = [_received(row, labels.of(row)) for row in theirs]
    found += [_said(row, _became(row, letters.get(row.seq))) for row in ours]
    found.sort(key=lambda line: line.seq)
    return Log(rows[0].team, found[:limit] if after is not None else found[-limit:])


def _letters(connection: Connection, key: str, seqs: Sequence[int]) -> Mapping[int, set[str]]:
    """On WeChat a line leaves its lane to wait for its chance, in parts: the states of those of each line."""
    if not seqs or not key.startswith("wechat:"):
        return {}
    found: dict[int, set[str]] = {}
    span = wechat_letter.c.seq.between(min(seqs), max(seqs))
    for row in connection.execute(_LETTERS.where(wechat_letter.c.conversation == key, span)):
        found.setdefault(row.seq, set()).add(row.state)
    return found


def _became(row: Any, parts: set[str] | None) -> tuple[Delivery, str]:
    if row.fate == "held" or (parts and "held" in parts):
        return Delivery.HELD, ""
    if row.fate == "dead":
        return Delivery.FAILED, SENT_AGAIN if row.why is None else WHY.get(row.why, row.why)
    if parts and "refused" in parts:
        return Delivery.FAILED, REFUSED
    if row.seq <= row.done_seq and not (parts and "waiting" in parts):
        return Delivery.SENT, ""
    barred = row.payload.get("sender") != "staff" and (row.owner is not None or row.epoch != row.owner_epoch)
    return (Delivery.HELD if barred else Delivery.QUEUED), ""


def _received(row: Any, label: str) -> Line:
    message = incoming_from_json(row.payload)
    pressed = message.pressed is not None
    return Line(
        row.seq,
        row.at,
        "customer",
        label or message.text,
        Delivery.RECEIVED,
        attachments=message.attachments,
        pressed=pressed,
    )


def _said(row: Any, became: tuple[Delivery, str]) -> Line:
    message = outgoing_from_json(row.payload)
    delivery, why = became
    return Line(
        row.seq,
        row.at,
        message.sender,
        message.text,
        delivery,
        author=str(message.values.get("author", "")),
        choices=message.choices,
        attachments=message.attachments,
        id=str(message.values.get("id", "")),
        why=why,
    )

"""A conversation's log as staff see it, with what became of each line. Each function runs inside one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, select

from bot.desk.talk import Delivery, Line
from bot.messages import incoming_from_json, outgoing_from_json
from bot.store import handovers
from bot.store.conversations import Source
from bot.store.draining import UNREACHABLE
from bot.store.history import Labels
from bot.store.tables import conversation, dead, inbound, lane, outbox, wechat_letter

WHY = {UNREACHABLE: "unreachable", "it was refused for too long": "refused_for_too_long"}
"""The runtime's own words as keys of the desk's texts; a channel's stay as they are."""
SENT_AGAIN = "sent_again"
"""Why a line failed whose dead letter is gone: somebody has decided about it."""
REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Standing:
    """Who has a conversation, and whether its customer can be reached; `status` and `team` as in
    `bot.desk.talk.Aside`."""

    owner: str | None
    status: str
    team: str
    reachable: bool


_ASIDE = select(conversation.c.owner, conversation.c.unreachable)
_FENCE = select(
    conversation.c.owner, conversation.c.owner_epoch, func.coalesce(lane.c.done_seq, 0).label("done_seq")
).outerjoin(lane, lane.c.conversation == conversation.c.id)
_CAME = select(inbound.c.seq, inbound.c.at, inbound.c.payload, inbound.c.message_id).where(
    inbound.c.source == Source.CUSTOMER.value
)
_WENT = (
    select(outbox.c.seq, outbox.c.at, outbox.c.payload, outbox.c.epoch, outbox.c.fate, dead.c.why)
    .outerjoin(dead, and_(dead.c.conversation == outbox.c.conversation, dead.c.seq == outbox.c.seq))
    .where(outbox.c.kind == "message")
)
_LETTERS = select(wechat_letter.c.seq, wechat_letter.c.state)


def lines(
    connection: Connection, key: str, limit: int, *, after: int | None = None, before: int | None = None
) -> list[Line]:
    """In order: the first `limit` above `after`, or the last `limit`, of those below `before` if that is given."""
    came = _CAME.where(inbound.c.conversation == key)
    went = _WENT.where(outbox.c.conversation == key)
    theirs = connection.execute(_window(came, inbound.c.seq, limit, after, before)).all()
    ours = connection.execute(_window(went, outbox.c.seq, limit, after, before)).all()
    fence: Any = connection.execute(_FENCE.where(conversation.c.id == key)).one()
    letters = _letters(connection, key, [row.seq for row in ours])
    labels = Labels(connection, key, [row.payload for row in ours])
    found = [_received(row, labels.of(row)) for row in theirs]
    found += [_said(row, _became(row, fence, letters.get(row.seq))) for row in ours]
    found.sort(key=lambda line: line.seq)
    return found[:limit] if after is not None else found[-limit:]


def aside(connection: Connection, key: str) -> Standing:
    """Who has it, and whether the customer is there."""
    row = connection.execute(_ASIDE.where(conversation.c.id == key)).one()
    newest = handovers.newest(connection, key)
    status, team = ("", "") if newest is None else (newest.status, newest.team)
    return Standing(row.owner, handovers.TAKEN if row.owner else status, team, not row.unreachable)


def _window(query: Select[Any], seq: Any, limit: int, after: int | None, before: int | None) -> Select[Any]:
    if after is not None:
        return query.where(seq > after).order_by(seq).limit(limit)
    return (query if before is None else query.where(seq < before)).order_by(seq.desc()).limit(limit)


def _letters(connection: Connection, key: str, seqs: Sequence[int]) -> Mapping[int, set[str]]:
    """On WeChat a line leaves its lane to wait for its chance, in parts: the states of those of each line."""
    if not seqs or not key.startswith("wechat:"):
        return {}
    found: dict[int, set[str]] = {}
    span = wechat_letter.c.seq.between(min(seqs), max(seqs))
    for row in connection.execute(_LETTERS.where(wechat_letter.c.conversation == key, span)):
        found.setdefault(row.seq, set()).add(row.state)
    return found


def _became(row: Row[Any], fence: Any, parts: set[str] | None) -> tuple[Delivery, str]:
    if row.fate == "held" or (parts and "held" in parts):
        return Delivery.HELD, ""
    if row.fate == "dead":
        return Delivery.FAILED, SENT_AGAIN if row.why is None else WHY.get(row.why, row.why)
    if parts and "refused" in parts:
        return Delivery.FAILED, REFUSED
    if row.seq <= fence.done_seq and not (parts and "waiting" in parts):
        return Delivery.SENT, ""
    barred = row.payload.get("sender") != "staff" and (fence.owner is not None or row.epoch != fence.owner_epoch)
    return (Delivery.HELD if barred else Delivery.QUEUED), ""


def _received(row: Row[Any], label: str) -> Line:
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


def _said(row: Row[Any], became: tuple[Delivery, str]) -> Line:
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

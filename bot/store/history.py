"""A conversation's log as both sides saw it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select

from bot.store.conversations import Source
from bot.store.tables import inbound, lane, outbox

LOOK_BACK = 20
"""Messages before a press among which its button is looked for."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `message_id` is None for what was said to the customer; `label` is that of the button that the
    customer pressed, empty when there was none such."""

    seq: int
    at: float
    payload: dict[str, Any]
    message_id: str | None
    label: str = ""


def read(connection: Connection, conversation: str, after: int, limit: int) -> list[Row]:
    """The lines above `after`, oldest first, at most `limit`: the newest ones when `after` is 0.

    Nothing at or past the first message still to be delivered, so that a reader who goes on from the last seq it
    saw never misses one.
    """
    done = _done_seq(connection, conversation)
    horizon = _first_undelivered(connection, conversation, done)
    came = select(inbound.c.seq, inbound.c.at, inbound.c.payload, inbound.c.message_id).where(
        inbound.c.conversation == conversation, inbound.c.source == Source.CUSTOMER.value, inbound.c.seq > after
    )
    went = select(outbox.c.seq, outbox.c.at, outbox.c.payload).where(
        outbox.c.conversation == conversation,
        outbox.c.kind == "message",
        outbox.c.fate.is_(None),
        outbox.c.seq > after,
        outbox.c.seq <= done,
    )
    if horizon is not None:
        came = came.where(inbound.c.seq < horizon)
    newest = after == 0
    theirs = connection.execute(_window(came, inbound.c.seq, limit, newest=newest)).all()
    ours = connection.execute(_window(went, outbox.c.seq, limit, newest=newest)).all()
    labels = Labels(connection, conversation, [row.payload for row in ours])
    rows = [Row(row.seq, row.at, row.payload, row.message_id, labels.of(row)) for row in theirs]
    rows += [Row(row.seq, row.at, row.payload, None) for row in ours]
    rows.sort(key=lambda row: row.seq)
    return rows[-limit:] if newest else rows[:limit]


class Labels:
    """The labels of buttons, which are looked for in the window first and then before it."""

    def __init__(self, connection: Connection, conversation: str, payloads: Sequence[Mapping[str, Any]]) -> None:
        self._connection = connection
        self._conversation = conversation
        self._known = _labels(payloads)

    def of(self, row: Any) -> str:
        """That of the button a received line pressed; "" when there is none such."""
        token = row.payload.get("pressed")
        if token is not None and token not in self._known:
            self._known = {token: "", **_labels(self._before(row.seq)), **self._known}
        return self._known.get(token, "")

    def _before(self, seq: int) -> list[Any]:
        recent = (
            select(outbox.c.payload)
            .where(outbox.c.conversation == self._conversation, outbox.c.kind == "message", outbox.c.seq < seq)
            .order_by(outbox.c.seq.desc())
            .limit(LOOK_BACK)
        )
        return list(self._connection.scalars(recent))


def _labels(payloads: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {choice["token"]: choice["label"] for payload in payloads for choice in payload["choices"]}


def _window(lines: Select[Any], seq: Any, limit: int, *, newest: bool) -> Select[Any]:
    return lines.order_by(seq.desc() if newest else seq).limit(limit)


def _done_seq(connection: Connection, conversation: str) -> int:
    return connection.scalar(select(lane.c.done_seq).where(lane.c.conversation == conversation)) or 0


def _first_undelivered(connection: Connection, conversation: str, done: int) -> int | None:
    first: int | None = connection.scalar(
        select(func.min(outbox.c.seq)).where(
            outbox.c.conversation == conversation, outbox.c.kind == "message", outbox.c.seq > done
        )
    )
    return first

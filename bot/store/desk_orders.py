"""What is kept when staff do something to a customer's order. Each function runs inside one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from bot.desk.people import Agent
from bot.errors import HeldByOther
from bot.store.audit import audit
from bot.store.clock import dbnow
from bot.store.seeing import must_see
from bot.store.tables import conversation, watch


@dataclass(frozen=True, slots=True)
class Whose:
    """For whom staff act: `customer` is None for a chat linked to nobody; `watched`: numbers of orders."""

    customer: str | None
    now: float
    watched: Sequence[str]


_CHAT = select(conversation.c.customer, conversation.c.owner, dbnow().label("now"))


def whose(connection: Connection, agent: Agent, key: str) -> Whose:
    """Whose orders these are. Raises `NoSuchThing`."""
    must_see(connection, agent, key)
    row = connection.execute(_CHAT.where(conversation.c.id == key)).one()
    watched = connection.scalars(select(watch.c.order_number).where(watch.c.conversation == key)).all()
    return Whose(row.customer, row.now, watched)


def begin(connection: Connection, agent: Agent, key: str, id: str, action: str, number: str) -> Whose:
    """Note who is about to act, so that it stands there whatever happens then. Raises `NoSuchThing`, and `HeldByOther`
    for what a colleague has."""
    found = whose(connection, agent, key)
    owner = connection.scalar(select(conversation.c.owner).where(conversation.c.id == key))
    if owner not in (None, agent.id):
        raise HeldByOther(owner)
    audit(connection, action, conversation=key, actor=agent.id, subject=number, key=id)
    return found


def finish(
    agent: Agent, key: str, id: str, action: str, number: str, detail: Mapping[str, Any], connection: Connection
) -> None:
    """What came of it."""
    audit(
        connection, f"{action}_done", conversation=key, actor=agent.id, subject=number, detail=detail, key=f"{id}:done"
    )

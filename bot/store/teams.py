"""Whose a conversation is, as SQL: the team of its newest handover, anybody's when it was never handed over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, select, true, update

from bot.store.support_tables import handover, ticket
from bot.store.tables import conversation


def team_of(key: ColumnElement[Any]) -> ColumnElement[str]:
    """The team of the conversation in this column, "" for anybody's."""
    newest = (
        select(handover.c.team)
        .where(handover.c.conversation == key)
        .order_by(handover.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(newest, "")


def is_of(key: ColumnElement[Any], teams: Sequence[str] | None) -> ColumnElement[bool]:
    """Whether who is in these teams may see the conversation in this column. None: all of them."""
    return is_among(team_of(key), teams)


def is_among(team: ColumnElement[str], teams: Sequence[str] | None) -> ColumnElement[bool]:
    """The same where the team itself stands in this column."""
    return true() if teams is None else team.in_(["", *teams])


def hold(connection: Connection, key: str) -> None:
    """Until the end of the transaction nobody else gives the conversation to a team, or opens a ticket of it."""
    connection.execute(select(conversation.c.id).where(conversation.c.id == key).with_for_update())


def tell_tickets(connection: Connection, key: str) -> None:
    """The conversation, which is held, may have come to another team, and its tickets with it. They know it themselves
    because a list of them would have to look each one up."""
    now = team_of(literal(key))
    connection.execute(update(ticket).where(ticket.c.conversation == key, ticket.c.team != now).values(team=now))

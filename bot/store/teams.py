"""Whose a conversation is, as SQL: the team of its newest handover, anybody's when it was never handed over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select, true

from bot.store.support_tables import handover


def team_of(conversation: ColumnElement[Any]) -> ColumnElement[str]:
    """The team of the conversation in this column, "" for anybody's."""
    newest = (
        select(handover.c.team)
        .where(handover.c.conversation == conversation)
        .order_by(handover.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(newest, "")


def is_of(conversation: ColumnElement[Any], teams: Sequence[str] | None) -> ColumnElement[bool]:
    """Whether who is in these teams may see the conversation in this column. None: all of them."""
    return true() if teams is None else team_of(conversation).in_(["", *teams])

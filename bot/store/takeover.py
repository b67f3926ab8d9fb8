"""A human takes a conversation over, and gives it back."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, or_, select, update

from bot.store.clock import dbnow
from bot.store.tables import conversation, lane, outbox, wechat_letter, wechat_push

WRITING_SECONDS = 1.0
"""After a push's deadline its answer, decided just before, is being written."""

# Moving the version on makes whatever the bot has begun from the state before fail; moving the epoch on bars
# whatever it has already kept.
_MOVE = (
    update(conversation)
    .where(conversation.c.id == bindparam("key"))
    .values(version=conversation.c.version + 1, owner_epoch=conversation.c.owner_epoch + 1, updated_at=dbnow())
)
_TAKE = _MOVE.where(conversation.c.owner.is_(None)).values(owner=bindparam("agent"))
_GIVE_BACK = _MOVE.where(conversation.c.owner == bindparam("agent")).values(owner=None)
_OWNER = select(conversation.c.owner).where(conversation.c.id == bindparam("key"))
_UNDER_WAY = (
    select(outbox.c.kind, outbox.c.payload)
    .join(outbox, outbox.c.conversation == lane.c.conversation)
    .where(
        lane.c.conversation == bindparam("key"),
        lane.c.holder.isnot(None),
        lane.c.next_at > dbnow(),
        outbox.c.seq > lane.c.done_seq,
    )
    .order_by(outbox.c.seq)
    .limit(1)
)
# On WeChat messages leave their lane to go back in the answer to a push, or later.
_BEING_TOLD = (
    select(wechat_push.c.id)
    .where(wechat_push.c.conversation == bindparam("key"), wechat_push.c.told.is_(False))
    .where(wechat_push.c.deadline > dbnow() - WRITING_SECONDS)
)
_UNDER_WAY_ON_WECHAT = (
    select(wechat_letter.c.seq)
    .where(wechat_letter.c.conversation == bindparam("key"), wechat_letter.c.state == "waiting")
    .where(wechat_letter.c.staff.is_(False))
    .where(or_(wechat_letter.c.busy_until > dbnow(), wechat_letter.c.push.in_(_BEING_TOLD)))
    .limit(1)
)


def take(connection: Connection, key: str, agent: str) -> bool:
    """Make it the agent's; True as well when it is already. False when it is somebody else's, or unknown."""
    if connection.execute(_TAKE, {"key": key, "agent": agent}).rowcount == 1:
        return True
    return bool(connection.scalar(_OWNER, {"key": key}) == agent)


def give_back(connection: Connection, key: str, agent: str) -> bool:
    """Make it the bot's again; False when it is not the agent's."""
    return connection.execute(_GIVE_BACK, {"key": key, "agent": agent}).rowcount == 1


def is_under_way(connection: Connection, key: str) -> bool:
    """Whether a message of the bot's may just be on its way there. Asked after `take`, False stays False: what is
    handed out from then on meets the fence."""
    row = connection.execute(_UNDER_WAY, {"key": key}).one_or_none()
    if row is not None and row.kind == "message" and row.payload.get("sender") != "staff":
        return True
    return connection.execute(_UNDER_WAY_ON_WECHAT, {"key": key}).one_or_none() is not None

"""How the parts are, as the database tells it, and what staff decide about dead letters. Each function runs inside one
transaction. What is looked at is what waits and what was given up lately, never a whole table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from bot.desk.people import Agent
from bot.errors import NoSuchThing
from bot.messages import Address
from bot.store import dead
from bot.store.clock import dbnow
from bot.store.dead import Place
from bot.store.seeing import must_see
from bot.store.support_tables import mail
from bot.store.tables import channel_pause, lane, outbox, wechat_letter
from bot.store.tables import dead as dead_letters

LATELY = 86_400.0
MOST_TROUBLES = 1_000


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits, since when it could have gone, and what was given up lately with the last reason. `paused_until` and
    `why_paused`: of a channel that asked for a rest."""

    waiting: int = 0
    oldest: float | None = None
    given_up: int = 0
    trouble: str = ""
    paused_until: float | None = None
    why_paused: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Everything at the database's time `now`; channels by name."""

    now: float
    channels: Mapping[str, Backlog]
    mail: Backlog


def look(connection: Connection) -> Found:
    """How the channels and the mail are now."""
    now = float(connection.execute(select(dbnow())).scalar_one())
    waiting = _waiting(connection)
    letters = _letters(connection)
    given_up = _given_up(connection, now)
    pauses = {row.channel: row for row in connection.execute(_PAUSES)}
    channels = {}
    for name in {*waiting, *letters, *given_up, *pauses}:
        count, oldest = waiting.get(name, (0, None))
        pause = pauses.get(name)
        paused = (pause.blocked_until, pause.why or "") if pause else (None, "")
        channels[name] = Backlog(count + letters.get(name, 0), oldest, *given_up.get(name, (0, "")), *paused)
    return Found(now, channels, _mail(connection, now))


def let_go(connection: Connection, agent: Agent, place: Place) -> None:
    """Forget a dead letter. Raises `NoSuchThing`."""
    must_see(connection, agent, place.conversation)
    if not dead.drop(connection, place, agent.id):
        raise NoSuchThing(place)


Count = tuple[int, float | None]

_PAUSES = select(channel_pause).where(channel_pause.c.blocked_until > dbnow())
_FIRST_WAITING = (
    select(outbox.c.at)
    .where(outbox.c.conversation == lane.c.conversation, outbox.c.seq > lane.c.done_seq)
    .order_by(outbox.c.seq)
    .limit(1)
    .scalar_subquery()
)
_WAITING = (
    select(lane.c.channel, func.count().label("waiting"), func.min(_FIRST_WAITING).label("oldest"))
    .where(lane.c.next_at.isnot(None))
    .group_by(lane.c.channel)
)


def _waiting(connection: Connection) -> dict[str, Count]:
    """Conversations with something to do, by channel."""
    return {row.channel: (row.waiting, row.oldest) for row in connection.execute(_WAITING)}


def _letters(connection: Connection) -> dict[str, int]:
    """What has left its lane on WeChat, and waits until the customer may be written to: that is nobody's trouble."""
    waiting = select(func.count()).select_from(wechat_letter).where(wechat_letter.c.state == "waiting")
    count = connection.execute(waiting).scalar_one()
    return {"wechat": count} if count else {}


def _given_up(connection: Connection, now: float) -> dict[str, tuple[int, str]]:
    lately = select(dead_letters.c.conversation, dead_letters.c.why).where(dead_letters.c.at > now - LATELY)
    found: dict[str, tuple[int, str]] = {}
    for row in connection.execute(lately.order_by(dead_letters.c.at.desc()).limit(MOST_TROUBLES)):
        channel = Address.of(row.conversation).channel
        count, why = found.get(channel, (0, row.why))
        found[channel] = count + 1, why
    return found


def _mail(connection: Connection, now: float) -> Backlog:
    waiting = select(func.count(), func.min(mail.c.at), func.max(mail.c.trouble)).where(mail.c.next_at.isnot(None))
    count, oldest, trouble = connection.execute(waiting).one()
    refused = select(mail.c.trouble).where(
        mail.c.next_at.is_(None), mail.c.trouble.isnot(None), mail.c.at > now - LATELY
    )
    given_up = list(connection.scalars(refused.order_by(mail.c.at.desc()).limit(MOST_TROUBLES)))
    return Backlog(count, oldest, len(given_up), given_up[0] if given_up else trouble or "")

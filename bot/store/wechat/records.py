"""The WeChat records as the adapter is handed them: each call is one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, case, null, or_, select, update

from bot.store import leases
from bot.store.clock import dbnow
from bot.store.database import Database
from bot.store.tables import lane
from bot.store.wechat import customer, letters, pushes
from bot.store.wechat.customer import Standing
from bot.store.wechat.forms import Cut, Pack, Parcel, Sent
from bot.store.wechat.pushes import Arrival, Closing, Compose, Untaken

TOKEN = "wechat-token"  # noqa: S105 -- the lease's name


class WechatRecords:
    """Everything the WeChat adapter must not forget. Any call raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._run = database.run_short

    async def arrived(
        self, conversation: str, push: str, message: Mapping[str, Any], opens: str, wait: float
    ) -> Arrival:
        """See `pushes.arrived`."""
        return await self._run(pushes.arrived, conversation, push, message, opens, wait)

    async def closing(
        self, conversation: str, push: str, compose: Compose, *, final: bool, taken: bool
    ) -> Closing | None:
        """See `pushes.closing`. Not `final`: nothing is decided while the lane has something to do."""
        if not final and await self._database.fetch_one(pushes.BUSY, {"key": conversation}) is not None:
            return None
        return await self._run(pushes.closing, conversation, push, compose, final=final, taken=taken)

    async def told(self, conversation: str, push: str) -> bool:
        """See `pushes.told`."""
        return await self._run(pushes.told, conversation, push)

    async def taken(self, conversation: str, push: str) -> None:
        """The core has the message."""
        await self._run(pushes.taken, conversation, push)

    async def left(self, conversation: str) -> None:
        """The customer no longer follows the account."""
        await self._run(customer.close_windows, conversation)

    async def put(
        self, conversation: str, seq: int, payload: Mapping[str, Any], cut: Cut, pack: Pack, *, api: bool
    ) -> Parcel | None:
        """See `letters.put`."""
        return await self._run(letters.put, conversation, seq, payload, cut, pack, api=api)

    async def pick(self, conversation: str, pack: Pack, *, api: bool) -> Parcel | None:
        """See `letters.pick`."""
        return await self._run(letters.pick, conversation, pack, api=api)

    async def said(self, conversation: str, parcel: Sent) -> None:
        """WeChat has it."""
        await self._run(letters.said, conversation, parcel)

    async def back(self, conversation: str, parcel: Sent, pause: float, why: str) -> None:
        """It was not sent and is kept. `why`: "window", "count", "unheard" when it may have been sent all the same, or
        anything else."""
        await self._run(_back, conversation, parcel, pause, why)

    async def refuse(self, conversation: str, parcel: Sent) -> None:
        """WeChat never will take it."""
        await self._run(letters.refuse, conversation, parcel)

    async def notice(self, conversation: str) -> bool:
        """Whether a notice may go out now: something waits, nothing may be sent, and none was sent since the customer
        was last heard of."""
        return await self._run(_notice, conversation)

    async def speaks(self, conversation: str, language: str) -> None:
        """The customer's client speaks this language; empty: nobody knows."""
        await self._run(_speaks, conversation, language)

    async def standing(self, conversation: str) -> Standing:
        """See `customer.standing`."""
        return await self._run(customer.standing, conversation)

    async def untaken(self) -> list[Untaken]:
        """See `pushes.untaken`."""
        return await self._database.run(pushes.untaken)

    async def release(self) -> None:
        """See `pushes.release`."""
        await self._database.run(pushes.release)

    async def due(self) -> list[str]:
        """Conversations with something to say that may be said now."""
        return await self._database.run(pushes.due)

    async def forget(self) -> None:
        """Drop what is old and over."""
        await self._database.run(pushes.forget)

    async def hold(self, conversation: str, token: str, seconds: float) -> bool:
        """Hold a conversation's lane, if nobody does, so that nothing else is sent there and a human who takes over
        waits for us."""
        return await self._run(_hold, conversation, token, seconds)

    async def let_go(self, conversation: str, token: str) -> None:
        """Give the lane back."""
        await self._run(_let_go, conversation, token)

    async def token(self) -> Any:
        """What is kept of the access token; None at first."""
        return await self._run(leases.value, TOKEN)

    async def take_token(self, holder: str, seconds: float) -> tuple[bool, Any]:
        """Whether we are the one to fetch it now, and what is kept."""
        return await self._run(leases.take, TOKEN, holder, seconds)

    async def leave_token(self, holder: str, kept: Any) -> bool:
        """Keep the new one and let others fetch."""
        return await self._run(leases.leave, TOKEN, holder, kept)


def _speaks(connection: Connection, key: str, language: str) -> None:
    customer.change(connection, key, language=language)


def _back(connection: Connection, key: str, parcel: Sent, pause: float, why: str) -> None:
    letters.back(connection, key, parcel, pause, heard=why != "unheard")
    if why == "window":
        customer.close_windows(connection, key)
    elif why == "count":
        customer.use_up(connection, key)


def _notice(connection: Connection, key: str) -> bool:
    row = customer.lock(connection, key)
    if row.noticed_at is not None or customer.left(row) or not letters.free(connection, key)[0]:
        return False
    customer.change(connection, key, noticed_at=row.now)
    return True


def _hold(connection: Connection, key: str, token: str, seconds: float) -> bool:
    free = or_(lane.c.next_at.is_(None), lane.c.next_at <= dbnow())
    mine = update(lane).where(lane.c.conversation == key, free).values(holder=token, next_at=dbnow() + seconds)
    if connection.execute(mine).rowcount == 1:
        return True
    return connection.execute(select(lane.c.conversation).where(lane.c.conversation == key)).one_or_none() is None


def _let_go(connection: Connection, key: str, token: str) -> None:
    next_at = case((lane.c.last_seq > lane.c.done_seq, dbnow()), else_=null())
    mine = (lane.c.conversation == key, lane.c.holder == token)
    connection.execute(update(lane).where(*mine).values(holder=None, next_at=next_at))

"""Drains lanes: sends what is to be said and does what is to be done, in order, one lane in one hand at a time."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Coroutine, Mapping
from itertools import chain, count, repeat
from typing import Any
from uuid import uuid4

import structlog

from bot.channel import Channel, counterpart_of
from bot.desk.work import QUEUE
from bot.errors import Later, StoreUnavailable, Undeliverable, Unreachable
from bot.messages import Address, outgoing_from_json
from bot.performer import Scope
from bot.runtime.acts import Acts
from bot.runtime.hub import Hub
from bot.runtime.settings import RuntimeSettings
from bot.store import draining, lanes
from bot.store.database import Database
from bot.store.draining import Barred, Done, Item
from bot.store.lanes import Claim, Hold

log = structlog.get_logger(__name__)

SHORT_PAUSES = (0.05, 0.1, 0.2, 0.5)
"""Seconds between the first tries of what must be noted; then every second."""


class Worker:
    """Any number of workers, in any number of processes, may share a database."""

    def __init__(
        self, database: Database, channels: Mapping[str, Channel], acts: Acts, hub: Hub, settings: RuntimeSettings
    ) -> None:
        self._database = database
        self._channels = channels
        self._acts = acts
        self._hub = hub
        self._settings = settings
        self._woken = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._works = False
        self._name = uuid4().hex
        self._claims = count(1)

    def hold(self, channel: str) -> Hold | None:
        """With what a lane can be taken in the same breath as something is put there; None when this worker has
        not begun, does not serve the channel, or has its hands full."""
        if not self._works or channel not in self._channels or len(self._running) >= self._settings.lanes_at_once:
            return None
        return Hold(self._fresh_token(), self._settings.lease)

    def take(self, held: Claim, first: Item) -> None:
        """Begin with a lane that is held, and has handed out its first row."""
        self._begin(self._drain(held, first))

    def grew(self, conversation: str, *, due: bool, staffed: bool = False) -> None:
        """See `bot.runtime.step.Lanes.grew`."""
        self._hub.tell(conversation, due=due)
        if staffed:
            self._hub.tell(QUEUE)
            self._hub.tell(counterpart_of(conversation))
        if due:
            self.wake()

    def wake(self) -> None:
        """There may be something to do."""
        self._woken.set()

    async def run(self) -> None:
        """Drain until cancelled; what is in hand then goes on until `finish`."""
        self._works = True
        while True:
            self._woken.clear()
            try:
                await self._claim()
            except StoreUnavailable as error:
                log.warning("lanes_wait", why=str(error))
            except Exception as error:  # whatever it was, customers still wait for their answers
                log.error("lanes_wait", error=type(error).__name__)  # noqa: TRY400
            if len(self._running) >= self._settings.lanes_at_once:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.sweep):
                    await self._woken.wait()

    async def drain_due(self) -> bool:
        """Drain what is due now and wait for what is in hand; False when there was nothing."""
        self._works = True
        if not self._running:
            await self._claim()
        running = list(self._running)
        if running:
            await asyncio.wait(running)
        return bool(running)

    async def finish(self, seconds: float) -> None:
        """Let what is in hand come to its end for so long, then drop it: its leases run out."""
        self._works = False
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _claim(self) -> None:
        room = self._settings.lanes_at_once - len(self._running)
        if room <= 0:
            return
        lease, token = self._settings.lease, self._fresh_token()
        for held in await self._database.run_each(lanes.claim, list(self._channels), room, lease, token):
            self._begin(self._drain(held))

    def _fresh_token(self) -> str:
        """Never given before, in no process. A new uuid each time would cost a call of the kernel's."""
        return f"{self._name}:{next(self._claims)}"

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("lane_failed", error=type(error).__name__)

    async def _drain(self, held: Claim, first: Item | None = None) -> None:
        try:
            since = held.since
            found: Item | Done | None = first or Done(held)
            while found is not None:
                if isinstance(found, Done):
                    if found.longer is None:
                        return
                    held = found.longer
                    since, found = time.monotonic(), await self._proceed(held, None)
                elif self._runs_out(since):
                    found = Done(held)
                elif not await self._deal(held, found):
                    return
                else:
                    since, found = time.monotonic(), await self._past(held, found.seq)
                    self._hub.tell(held.conversation)
        except StoreUnavailable as error:
            log.warning("lane_left", conversation=held.conversation, why=str(error))

    def _runs_out(self, since: float) -> bool:
        """Whether a lease of then may end before one more thing is done: this process was frozen, or the database took
        long. Then the lane, and a human who has taken over meanwhile, have to be looked at again."""
        longest = max(self._settings.send, self._settings.act)
        return time.monotonic() - since > self._settings.lease - longest

    async def _past(self, held: Claim, done: int) -> Item | Done | None:
        """Note what was done and return what comes next. While the lane is ours this is tried again and again: if it
        stayed unsaid, the next holder would do it a second time."""
        given_up = asyncio.get_running_loop().time() + self._settings.lease
        for pause in chain(SHORT_PAUSES, repeat(1.0)):
            try:
                return await self._proceed(held, done)
            except StoreUnavailable:
                if asyncio.get_running_loop().time() > given_up:
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("the pauses have no end")

    async def _proceed(self, held: Claim, done: int | None) -> Item | Done | None:
        lease = self._settings.lease
        found = await draining.proceed(self._database, held, lease, done)
        while isinstance(found, Barred):
            if not await self._database.run(draining.put_aside, held, found, lease):
                return None
            found = await draining.proceed(self._database, held, lease, found.item.seq)
        return found

    async def _deal(self, held: Claim, item: Item) -> bool:
        """Do one row. False: the lane was given back, to be looked at again later."""
        too_often = item.tries > self._settings.most_tries
        if item.kind == "act":
            language = item.state.get("language", self._settings.language)
            scope = Scope(held.conversation, item.customer, language, item.now)
            await self._do(item, scope, give_up=too_often)
            return True
        if too_often:
            return await self._bury(held, item, "whoever tried to send it never came back")
        return await self._send(held, item)

    async def _do(self, item: Item, scope: Scope, *, give_up: bool) -> None:
        try:
            await self._acts.first(item.payload, scope, give_up=give_up)
        except StoreUnavailable:
            raise
        except Exception as error:
            if not give_up:
                raise
            # Not even the end of it can be told: the conversation has to go on all the same.
            log.error("act_untold", conversation=scope.conversation, seq=item.seq, error=type(error).__name__)  # noqa: TRY400

    async def _send(self, held: Claim, item: Item) -> bool:
        address = Address.of(held.conversation)
        try:
            async with asyncio.timeout(self._settings.send):
                await self._channels[address.channel].send(address, outgoing_from_json(item.payload), item.seq)
        except (Later, TimeoutError) as refusal:
            return await self._postpone(held, item, refusal)
        except Unreachable:
            await self._database.run_each(lanes.mark_unreachable, held.conversation)
            return await self._bury(held, item, "the customer cannot be reached")
        except Undeliverable as error:
            return await self._bury(held, item, str(error))
        except Exception as error:  # a defect of the adapter, or a row that nobody can send
            if item.tries >= self._settings.most_tries:
                return await self._bury(held, item, type(error).__name__)
            log.error("send_failed", conversation=held.conversation, seq=item.seq, error=type(error).__name__)  # noqa: TRY400
            await self._database.run_each(lanes.later, held, self._settings.pause(item.tries), calm=False)
            return False
        return True

    async def _postpone(self, held: Claim, item: Item, refusal: Later | TimeoutError) -> bool:
        if item.now - item.at > self._settings.keep_trying:
            return await self._bury(held, item, "it was refused for too long")
        after = refusal.after if isinstance(refusal, Later) else None
        delay = self._settings.pause(item.tries) if after is None else after
        log.info("send_later", conversation=held.conversation, seq=item.seq, seconds=round(delay, 1))
        if isinstance(refusal, Later) and refusal.channel_wide:
            channel = Address.of(held.conversation).channel
            await self._database.run(lanes.pause_channel, held, channel, delay, str(refusal))
        else:
            await self._database.run_each(lanes.later, held, delay, calm=True)
        return False

    async def _bury(self, held: Claim, item: Item, why: str) -> bool:
        log.error("dead_letter", conversation=held.conversation, seq=item.seq, why=why)
        return await self._database.run(draining.bury, held, item, why, self._settings.lease)

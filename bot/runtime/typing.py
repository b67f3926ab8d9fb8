"""Shows customers that something is being done for them, where it takes longer than a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic

import structlog

from bot.dialogue.effects import Effect, Outcome
from bot.messages import Address
from bot.performer import Performer, Performers, Scope

log = structlog.get_logger(__name__)

A_MOMENT = 0.5
"""Seconds in which most things are done, and nothing has to be shown."""
AGAIN = 4.5
"""Seconds after which a channel's own sign goes out."""

Show = Callable[[Address], Awaitable[None]]


class Lately:
    """What was done within the last `seconds`, so that it is not done again so soon."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._done: dict[str, float] = {}

    def is_new(self, what: str) -> bool:
        """Whether it was not; from now on it was."""
        now = monotonic()
        if now - self._done.get(what, -self._seconds) < self._seconds:
            return False
        self._done = {each: at for each, at in self._done.items() if now - at < self._seconds}
        self._done[what] = now
        return True

    def forget(self, what: str) -> None:
        """It may be done again at once."""
        self._done.pop(what, None)


def shown(performers: Performers, channels: Mapping[str, Show]) -> Performers:
    """The same performers; `channels` shows that they are at it, by the channel's name."""
    return {kind: _shown(perform, channels) for kind, perform in performers.items()} if channels else performers


def _shown(perform: Performer, channels: Mapping[str, Show]) -> Performer:
    async def performing(effect: Effect, scope: Scope) -> Outcome:
        address = Address.of(scope.conversation)
        show = channels.get(address.channel)
        if show is None:
            return await perform(effect, scope)
        with _while_it_lasts(show, address):
            return await perform(effect, scope)

    return performing


@contextmanager
def _while_it_lasts(show: Show, address: Address) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    begun: list[asyncio.Task[None]] = []
    timer = loop.call_later(A_MOMENT, lambda: begun.append(loop.create_task(_keep_showing(show, address))))
    try:
        yield
    finally:
        timer.cancel()
        for task in begun:
            task.cancel()


async def _keep_showing(show: Show, address: Address) -> None:
    while True:
        try:
            await show(address)
        except Exception as error:  # the sign is not worth the thing itself
            log.info("typing_not_shown", error=type(error).__name__)
            return
        await asyncio.sleep(AGAIN)

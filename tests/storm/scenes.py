"""Short scenes that force what a storm meets by chance: each is harmless as long as one safeguard stands.

The services hold their answers back until both sides have come to where they must meet; nothing hangs on speed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.messages import Address
from tests.storm.aftermath import end_lease
from tests.storm.audit import Breaking
from tests.storm.books import Message
from tests.storm.far_ends import CHANNEL
from tests.storm.fleet import Node
from tests.storm.stage import Stage
from tests.storm.weather import Fault

PATIENCE = {
    "read": 10.0,
    "act": 1.0,
    "send": 10.0,
    "lease": 12.0,
    "sweep": 0.1,
    "first_pause": 0.05,
    "longest_pause": 0.2,
}
CHATS = 3

Scene = Callable[[Stage, str], Awaitable[None]]


async def sent_again(stage: Stage, chat: str) -> None:
    """The same message comes at both nodes at once, and once more after it was acknowledged."""
    first, second = stage.fleet.nodes
    message = _cancelling(chat, 1, burst=0)
    await asyncio.gather(_write(stage, message, first), _post(stage, message, second))
    await _post(stage, message, first)


async def two_at_once(stage: Stage, chat: str) -> None:
    """Two messages of one chat come at two nodes, and each node has read the conversation before the other writes."""
    first, second = stage.fleet.nodes
    await _write(stage, Message(chat, "m1", 0), first)
    earlier, later = _cancelling(chat, 2, burst=1), _cancelling(chat, 3, burst=1)
    stage.orders.hold = _when_both_look(stage.orders.hold, {earlier.order, later.order})
    await asyncio.gather(_write(stage, earlier, first), _write(stage, later, second))


async def lease_ended(stage: Stage, chat: str) -> None:
    """A lease ends while its holder sends, as when the database's clock is put forward; then both holders go on."""
    messages = [Message(chat, f"m{n}", n) for n in range(1, 7)]
    all_written, arrived_again = asyncio.Event(), asyncio.Event()
    arrivals = 0
    lot, hold = stage.channel.lot, stage.channel.hold

    def busy_until_written(sent: dict[str, Any]) -> Fault:
        return Fault.BUSY_CHAT if sent["chat"] == chat and not all_written.is_set() else lot(sent)

    async def until_it_comes_again(sent: dict[str, Any]) -> None:
        nonlocal arrivals
        await hold(sent)
        if sent["chat"] == chat:
            arrivals += 1
            if arrivals > 1:
                arrived_again.set()
            else:
                await end_lease(stage.url, Address(CHANNEL, chat).conversation)
            await arrived_again.wait()

    stage.channel.lot, stage.channel.hold = busy_until_written, until_it_comes_again
    for message in messages:
        await _write(stage, message)
    all_written.set()
    await arrived_again.wait()


async def claimed_too_late(stage: Stage, chat: str) -> None:
    """An answer waits for the channel while a person takes over."""
    claimed = asyncio.Event()
    lot = stage.channel.lot

    def busy_until_claimed(sent: dict[str, Any]) -> Fault:
        return Fault.BUSY_CHAT if sent["chat"] == chat and not claimed.is_set() else lot(sent)

    stage.channel.lot = busy_until_claimed
    await _write(stage, Message(chat, "m1", 0))
    await stage.staff.claim(chat)
    claimed.set()


SCENES: Mapping[str, tuple[Scene, Breaking]] = {
    "duplicates": (sent_again, Breaking.ANSWERED_TWICE),
    "swap": (two_at_once, Breaking.MISCOUNTED),
    "token": (lease_ended, Breaking.DOUBLED),
    "fence": (claimed_too_late, Breaking.AFTER_CLAIM),
}
"""By the safeguard that each depends on, with the breach that it leads to without it."""


async def play(stage: Stage, safeguard: str) -> None:
    """The scene of this safeguard in several chats at once."""
    scene, _ = SCENES[safeguard]
    await asyncio.gather(*(scene(stage, f"{safeguard}{n}") for n in range(CHATS)))


def _cancelling(chat: str, number: int, burst: int) -> Message:
    return Message(chat, f"m{number}", burst, f"{chat}-o{number}", 100 * number)


async def _write(stage: Stage, message: Message, node: Node | None = None) -> None:
    stage.books.messages.append(message)
    message.sent_at = time.monotonic()
    await _post(stage, message, node)
    message.acknowledged_at = time.monotonic()


async def _post(stage: Stage, message: Message, node: Node | None) -> None:
    body = {"chat": message.chat, "id": message.id, "text": message.text}
    await stage.fleet.ask_until_done("/hook", body, node)


def _when_both_look(
    otherwise: Callable[[dict[str, Any]], Awaitable[None]], orders: set[str | None]
) -> Callable[[dict[str, Any]], Awaitable[None]]:
    missing, all_here = set(orders), asyncio.Event()

    async def hold(asked: dict[str, Any]) -> None:
        await otherwise(asked)
        if asked["order"] in orders:
            missing.discard(asked["order"])
            if not missing:
                all_here.set()
            await all_here.wait()

    return hold

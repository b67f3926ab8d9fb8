"""A process that takes one message and is killed, as by `kill -9`, at a chosen moment, or frozen, as by `kill -STOP`.

`python -m tests.runtime.mortal URL BOOK WHEN WORDS`; what reaches the channel or the order service is written to BOOK.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.dialogue.effects import Outcome
from bot.messages import Address, Outgoing
from bot.orders.effects import CancelOrder, GetOrder
from bot.performer import Scope
from bot.runtime import step
from bot.runtime.settings import RuntimeSettings
from bot.store.database import Database
from tests.conftest import Clock
from tests.runtime.parts import OrderDesk, Phone, World, said

SETTINGS = RuntimeSettings(lease=1.0, send=0.5, act=0.5)


class When(StrEnum):
    """The moment of its death, or of its freezing."""

    IN_TURN = "in turn"
    BEFORE_SEND = "before send"
    AFTER_SEND = "after send"
    AFTER_ACT = "after act"
    FROZEN = "frozen after keeping"


class Book:
    """What the others have seen of the process."""

    def __init__(self, file: Path, when: When) -> None:
        self._file = file
        self._when = when

    def passes(self, moment: When) -> None:
        if moment is self._when:
            os.kill(os.getpid(), signal.SIGSTOP if moment is When.FROZEN else signal.SIGKILL)

    def write(self, line: str) -> None:
        with self._file.open("a") as opened:
            opened.write(line + "\n")


class MortalPhone(Phone):
    """The channel, until the process dies."""

    book: Book

    async def send(self, address: Address, message: Outgoing, seq: int) -> None:
        self.book.passes(When.BEFORE_SEND)
        self.book.write(f"{seq} {message.text}")
        self.book.passes(When.AFTER_SEND)


class MortalDesk(OrderDesk):
    """The order service, until the process dies."""

    book: Book

    async def read(self, effect: GetOrder, scope: Scope) -> Outcome:
        self.book.passes(When.IN_TURN)
        return await super().read(effect, scope)

    async def cancel(self, effect: CancelOrder, scope: Scope) -> Outcome:
        self.book.write(f"cancel {scope.key}")
        self.book.passes(When.AFTER_ACT)
        return await super().cancel(effect, scope)


def _frozen_after(keep: Callable[..., Awaitable[Any]], book: Book) -> Callable[..., Awaitable[Any]]:
    async def keeping(*args: Any) -> Any:
        kept = await keep(*args)
        book.passes(When.FROZEN)
        return kept

    return keeping


async def live(url: str, book: Book, words: str) -> None:
    phone, desk = MortalPhone(), MortalDesk()
    phone.book = desk.book = book
    step.keep = _frozen_after(step.keep, book)  # type: ignore[attr-defined]
    runtime = World(Database(url), Clock(), phone, desk, settings=SETTINGS).open()
    runtime.start()
    await runtime.receive(said(words))
    await asyncio.Event().wait()


if __name__ == "__main__":
    url, file, when, words = sys.argv[1:]
    asyncio.run(live(url, Book(Path(file), When(when)), words))

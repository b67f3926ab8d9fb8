"""A process that takes one message and is killed, as by `kill -9`, at a chosen moment.

`python -m tests.runtime.mortal URL BOOK WHEN WORDS`; what reaches the channel or the order service is written to BOOK.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from enum import StrEnum
from pathlib import Path

from bot.dialogue.effects import Outcome
from bot.messages import Address, Outgoing
from bot.orders.effects import CancelOrder, GetOrder
from bot.performer import Scope
from bot.store.database import Database
from tests.conftest import Clock
from tests.runtime.parts import OrderDesk, Phone, World, said


class When(StrEnum):
    """The moment of its death."""

    IN_TURN = "in turn"
    BEFORE_SEND = "before send"
    AFTER_SEND = "after send"
    AFTER_ACT = "after act"


class Book:
    """What the others have seen of the process."""

    def __init__(self, file: Path, when: When) -> None:
        self._file = file
        self._when = when

    def passes(self, moment: When) -> None:
        if moment is self._when:
            os.kill(os.getpid(), signal.SIGKILL)

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


async def live(url: str, book: Book, words: str) -> None:
    phone, desk = MortalPhone(), MortalDesk()
    phone.book = desk.book = book
    runtime = World(Database(url), Clock(), phone, desk).open()
    runtime.start()
    await runtime.receive(said(words))
    await asyncio.Event().wait()


if __name__ == "__main__":
    url, file, when, words = sys.argv[1:]
    asyncio.run(live(url, Book(Path(file), When(when)), words))

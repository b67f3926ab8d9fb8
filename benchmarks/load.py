"""The load: customers who write by webhook, each the next message when the answer to the one before has arrived."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import uuid4

from benchmarks.talk import LOST, TALK, Answer, Line, webhook
from benchmarks.wire import Caller, Listener

PATIENCE = 30
"""Seconds after which an answer counts as lost."""

NO_TOKEN = "3.1"
"""What is pressed where nobody reads it."""


class Phone:
    """One chat, as its customer sees it."""

    def __init__(self) -> None:
        self._answers: list[Answer] = []
        self._grown = asyncio.Event()

    def show(self, answer: Answer) -> None:
        """A message has arrived."""
        self._answers.append(answer)
        self._grown.set()

    async def first(self, after: int, *, question: bool = False) -> Answer:
        """The first message past that place of the log; with `question`, the first with buttons."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := self._found(after, question=question)):
                    self._grown.clear()
                    await self._grown.wait()
        except TimeoutError:
            raise RuntimeError(
                f"no {'question' if question else 'answer'} in {PATIENCE} s, last: {self._last()}"
            ) from None
        return found

    def _found(self, after: int, *, question: bool) -> Answer | None:
        fitting = (answer for answer in self._answers if answer.seq > after and (answer.tokens or not question))
        return next(fitting, None)

    def _last(self) -> str:
        return self._answers[-1].key if self._answers else "nothing at all"


class Phones:
    """The channel's side: takes what the bot sends and shows it to whom it is for."""

    def __init__(self) -> None:
        self.port = 0
        self.lost: list[str] = []
        self._chats: dict[str, Phone] = {}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Self]:
        """Listen at `port` until the block ends."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Listener(self.take), "127.0.0.1", 0, backlog=2048)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    def join(self, chat: str) -> Phone:
        """A customer begins to look at a chat."""
        return self._chats.setdefault(chat, Phone())

    def leave(self, chat: str) -> None:
        """Nobody looks any more; what still comes is dropped."""
        self._chats.pop(chat, None)

    def take(self, body: bytes) -> bool:
        """One message to a customer."""
        sent = json.loads(body)
        if sent["key"] in LOST:
            self.lost.append(sent["key"])
        if phone := self._chats.get(sent["chat"]):
            phone.show(Answer(sent["seq"], time.perf_counter(), sent["key"], sent["tokens"]))
        return True


@dataclass(frozen=True, slots=True)
class Target:
    """Servers under load, by their ports. `phones`: where the answers arrive; None when the reply is the answer."""

    ports: Sequence[int]
    link: str = ""
    phones: Phones | None = None


@dataclass(slots=True)
class Window:
    """What was measured in a span of time: how long it was, and the seconds each message waited for its answer."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Messages a second."""
        return len(self.waits) / self.seconds

    def wait(self, share: float) -> float:
        """The wait in ms that this share of the messages does not exceed."""
        return percentile(self.waits, share) * 1000


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of them does not exceed."""
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


Chats = Callable[[], str]


def fresh() -> str:
    """A chat that nobody has had."""
    return uuid4().hex


class Load:
    """So many customers in parallel, for as long as the block lasts."""

    def __init__(self, target: Target, parallel: int, chats: Chats = fresh, talk: Sequence[Line] = TALK) -> None:
        self._sent = 0
        self._goal = 0
        self._reached = asyncio.Event()
        self._target = target
        self._parallel = parallel
        self._chats = chats
        self._talk = talk
        self._window: Window | None = None
        self._over = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Load]:
        """The customers write until the block ends, then each waits for its last answer."""
        async with asyncio.TaskGroup() as group:
            for place in range(self._parallel):
                group.create_task(self._customer(self._target.ports[place % len(self._target.ports)]))
            yield self
            self._over = True
        if self._target.phones is not None and (lost := self._target.phones.lost):
            raise RuntimeError(f"the conversation to measure goes wrong: {lost[0]}, {len(lost)} times")

    async def measured(self, seconds: float) -> Window:
        """What happens in so many seconds from now."""
        self._window = window = Window()
        begun = time.perf_counter()
        await asyncio.sleep(seconds)
        window.seconds = time.perf_counter() - begun
        self._window = None
        return window

    async def until(self, sent: int) -> None:
        """Wait until so many messages were answered."""
        self._goal = sent
        self._reached.clear()
        await self._reached.wait()

    async def _customer(self, port: int) -> None:
        caller = await Caller.connected(port)
        try:
            while not self._over:
                await self._conversation(caller, self._chats())
        finally:
            caller.close()

    async def _conversation(self, caller: Caller, chat: str) -> None:
        phones = self._target.phones
        phone = phones.join(chat) if phones else None
        seq = 0
        for place, line in enumerate(self._talk):
            if self._over:
                break
            token = NO_TOKEN
            if isinstance(line, int) and phone is not None:
                token = (await phone.first(seq, question=True)).tokens[line]
            body = webhook(chat, uuid4().hex, place, line, link=self._target.link, token=token)
            seq = await self._exchange(caller, phone, body)
        if phones:
            phones.leave(chat)

    async def _exchange(self, caller: Caller, phone: Phone | None, body: dict[str, Any]) -> int:
        begun = time.perf_counter()
        seq: int = json.loads(await caller.post("/hook", json.dumps(body).encode()))["seq"]
        answered = time.perf_counter() if phone is None else (await phone.first(seq)).at
        self._sent += 1
        if self._sent == self._goal:
            self._reached.set()
        if self._window is not None:
            self._window.waits.append(answered - begun)
        return seq


def middle(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)

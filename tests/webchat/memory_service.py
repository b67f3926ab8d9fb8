"""A small real `Service` in memory: keeps a log for each chat and answers what the tests need answered."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import Queue

from bot.channel import Counterpart, Receipt, counterpart_of
from bot.errors import StoreUnavailable
from bot.messages import Address, Attachment, AttachmentKind, Choice, Entry, Incoming

ORDERS = (Choice("1.a", "TP10001 · 鲜花"), Choice("1.b", "TP10002 · 文件"), Choice("1.human", "转人工"))


class MemoryWake:
    """Set by any thread, waited for by the loop that watches."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._topics: set[str] = set()

    def set(self, topic: str = "") -> None:
        self._topics.add(topic)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, timeout: float | None = None) -> bool:
        try:
            await asyncio.wait_for(self._event.wait(), timeout)
        except TimeoutError:
            return False
        self._event.clear()
        return True

    def take(self, topic: str) -> bool:
        known = topic in self._topics
        self._topics.discard(topic)
        return known


class MemoryService:
    """Outlives the server it is handed to, as a database would. `down`: the store does not answer.

    `mute`: takes messages and answers none, until `say` does. `unwatched` is set when the last watcher of a
    conversation has left. `written`: in which conversations the page has told that its customer writes.
    """

    def __init__(self) -> None:
        self.down = False
        self.mute = False
        self.received: list[Incoming] = []
        self.unwatched = threading.Event()
        self._lock = threading.Lock()
        self._logs: dict[str, list[Entry]] = defaultdict(list)
        self._files: dict[tuple[str, str], tuple[Attachment, bytes]] = {}
        self._watchers: dict[str, set[MemoryWake]] = defaultdict(set)
        self._counterparts: dict[str, Counterpart] = {}
        self.written: Queue[str] = Queue()

    async def receive(self, message: Incoming) -> Receipt:
        self._check()
        conversation = message.address.conversation
        with self._lock:
            for entry in self._logs[conversation]:
                if entry.message_id == message.message_id:
                    return Receipt(entry.seq, duplicate=True)
            self.received.append(message)
            seq = self._add(conversation, "customer", self._words(message), message).seq
        if not self.mute:
            for text, choices in answers(message):
                self.say(conversation, text, choices)
        return Receipt(seq)

    async def history(self, conversation: str, after: int = 0, limit: int = 200) -> Sequence[Entry]:
        self._check()
        newer = [entry for entry in self._logs[conversation] if entry.seq > after]
        return newer[:limit] if after else newer[-limit:]

    @contextmanager
    def watch(self, *topics: str) -> Iterator[MemoryWake]:
        wake = MemoryWake()
        for topic in topics:
            self._watchers[topic].add(wake)
        self.unwatched.clear()
        try:
            yield wake
        finally:
            for topic in topics:
                self._watchers[topic].discard(wake)
            if not any(self._watchers[topic] for topic in topics):
                self.unwatched.set()

    async def counterpart(self, conversation: str) -> Counterpart:
        self._check()
        return self._counterparts.get(conversation, Counterpart())

    async def customer_writes(self, address: Address) -> None:
        self._check()
        self.written.put(address.conversation)

    def talks_to(self, conversation: str, counterpart: Counterpart) -> None:
        """From now on, with whom the customer talks."""
        self._counterparts[conversation] = counterpart
        self._wake(counterpart_of(conversation))

    async def keep_attachment(self, address: Address, name: str, media_type: str, data: bytes) -> Attachment:
        self._check()
        kind = AttachmentKind.IMAGE if media_type.startswith("image/") else AttachmentKind.FILE
        kept = Attachment(kind, f"f{len(self._files) + 1}", name, media_type, len(data))
        self._files[address.chat, kept.ref] = (kept, data)
        return kept

    async def attachment(self, address: Address, ref: str) -> tuple[Attachment, bytes] | None:
        self._check()
        return self._files.get((address.chat, ref))

    def say(self, conversation: str, text: str, choices: Sequence[Choice] = (), sender: str = "bot") -> None:
        """Something unasked, or an answer."""
        with self._lock:
            self._add(conversation, sender, text, choices=tuple(choices))

    def conversations(self) -> list[str]:
        return list(self._logs)

    def log(self, conversation: str) -> list[Entry]:
        return self._logs[conversation]

    def _add(
        self, conversation: str, sender: str, text: str, said: Incoming | None = None, choices: tuple[Choice, ...] = ()
    ) -> Entry:
        log = self._logs[conversation]
        entry = Entry(
            # Gaps, as a real log has: not everything in it is said.
            seq=(log[-1].seq if log else 0) + 2,
            at=time.time(),
            sender=sender,
            text=text,
            choices=choices,
            attachments=said.attachments if said else (),
            message_id=said.message_id if said else None,
            pressed=said is not None and said.pressed is not None,
        )
        log.append(entry)
        self._wake(conversation)
        return entry

    def _wake(self, topic: str) -> None:
        for wake in list(self._watchers[topic]):
            wake.set(topic)

    @staticmethod
    def _words(message: Incoming) -> str:
        labels = {choice.token: choice.label for choice in ORDERS}
        return message.text if message.pressed is None else labels.get(message.pressed, "")

    def _check(self) -> None:
        if self.down:
            raise StoreUnavailable("down for the test")


def answers(message: Incoming) -> list[tuple[str, tuple[Choice, ...]]]:
    """What the bot says to a message: choices when asked for orders, else an echo."""
    if message.link is not None:
        return [(f"欢迎,{message.link}", ())]
    if message.pressed is not None:
        return [(f"pressed {message.pressed}", ())]
    if message.attachments:
        return [(f"got {message.attachments[0].name}", ())]
    if "order" in message.text or "订单" in message.text:
        return [("您有两个订单正在等待确认。", ()), ("请问是哪一单?", ORDERS)]
    return [(f"echo: {message.text}"[:200], ())]

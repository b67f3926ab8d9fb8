"""Small real parts for the runtime's tests: an echoing dialogue, a phone that receives, an order feed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Table, update

from bot.channel import Capabilities
from bot.dialogue.conversation import Conversation
from bot.dialogue.effects import Outcome, Read, Remind
from bot.dialogue.events import Delayed, Event, Happened, LinkOpened, Pressed, Said, Woke
from bot.dialogue.turn import Request, Turn
from bot.errors import LinkError, OrderServiceDown
from bot.messages import Address, Choice, Incoming, Outgoing
from bot.orders.effects import CancelOrder, GetOrder, WatchOrder
from bot.orders.model import Change
from bot.performer import Performers, Scope
from bot.runtime.service import Runtime
from bot.runtime.settings import RuntimeSettings
from bot.store.database import Database
from bot.store.tables import channel_pause, conversation, lane, lease, outbox, timer
from tests.conftest import Clock

ADDRESS = Address("phone", "7")
CHAT = ADDRESS.conversation
CANCEL = CancelOrder("TP1", 200, "late")


def said(text: str, id: str = "m1", **more: object) -> Incoming:
    return Incoming(ADDRESS, id, text, **more)  # type: ignore[arg-type]


class Echo:
    """A dialogue that counts its turns and says back what happened."""

    def turn(self, conversation: Conversation, event: Event, now: float) -> Generator[Read, Outcome, Turn]:
        turn = Turn(Conversation.from_json(conversation.to_json()))
        turn.conversation.misses += 1
        match event:
            case Said(text="read"):
                outcome = yield GetOrder("TP1")
                self._say(turn, f"read {outcome.trigger} {outcome.values.get('customer')}")
            case Said(text=text) if acts := ACTS.get(text):
                self._say(turn, f"will {text}")
                for act in acts:
                    turn.conversation.acts += 1
                    turn.steps.append(Request(str(turn.conversation.acts), act))
            case Said(text="burst"):
                for n in range(5):
                    self._say(turn, f"burst {n}")
            case Said(text="ask"):
                turn.steps.append(Outgoing("Which?", (Choice("1.0", "Yes, please"), Choice("1.1", "No"))))
            case LinkOpened(customer=customer):
                turn.conversation.customer = customer
                outcome = yield GetOrder("TP1")
                self._say(turn, f"linked {customer} {outcome.values.get('customer')}")
            case _:
                self._say(turn, words_for(event))
        return turn

    def knows(self, flow: str) -> bool:
        return flow in {"look_again", "track_order"}

    def counts_always(self, conversation: Conversation, event: Event) -> bool:
        return event == Pressed("official")

    @staticmethod
    def _say(turn: Turn, words: str) -> None:
        turn.steps.append(Outgoing(f"{turn.conversation.misses}: {words}", key="echo"))


ACTS = {
    "cancel": (CANCEL,),
    "remind": (Remind("look", 60, "look_again", {"order": "TP1"}),),
    "watch": (WatchOrder("TP1"),),
}


def words_for(event: Event) -> str:
    match event:
        case Said(text=text, attachments=attachments):
            return text + "".join(f" [{a.name}]" for a in attachments)
        case Pressed(token=token):
            return f"pressed {token}"
        case Happened(act=act, outcome=outcome):
            return f"act {act} {outcome.trigger}"
        case Delayed(act=act):
            return f"act {act} delayed"
        case Woke(flow=flow, slots=slots):
            return f"woke {flow} {sorted(slots.items())}"
    raise AssertionError(event)


@dataclass
class Phone:
    """A channel that remembers what arrived, and under which numbers. `refusals` are raised first, one a message."""

    name: str = "phone"
    capabilities: Capabilities = field(default_factory=Capabilities)
    arrived: list[tuple[str, str]] = field(default_factory=list)
    seqs: list[int] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)
    before_send: Callable[[], None] | None = None
    got_one: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, address: Address, message: Outgoing, seq: int) -> None:
        if self.before_send:
            self.before_send()
        if self.refusals:
            raise self.refusals.pop(0)
        self.arrived.append((address.conversation, message.text))
        self.seqs.append(seq)
        self.got_one.set()

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.arrived]


@dataclass
class OrderDesk:
    """Performs reads and acts. While `down` is above 0 each call fails and counts it down."""

    down: int = 0
    failure: Exception = field(default_factory=lambda: OrderServiceDown("away"))
    keys: list[str] = field(default_factory=list)
    cancelled: set[str] = field(default_factory=set)

    async def read(self, effect: GetOrder, scope: Scope) -> Outcome:
        self._check()
        return Outcome("order_found", {"customer": scope.customer})

    async def cancel(self, effect: CancelOrder, scope: Scope) -> Outcome:
        self.keys.append(scope.key)
        self._check()
        self.cancelled.add(effect.number)
        return Outcome("cancelled")

    def _check(self) -> None:
        if self.down:
            self.down -= 1
            raise self.failure

    @property
    def performers(self) -> Performers:
        return {GetOrder: self.read, CancelOrder: self.cancel}


@dataclass
class Feed:
    """Orders that move, as the gateway tells it."""

    moves: list[Change] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    down: bool = False

    async def changes(self, after: int, limit: int) -> Sequence[Change]:
        if self.down:
            raise OrderServiceDown("away")
        self.asked.append(after)
        return [move for move in self.moves if move.cursor > after][:limit]


class OneLink:
    """Takes the one token "good" for the customer "mei"."""

    def verify(self, token: str) -> str:
        if token != "good":
            raise LinkError("the link is not one of ours")
        return "mei"


@dataclass
class World:
    """Everything around a runtime. `open` starts another process, as it were, on the same database."""

    database: Database
    clock: Clock
    phone: Phone = field(default_factory=Phone)
    desk: OrderDesk = field(default_factory=OrderDesk)
    feed: Feed = field(default_factory=Feed)
    settings: RuntimeSettings = field(default_factory=RuntimeSettings)

    def open(self, database: Database | None = None) -> Runtime:
        channels = {self.phone.name: self.phone}
        parts = (Echo(), self.desk.performers, channels, self.feed, OneLink(), self.settings)
        return Runtime(database or self.database, *parts)

    async def passes(self, seconds: float) -> None:
        """Let time pass: on PostgreSQL, which has a clock of its own, by moving all that was ever timed."""
        if self.database.is_sqlite:
            self.clock.forward(seconds)
        else:
            await self.database.run(_move_back, seconds)

    async def take_over(self, owner: str | None) -> None:
        await self.database.run(_take_over, owner)


def _move_back(connection: Connection, seconds: float) -> None:
    timed: list[tuple[Table, str]] = [
        (lane, "next_at"),
        (timer, "due_at"),
        (lease, "until"),
        (outbox, "at"),
        (channel_pause, "blocked_until"),
    ]
    for table, column in timed:
        connection.execute(update(table).values({column: table.c[column] - seconds}))


def _take_over(connection: Connection, owner: str | None) -> None:
    epoch, version = conversation.c.owner_epoch + 1, conversation.c.version + 1
    connection.execute(update(conversation).values(owner=owner, owner_epoch=epoch, version=version))

"""The dialogue alone: what a step costs from a stored conversation to a stored conversation, with nothing around it.

A conversation is held once with all real parts, and what went into each of its steps is kept. Then the steps are
done again, from JSON to JSON, with the order service's answers at hand.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from benchmarks.figures import Figure, median
from bot.bootstrap import dialogue, performers
from bot.channel import Capabilities
from bot.config import Settings
from bot.dialogue.conversation import Conversation
from bot.dialogue.effects import Outcome, Read
from bot.dialogue.engine import Engine
from bot.dialogue.events import Event, Pressed, Said
from bot.dialogue.turn import Turn
from bot.identity.links import Links
from bot.messages import Address, Incoming, Outgoing, outgoing_to_json
from bot.orders.sql.gateway import SqlGateway
from bot.orders.sql.seed import seed
from bot.runtime.service import Runtime
from bot.sections import DatabaseSection
from bot.store.database import Database
from bot.store.migrate import upgrade

REPETITIONS = 100
LIMIT = 150
NOW = datetime(2026, 11, 24, 14, 30, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()
OTHERS = [f"m{place}" for place in range(64)]
"""Other customers' messages that come in between, so that no line is still remembered from the time before."""
LOST = {"common.not_understood", "common.trouble", "common.stale_choice"}

Line = str | int
"""What a customer types, or the place of the button pressed."""

CONVERSATIONS: Sequence[tuple[str, str, Sequence[Line]]] = (
    (
        "lin",
        "zh",
        (
            "为什么我的订单还在等待确认?",
            "加感谢费",
            "5元",
            "帮我查一下订单到哪了",
            "我要取消订单",
            1,
            "取消要多少钱?",
            "先不取消",
        ),
    ),
    ("lin", "zh", ("你好", 0, 0, "怎么开发票", "改一下收件人电话", "13812345678", "是", "谢谢")),
    (
        "amy",
        "en",
        ("why is my order still waiting?", "the second one", "I want to cancel it", "2", "no, keep it", "thanks"),
    ),
    ("amy", "en", ("hi", 0, 0, 0, "what does cancelling cost?", "TP20031207", 1, 0, "bye")),
)


@dataclass(frozen=True, slots=True)
class Step:
    """What one step began with. `outcomes`: what its reads brought back."""

    before: str
    event: Event
    now: float
    outcomes: Sequence[Outcome]


class Recorder:
    """The engine, with a note of every step."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.steps: list[Step] = []

    def turn(self, conversation: Conversation, event: Event, now: float) -> Generator[Read, Outcome, Turn]:
        """See `bot.dialogue.turn.Dialogue.turn`."""
        before = json.dumps(conversation.to_json())
        outcomes: list[Outcome] = []
        work = self._engine.turn(conversation, event, now)
        try:
            read = next(work)
            while True:
                outcomes.append((yield read))
                read = work.send(outcomes[-1])
        except StopIteration as end:
            turn: Turn = end.value
        if lost := LOST & {message.key for message in turn.messages}:
            raise RuntimeError(f"the conversation to measure goes wrong at {event}: {lost}") from None
        self.steps.append(Step(before, event, now, outcomes))
        return turn

    def knows(self, flow: str) -> bool:
        """See `bot.dialogue.turn.Dialogue.knows`."""
        return self._engine.knows(flow)


class Phone:
    """A channel that remembers the newest message with buttons."""

    name = "phone"
    capabilities = Capabilities()

    def __init__(self) -> None:
        self.newest = Outgoing("")

    async def send(self, address: Address, message: Outgoing, seq: int) -> None:
        """See `bot.channel.Channel.send`."""
        del address, seq
        if message.choices:
            self.newest = message


def measure() -> list[Figure]:
    """µs of CPU a step, for a line that is typed and for a button that is pressed."""
    with tempfile.TemporaryDirectory(prefix="tepai-") as folder:
        settings = Settings(
            secret=SecretStr("a secret of the benchmarks"),
            database=DatabaseSection(url=f"sqlite:///{Path(folder) / 'tepai.db'}"),
        )
        engine = dialogue(settings)
        steps = asyncio.run(_recorded(settings, engine))
    typed = [step for step in steps if isinstance(step.event, Said)]
    pressed = [step for step in steps if isinstance(step.event, Pressed)]
    return [
        median("engine step: restore, trigger, texts, save", list(_costs(engine, pressed)), "µs CPU", LIMIT),
        median("engine step with the understanding of a typed line", list(_costs(engine, typed)), "µs CPU"),
    ]


async def _recorded(settings: Settings, engine: Engine) -> list[Step]:
    await upgrade(settings.database.url)
    database = Database(settings.database.url, lambda: NOW)
    await database.run(seed, NOW)
    gateway = SqlGateway(database, settings.orders.policy())
    links = Links(settings.secret.get_secret_value(), settings.identity.link_hours, lambda: NOW)
    recorder, phone = Recorder(engine), Phone()
    does = performers(settings, database, gateway, None)
    runtime = Runtime(database, recorder, does, {phone.name: phone}, gateway, links)
    for place, (customer, language, lines) in enumerate(CONVERSATIONS):
        await _converse(runtime, phone, f"{place}", language, [links.make(customer), *lines])
    await database.close()
    return recorder.steps


async def _converse(runtime: Runtime, phone: Phone, chat: str, language: str, lines: Sequence[Line]) -> None:
    """Come in by the link that is the first line, then say and press the others."""
    address = Address(phone.name, chat)
    for place, line in enumerate(lines):
        id = str(place)
        if isinstance(line, int):
            message = Incoming(address, id, pressed=phone.newest.choices[line].token, language=language)
        elif place == 0:
            message = Incoming(address, id, link=line, language=language)
        else:
            message = Incoming(address, id, line, language=language)
        await runtime.receive(message)
        await runtime.settle()


def _costs(engine: Engine, steps: Sequence[Step]) -> Iterator[float]:
    for _ in range(REPETITIONS):
        for other in OTHERS:
            engine.understanding.language(other)
        for step in steps:
            begun = time.process_time_ns()
            _again(engine, step)
            yield (time.process_time_ns() - begun) / 1000


def _again(engine: Engine, step: Step) -> tuple[str, list[str]]:
    """The conversation from JSON, the step, and everything it made as JSON."""
    work = engine.turn(Conversation.from_json(json.loads(step.before)), step.event, step.now)
    outcomes = iter(step.outcomes)
    try:
        next(work)
        while True:
            work.send(next(outcomes))
    except StopIteration as end:
        turn: Turn = end.value
    messages = [json.dumps(outgoing_to_json(message)) for message in turn.messages]
    return json.dumps(turn.conversation.to_json()), messages

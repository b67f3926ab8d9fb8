"""A conversation driven through the engine: what the outside world answers is given, nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.dialogue.conversation import Conversation
from bot.dialogue.effects import Act, Effect, Outcome
from bot.dialogue.engine import Engine
from bot.dialogue.events import Event, Happened, Said, Woke
from bot.dialogue.turn import Request, Turn

NOW = 1_795_485_600.0


class Talk:
    """`world`: the outcome of each kind of effect. `acts`: those that were asked for, in order."""

    def __init__(
        self,
        engine: Engine,
        world: Mapping[type[Effect], Outcome],
        *,
        language: str = "zh",
        customer: str | None = None,
    ) -> None:
        self.engine = engine
        self.world = world
        self.conversation = Conversation(language=language, language_chosen=True, customer=customer)
        self.acts: list[Act] = []
        self.keys: list[str] = []
        self.words: list[str] = []

    def start(self, flow: str, **slots: Any) -> list[str]:
        return self.hear(Woke(flow, slots))

    def say(self, text: str) -> list[str]:
        return self.hear(Said(text))

    def hear(self, event: Event) -> list[str]:
        """The keys of the texts that are said until nothing more happens by itself."""
        self.keys, self.words = [], []
        happening: list[Event] = [event]
        while happening:
            turn = self._turn(happening.pop(0))
            self.conversation = turn.conversation
            self.keys += [message.key for message in turn.messages]
            self.words += [message.text for message in turn.messages]
            for step in turn.steps:
                if isinstance(step, Request):
                    self.acts.append(step.act)
                    happening.append(Happened(step.id, self.world[type(step.act)]))
        return self.keys

    def _turn(self, event: Event) -> Turn:
        working = self.engine.turn(self.conversation, event, NOW)
        try:
            read = next(working)
            while True:
                read = working.send(self.world[type(read)])
        except StopIteration as done:
            turn: Turn = done.value
            return turn

    @property
    def is_idle(self) -> bool:
        return not self.conversation.frames

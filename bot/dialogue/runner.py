"""Runs flows: starts and ends them, fires their triggers, and grants what their handlers wish."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from bot.dialogue.book import FlowBook
from bot.dialogue.conversation import Frame
from bot.dialogue.effects import Act, Outcome, Read
from bot.dialogue.flow import BEGIN, GIVEN_UP, Flow, waits_for_outcome
from bot.dialogue.stage import Stage
from bot.dialogue.wishes import Ask, Call, Give, Go, Say, Suggest, Want, Wish
from bot.errors import FlowError

Work = Generator[Read, Outcome, None]
"""Yields the reads it needs and is sent their outcomes."""

QUEUE_NEWS = {"queued", "left_queue", "not_in_queue"}
CANNOT_HELP, IDENTIFY, UPDATED = "cannot_help", "identify", "bot_was_updated"


class Runner:
    """What the engine and the commands do with flows. Holds no conversation."""

    def __init__(self, book: FlowBook) -> None:
        self.book = book

    def start(self, stage: Stage, flow: str, slots: dict[str, Any], then: str | None = None) -> Work:
        """Put a flow on top of the stack and begin it; its customer is identified first where it needs one."""
        kind = self.book[flow]
        if then is None and stage.top and self.may_drop(stage.top):
            stage.frames.pop()
        stage.talk.offer = None
        stage.talk.greeted = True
        stage.suggestion = None
        frame = Frame(flow, kind.version, kind.initial, slots, then=then)
        stage.frames.append(frame)
        if kind.needs_customer and stage.talk.customer is None:
            yield from self.start(stage, IDENTIFY, {"for": kind.title(slots)}, then=BEGIN)
        else:
            yield from self.fire(stage, frame, BEGIN, {})

    def may_drop(self, frame: Frame) -> bool:
        """Whether nobody misses the flow: it is passing, was not called, and owes the customer no outcome."""
        return self.book[frame.flow].passing and frame.then is None and frame.awaits is None

    def fire(self, stage: Stage, frame: Frame, trigger: str, values: Mapping[str, Any]) -> Work:
        """Fire a trigger in a flow and grant what it wishes."""
        stage.count_firing()
        kind = self.book[frame.flow]
        if not kind.takes(frame.state, trigger):
            yield from self._unforeseen(stage, frame, trigger)
            return
        flow = kind(frame.state, frame.slots, customer=stage.talk.customer, language=stage.talk.language, now=stage.now)
        if not flow.fire(trigger, values):
            raise FlowError(f"flow {frame.flow}: no condition of {trigger!r} holds in {frame.state!r}")
        stage.went(frame.flow, frame.state, trigger, flow.state)
        frame.state, frame.slots = flow.state, flow.slots
        frame.question = frame.awaits = None
        yield from self._grant(stage, frame, flow)

    def _unforeseen(self, stage: Stage, frame: Frame, trigger: str) -> Work:
        """What a flow need not deal with itself."""
        if trigger == "not_linked":
            stage.talk.customer = None  # the order service may have forgotten a customer who was linked
            source, frame.state, frame.question = frame.state, self.book[frame.flow].initial, None
            stage.went(frame.flow, source, trigger, frame.state)
            yield from self.start(stage, IDENTIFY, {"for": self.book[frame.flow].title(frame.slots)}, then=BEGIN)
        elif trigger in ("service_down", "order_missing"):
            stage.frames.remove(frame)
            yield from self.start(stage, CANNOT_HELP, {"reason": trigger}, then=frame.then)
        elif trigger == GIVEN_UP:
            yield from self.end(stage, frame, None)
        else:
            raise FlowError(f"flow {frame.flow}: nothing for {trigger!r} in state {frame.state!r}")

    def _grant(self, stage: Stage, frame: Frame, flow: Flow) -> Work:
        result: dict[str, Any] | None = None
        onward: list[Wish] = []
        for wish in flow.wishes:
            match wish:
                case Say():
                    stage.say(wish.text, **wish.values)
                case Suggest():
                    stage.suggestion = wish
                case Give():
                    result = wish.values
                case Want(effect) if isinstance(effect, Act) and not waits_for_outcome(effect):
                    stage.request(effect)
                case _:
                    onward.append(wish)
        if len(onward) > 1 or (not onward and not flow.is_over):
            raise FlowError(f"flow {frame.flow}: {len(onward)} ways on from state {frame.state!r}, one is needed")
        yield from self._go_on(stage, frame, onward[0] if onward else None, result)

    def _go_on(self, stage: Stage, frame: Frame, wish: Wish | None, result: dict[str, Any] | None) -> Work:
        match wish:
            case Ask():
                frame.question = stage.ask(wish, frame.flow)
            case Want(effect) if isinstance(effect, Act):
                frame.trail = []  # the world is about to change: no way back to before
                frame.awaits = stage.request(effect)
            case Want(effect) if isinstance(effect, Read):
                outcome = yield effect
                yield from self.apply(stage, frame, outcome)
            case Call():
                yield from self.start(stage, wish.flow, wish.slots, then=wish.then)
            case Go():
                stage.frames.remove(frame)
                yield from self.start(stage, wish.flow, wish.slots, then=frame.then)
            case _:
                yield from self.end(stage, frame, result)

    def apply(self, stage: Stage, frame: Frame, outcome: Outcome) -> Work:
        """Tell a flow what came of its effect."""
        self.link(stage, frame, outcome)
        yield from self.fire(stage, frame, outcome.trigger, outcome.values)

    def link(self, stage: Stage, frame: Frame | None, outcome: Outcome) -> None:
        """Whose chat it is, and whether it waits for a person, changes here only; what was begun for somebody else is
        forgotten."""
        if outcome.trigger in QUEUE_NEWS:
            stage.talk.queued = outcome.trigger == "queued"
        new = None if outcome.unlinks else outcome.links or stage.talk.customer
        if stage.talk.customer is not None and new != stage.talk.customer:
            stage.frames[:] = [frame] if frame is not None else []
            stage.talk.offer = None
        stage.talk.customer = new

    def end(self, stage: Stage, frame: Frame, result: dict[str, Any] | None) -> Work:
        """A flow is over: tell its caller, if it has one. `result` None: it was given up."""
        stage.frames.remove(frame)
        if frame.then is not None and stage.top is not None:
            trigger = GIVEN_UP if result is None else frame.then
            yield from self.fire(stage, stage.top, trigger, result or {})

    def ask_after_update(self, stage: Stage, frame: Frame) -> Work:
        """A new version cannot go on with this flow: keep what is known and ask again."""
        slots = {"flow": frame.flow, "kept": frame.slots, "gone": frame.flow not in self.book}
        yield from self.start(stage, UPDATED, slots)

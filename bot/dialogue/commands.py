"""What a customer can say anywhere: human, cancel this, back, start over, help, language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.dialogue.flow import CHANGED_MIND
from bot.dialogue.stack import chains, is_busy, joined, without_idle
from bot.dialogue.stage import Stage
from bot.dialogue.understanding import Command

if TYPE_CHECKING:
    from bot.dialogue.engine import Engine, Work

ESCALATE = "escalate"


def obey(engine: Engine, stage: Stage, command: Command) -> Work:
    """Carry a command out."""
    match command:
        case Command.HUMAN:
            yield from _human(engine, stage)
        case Command.CANCEL_THIS:
            yield from _cancel_this(engine, stage)
        case Command.BACK:
            yield from _back(engine, stage)
        case Command.START_OVER:
            stage.frames[:] = without_idle(stage.frames)
            yield from engine.start(stage, "greet", {"fresh": True})
        case Command.HELP:
            yield from engine.start(stage, "help", {})
        case Command.CHINESE | Command.ENGLISH:
            stage.talk.language = "zh" if command is Command.CHINESE else "en"
            stage.talk.language_chosen = True
            stage.say("common.language_is")


def doing(stage: Stage) -> dict[str, Any]:
    """What the customer was about to do, for the colleague who takes over."""
    frame = next((frame for frame in reversed(stage.frames) if frame.then is None), None)
    return {} if frame is None else {"flow": frame.flow, "state": frame.state, "slots": frame.slots}


def _human(engine: Engine, stage: Stage) -> Work:
    if stage.top is not None and stage.top.flow == ESCALATE and stage.top.awaits:
        stage.say("common.still_working")
        return
    brief = doing(stage)
    stage.frames[:] = without_idle(stage.frames)
    yield from engine.start(stage, ESCALATE, {"reason": "asked", "doing": brief})


def _cancel_this(engine: Engine, stage: Stage) -> Work:
    groups = chains(stage.frames)
    if not groups:
        yield from engine.start(stage, "greet", {"fresh": True})
    elif is_busy(groups[-1]):
        stage.say("common.cannot_stop_now")
    else:
        stage.frames[:] = joined(groups[:-1])
        stage.say("common.dropped")
        if not stage.frames:
            yield from engine.start(stage, "greet", {"fresh": True})


def _back(engine: Engine, stage: Stage) -> Work:
    top = stage.top
    if top is None:
        yield from engine.start(stage, "greet", {"fresh": True})
    elif top.awaits:
        stage.say("common.cannot_stop_now")
    elif top.trail:
        step = top.trail.pop()
        top.state, top.slots, top.question = step.state, step.slots, step.question
        stage.put(top.question)
    elif engine.book[top.flow].takes(top.state, CHANGED_MIND):
        yield from engine.fire(stage, top, CHANGED_MIND, {})
    else:
        yield from engine.end(stage, top, None)
        if not stage.steps:
            stage.say("common.back_at_start")

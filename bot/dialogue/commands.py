"""What a customer can say anywhere: human, cancel this, back, start over, help, language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.dialogue.flow import CHANGED_MIND
from bot.dialogue.runner import Runner, Work
from bot.dialogue.stack import chains, is_busy, joined, without_idle
from bot.dialogue.stage import Stage
from bot.dialogue.understanding import Command

ESCALATE, QUEUE = "escalate", "queue"
BACK = "back"
"""How the way back to an earlier question is counted."""


def obey(runner: Runner, stage: Stage, command: Command) -> Work:
    """Carry a command out."""
    match command:
        case Command.HUMAN:
            yield from _human(runner, stage)
        case Command.CANCEL_THIS:
            yield from _cancel_this(runner, stage)
        case Command.BACK:
            yield from _back(runner, stage)
        case Command.START_OVER:
            stage.frames[:] = without_idle(stage.frames)
            yield from runner.start(stage, "greet", {"fresh": True} if stage.talk.greeted else {})
        case Command.LEAVE_QUEUE | Command.HOW_LONG:
            yield from _in_queue(runner, stage, leave=command is Command.LEAVE_QUEUE)
        case Command.HELP:
            yield from runner.start(stage, "help", {})
        case Command.CHINESE:
            _speak(stage, "zh")
        case Command.ENGLISH:
            _speak(stage, "en")
        case Command.OTHER_LANGUAGE:
            _speak(stage, next(each for each in stage.texts.by_language if each != stage.talk.language))


def doing(stage: Stage) -> dict[str, Any]:
    """What the customer was about to do, for the colleague who takes over."""
    frame = next((frame for frame in reversed(stage.frames) if frame.then is None), None)
    return {} if frame is None else {"flow": frame.flow, "state": frame.state, "slots": frame.slots}


def _speak(stage: Stage, language: str) -> None:
    stage.talk.language = language
    stage.talk.language_chosen = True
    stage.say("common.language_is")


def _human(runner: Runner, stage: Stage) -> Work:
    if stage.top is not None and stage.top.flow == ESCALATE and stage.top.awaits:
        stage.say("common.still_working")
        return
    yield from hand_over(runner, stage, {"reason": "asked"})


def _in_queue(runner: Runner, stage: Stage, *, leave: bool) -> Work:
    if stage.top is not None and stage.top.flow == QUEUE and stage.top.awaits:
        stage.say("common.still_working")
        return
    yield from runner.start(stage, QUEUE, {"leave": leave})


def hand_over(runner: Runner, stage: Stage, slots: Mapping[str, Any]) -> Work:
    """A person takes it from here: what was open is told to them, and not asked again."""
    brief = doing(stage)
    stage.frames[:] = without_idle(stage.frames)
    yield from runner.start(stage, ESCALATE, {"doing": brief, **slots})


def _cancel_this(runner: Runner, stage: Stage) -> Work:
    groups = chains(stage.frames)
    if stage.talk.queued and not groups:  # whoever is asked something means that
        yield from _in_queue(runner, stage, leave=True)
        return
    if groups and is_busy(groups[-1]):
        stage.say("common.cannot_stop_now")
        return
    only_offered = _only_offered(runner, stage)
    stage.frames[:] = joined(groups[:-1])
    stage.talk.offer = None
    stage.say("common.all_right" if only_offered else "common.dropped")


def _only_offered(runner: Runner, stage: Stage) -> bool:
    """Whether there is nothing under way that the customer could mean."""
    groups = chains(stage.frames)
    return not groups or runner.may_drop(groups[-1][0])


def _back(runner: Runner, stage: Stage) -> Work:
    top = stage.top
    if top is None:
        yield from runner.start(stage, "greet", {"fresh": True})
        return
    if top.awaits:
        stage.say("common.cannot_stop_now")
        return
    asked = next((frame for frame in reversed(chains(stage.frames)[-1]) if frame.trail), None)
    if asked is not None:
        del stage.frames[stage.frames.index(asked) + 1 :]
        step = asked.trail.pop()
        stage.went(asked.flow, asked.state, BACK, step.state)
        asked.state, asked.slots, asked.question = step.state, step.slots, step.question
        stage.put(asked.question)
    elif runner.book[top.flow].takes(top.state, CHANGED_MIND):
        yield from runner.fire(stage, top, CHANGED_MIND, {})
    else:
        yield from runner.end(stage, top, None)
        if not stage.steps:
            stage.say("common.back_at_start")

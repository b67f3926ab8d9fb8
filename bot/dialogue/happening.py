"""What comes of itself, without a word of the customer's: outcomes, delays, reminders and news, and what staff did."""

from __future__ import annotations

from bot.dialogue import attending
from bot.dialogue.events import Attended, Delayed, Event, Happened, Woke
from bot.dialogue.runner import Runner, Work
from bot.dialogue.stack import raised, without_outdated, without_void
from bot.dialogue.stage import Stage


def happen(runner: Runner, stage: Stage, event: Event) -> Work:
    """Let the flow that waits for it go on, or tell the customer what there is to tell."""
    match event:
        case Happened():
            yield from _came_of(runner, stage, event)
        case Delayed():
            if any(frame.awaits == event.act for frame in stage.frames):
                stage.say("common.delayed")
        case Woke():
            yield from _woke(runner, stage, event)
        case Attended():
            yield from attending.attend(runner, stage, event)


def _came_of(runner: Runner, stage: Stage, happened: Happened) -> Work:
    frame = next((frame for frame in stage.frames if frame.awaits == happened.act), None)
    order = happened.outcome.values.get("order")
    if frame is not None:
        frames = raised(stage.frames, frame)
        stage.frames[:] = without_outdated(frames, order.number) if order else frames
        yield from runner.apply(stage, frame, happened.outcome)
        return
    runner.link(stage, None, happened.outcome)
    if order is not None:  # its flow is gone, but the customer must hear what became of the order
        yield from runner.start(stage, "track_order", {"order": order.number})


def _woke(runner: Runner, stage: Stage, woke: Woke) -> Work:
    """Unasked news. What turns out to be none leaves everything open as the customer last saw it."""
    frames, offer = list(stage.frames), stage.talk.offer
    stage.frames[:] = without_void(frames, woke.flow, lambda old: runner.book[woke.flow].replaces(old, woke.slots))
    yield from runner.start(stage, woke.flow, dict(woke.slots))
    if not stage.steps and stage.suggestion is None:
        stage.frames[:], stage.talk.offer = frames, offer

"""A question that nobody answered for long: by then a "yes" may mean something else than was asked.

It needs no timer and no word unasked, which on some channels would cost quota: what an answer still counts for is
decided when it comes.
"""

from __future__ import annotations

from bot.dialogue.conversation import Answer
from bot.dialogue.flow import BEGIN
from bot.dialogue.runner import Runner, Work
from bot.dialogue.stage import Stage


def comes_too_late(stage: Stage, answer: Answer, idle_after: float) -> bool:
    """Whether the choice would go on with a flow that has waited for more than `idle_after` seconds. What only begins
    another flow is always welcome: that one asks for itself."""
    question = stage.top.question if stage.top else None
    if question is None or answer.trigger is None or not question.asked_at:
        return False
    return stage.now - question.asked_at > idle_after


def look_again(runner: Runner, stage: Stage) -> Work:
    """Nothing was done; the flow begins anew with what it knows, and so with the order as it is now."""
    frame = stage.top
    assert frame is not None
    stage.say("common.been_a_while")
    frame.state, frame.question, frame.trail = runner.book[frame.flow].initial, None, []
    yield from runner.fire(stage, frame, BEGIN, {})

"""What a conversation makes of what staff did with it: who takes over, what is open when the bot has it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.dialogue.events import Attended, Event, How
from bot.dialogue.runner import Runner, Work
from bot.dialogue.stack import chains, is_busy, joined, without_idle
from bot.dialogue.stage import Stage
from bot.dialogue.wishes import Reply, Suggest

FEEDBACK = "feedback"
WAITS = {How.TO_QUEUE, How.RETURNED, How.LEFT}
"""After these the customer is in the queue."""
WORDLESS = {How.SILENT, How.LEFT}


def attend(runner: Runner, stage: Stage, event: Attended) -> Work:
    """Tell the customer what there is to tell, and go on, or not, as staff wished."""
    how = event.how
    if how is How.TOLD:
        _tell(stage, event.values)
        return
    stage.talk.queued = how in WAITS
    stage.talk.misses = 0
    if not stage.frames:
        stage.talk.offer = None  # what was suggested before a person came is not what is wanted now
    if how in {How.FRESH, How.CLOSED, How.UNANSWERED}:
        stage.frames[:] = without_idle(stage.frames)
    if how is How.FRESH:
        yield from runner.start(stage, "greet", {"fresh": True})
        return
    if how not in WORDLESS:
        later = "_until_open" if "opens_at" in event.values else ""
        stage.say(f"common.staff.{how}{later}", **event.values)
    if how is How.CLOSED:
        yield from runner.start(stage, FEEDBACK, {"about": "staff"})
    elif how is How.CONTINUED and stage.open_question is None:
        stage.suggestion = _what_now()


def _tell(stage: Stage, values: Mapping[str, Any]) -> None:
    """Something was done to an order: what was asked about it no longer holds."""
    groups = chains(stage.frames)
    stage.frames[:] = joined([c for c in groups if is_busy(c) or c[0].slots.get("order") != values["order"]])
    if what := values["told"]:
        stage.say(f"common.staff.did.{what}", **values)


def is_bots(event: Event) -> bool:
    """Whether the bot goes on talking after it, so that what it had asked is asked again."""
    return not isinstance(event, Attended) or event.how is How.CONTINUED


def _what_now() -> Suggest:
    replies = (Reply("why", start="pending_order"), Reply("my_orders", start="track_order"))
    return Suggest("common.what_next", (*replies, Reply("human", start="escalate", reason="asked")), {})

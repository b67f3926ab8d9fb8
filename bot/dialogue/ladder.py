"""When a message is not understood: first the question in other words, then the likeliest choices, then a person."""

from __future__ import annotations

from dataclasses import dataclass

from bot.dialogue.reading import Missed
from bot.dialogue.runner import CANNOT_HELP, Runner, Work
from bot.dialogue.stage import Stage


@dataclass(frozen=True, slots=True)
class Patience:
    """From which message in a row that is not understood choices (`choices_after`), or a colleague (`human_after`), are
    offered. `idle_after`: seconds after which an answer to an open question is asked for anew."""

    choices_after: int = 2
    human_after: int = 3
    idle_after: float = 1800.0


def climb(runner: Runner, stage: Stage, missed: Missed, patience: Patience) -> Work:
    """One rung further."""
    if stage.top is not None and stage.top.awaits:
        stage.say("common.still_working")
        return
    stage.talk.misses += 1
    misses, question = stage.talk.misses, stage.open_question
    if misses < patience.choices_after and question is not None:
        stage.say("common.not_understood")
        stage.put(question, wording=1)
        return
    guesses = [{"flow": guess.flow, "slots": dict(guess.slots)} for guess in missed.guesses]
    slots = {"exhausted": misses >= patience.human_after, "guesses": guesses, "interrupting": bool(stage.frames)}
    yield from runner.start(stage, CANNOT_HELP, slots)

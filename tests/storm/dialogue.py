"""A dialogue that can be checked exactly: it numbers what it hears and every line it says, and says both.

The counts are kept in the conversation alone, so a state that was lost or overwritten shows in the next line.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from typing import Any

from bot.dialogue.conversation import Conversation
from bot.dialogue.effects import Outcome, Read
from bot.dialogue.events import Delayed, Event, Happened, Said
from bot.dialogue.turn import Request, Turn
from bot.messages import Outgoing
from bot.orders.effects import CancelOrder, GetOrder
from tests.storm.books import COUNTED


class Counting:
    """Takes "ID hello" and "ID cancel ORDER AMOUNT". `misses` counts what was heard, `questions` the lines said."""

    def turn(self, conversation: Conversation, event: Event, now: float) -> Generator[Read, Outcome, Turn]:
        turn = Turn(Conversation.from_json(conversation.to_json()))
        match event:
            case Said(text=text):
                yield from self._hear(turn, text.split())
            case Happened(act=act, outcome=outcome):
                say(turn, "outcome", act=act, trigger=outcome.trigger, **outcome.values)
            case Delayed(act=act):
                say(turn, "delayed", act=act)
        return turn

    def knows(self, flow: str) -> bool:
        return True

    def counts_always(self, conversation: Conversation, event: Event) -> bool:
        return False

    def _hear(self, turn: Turn, words: list[str]) -> Generator[Read, Outcome, None]:
        talk = turn.conversation
        talk.misses += 1
        match words:
            case [id, "cancel", order, amount]:
                found = yield GetOrder(order)
                talk.acts += 1
                say(turn, "answer", re=id, heard=talk.misses, act=str(talk.acts), read=found.trigger)
                turn.steps.append(Request(str(talk.acts), CancelOrder(order, int(amount), id)))
            case [id, *_]:
                say(turn, "answer", re=id, heard=talk.misses)


def say(turn: Turn, kind: str, **told: Any) -> None:
    """Say a numbered line."""
    turn.conversation.questions += 1
    line: Mapping[str, Any] = {"line": turn.conversation.questions, "kind": kind, **told}
    turn.steps.append(Outgoing(json.dumps(line), key=COUNTED))

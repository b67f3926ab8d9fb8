"""What the company itself has to say to a customer, such as a proposal on their complaint.

It is said as by its staff, so that the fence lets it pass while a person has the conversation (see `Flow.official`);
and a press of its buttons is the customer's word to the company, whoever has the conversation.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

from bot.dialogue.events import Event, Happened, Pressed, Said, Woke
from bot.dialogue.stage import Stage
from bot.dialogue.turn import Request
from bot.messages import Outgoing


def is_official(flows: Set[str], stage: Stage, event: Event) -> bool:
    """Whether an event is business of one of these flows, before it is dealt with."""
    asking = stage.top is not None and stage.top.flow in flows
    match event:
        case Woke():
            return event.flow in flows
        case Happened():
            return any(frame.awaits == event.act and frame.flow in flows for frame in stage.frames)
        case Pressed():
            return asking and stage.pressed(event.token) is not None
        case Said():
            return asking
    return False


def as_staff(flows: Set[str], steps: Sequence[Outgoing | Request]) -> list[Outgoing | Request]:
    """The same steps, with what these flows say in the company's name."""
    return [_signed(flows, step) if isinstance(step, Outgoing) else step for step in steps]


def _signed(flows: Set[str], message: Outgoing) -> Outgoing:
    return replace(message, sender="staff") if message.key.partition(".")[0] in flows else message

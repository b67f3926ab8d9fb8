"""The stack of flows under way, seen as chains.

A chain is a flow with all it has called: the caller at the bottom, the called ones above it. Several chains lie
on each other when one interrupted the other. A chain that waits for an act of the outside world is never
dropped, since the customer must hear what came of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.dialogue.conversation import Frame


def chains(frames: list[Frame]) -> list[list[Frame]]:
    """The frames, bottom first, grouped into chains."""
    found: list[list[Frame]] = []
    for frame in frames:
        if frame.then is None or not found:
            found.append([frame])
        else:
            found[-1].append(frame)
    return found


def is_busy(chain: list[Frame]) -> bool:
    """Whether some flow of the chain waits for an act's outcome."""
    return any(frame.awaits is not None for frame in chain)


def joined(groups: list[list[Frame]]) -> list[Frame]:
    """The reverse of `chains`."""
    return [frame for chain in groups for frame in chain]


def order_in(frames: list[Frame]) -> str | None:
    """The number of the order that was spoken of last."""
    return next((str(frame.slots["order"]) for frame in reversed(frames) if frame.slots.get("order")), None)


def without_idle(frames: list[Frame]) -> list[Frame]:
    """Only what waits for an act's outcome."""
    return joined([chain for chain in chains(frames) if is_busy(chain)])


def without_outdated(frames: list[Frame], order: str) -> list[Frame]:
    """Without the idle chains below the top one about an order to which something was just done: what they ask no
    longer holds."""
    groups = chains(frames)
    return joined([c for c in groups if c is groups[-1] or is_busy(c) or c[0].slots.get("order") != order])


def without_void(frames: list[Frame], flow: str, is_void: Callable[[Mapping[str, Any]], bool]) -> list[Frame]:
    """Without what this flow has asked, by itself and with slots of which `is_void` says so."""
    groups = chains(frames)
    return joined([c for c in groups if is_busy(c) or len(c) > 1 or c[0].flow != flow or not is_void(c[0].slots)])


def raised(frames: list[Frame], wanted: Frame) -> list[Frame]:
    """The same frames with the chain of `wanted` on top."""
    groups = chains(frames)
    own = next(chain for chain in groups if any(frame is wanted for frame in chain))
    return joined([chain for chain in groups if chain is not own] + [own])

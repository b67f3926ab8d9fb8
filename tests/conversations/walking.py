"""Which transitions of which flows the scripts have walked."""

from __future__ import annotations

from bot.dialogue.book import FlowBook
from bot.dialogue.flow import EventData


class Walked:
    """Listens to every flow's machine by the callback that transitions has for it."""

    def __init__(self, book: FlowBook) -> None:
        self._book = book
        self._seen: set[int] = set()
        self.scripts: set[tuple[str, str]] = set()

    def begin(self) -> None:
        """Listen."""
        for flow in self._book:
            flow.machine.after_state_change = [*flow.machine.after_state_change, self._note]

    def end(self) -> None:
        """Listen no more."""
        for flow in self._book:
            flow.machine.after_state_change = [c for c in flow.machine.after_state_change if c != self._note]

    def not_walked(self) -> list[str]:
        """The transitions nobody has walked, as a reader of the flow would write them."""
        return [
            f"{flow.name}: {source} --{trigger}--> {transition.dest}{_when(transition)}"
            for flow in self._book
            for trigger, event in flow.machine.events.items()
            for source, transitions in event.transitions.items()
            for transition in transitions
            if id(transition) not in self._seen
        ]

    def _note(self, event: EventData) -> None:
        self._seen.add(id(event.transition))


def _when(transition: object) -> str:
    conditions = transition.conditions  # type: ignore[attr-defined]
    told = [("" if condition.target else "not ") + str(condition.func) for condition in conditions]
    return f" (if {' and '.join(told)})" if told else ""

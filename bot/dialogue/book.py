"""All flows there are, by name."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from bot.dialogue.conversation import Frame
from bot.dialogue.flow import Flow
from bot.errors import FlowError


class FlowBook:
    """The flows by name."""

    def __init__(self, flows: Iterable[type[Flow]]) -> None:
        self._flows = {flow.name: flow for flow in flows}

    def __iter__(self) -> Iterator[type[Flow]]:
        return iter(self._flows.values())

    def __contains__(self, name: str) -> bool:
        return name in self._flows

    def __getitem__(self, name: str) -> type[Flow]:
        try:
            return self._flows[name]
        except KeyError:
            raise FlowError(f"there is no flow {name!r}") from None

    def takes(self, frame: Frame, trigger: str) -> bool:
        """Whether a trigger means something to a frame as it stands."""
        return self[frame.flow].takes(frame.state, trigger)

    def current(self, frame: Frame) -> bool:
        """Bring a frame of an older version up to date. False: it cannot go on."""
        if frame.flow not in self._flows:
            return False
        flow = self._flows[frame.flow]
        if frame.version == flow.version and flow.has_state(frame.state):
            return True
        moved = flow.migrate(frame.version, frame.state, dict(frame.slots))
        if moved is None or not flow.has_state(moved[0]):
            return False
        frame.state, frame.slots = moved
        frame.version = flow.version
        return True


def load_flows(package: str = "flows") -> FlowBook:
    """Import `flow.py` of every folder of the package and collect its flow."""
    root = importlib.import_module(package).__path__[0]
    found = []
    for path in sorted(Path(root).glob("*/flow.py")):
        module = importlib.import_module(f"{package}.{path.parent.name}.flow")
        own = [
            thing
            for thing in vars(module).values()
            if isinstance(thing, type) and issubclass(thing, Flow) and thing.__module__ == module.__name__
        ]
        if len(own) != 1:
            raise FlowError(f"{package}/{path.parent.name}/flow.py must define exactly one flow, not {len(own)}")
        found.append(own[0])
    return FlowBook(found)

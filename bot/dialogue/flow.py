"""The base of every flow: one checked `transitions` machine a class, and the words handlers may use.

A flow object lives for one turn. It is the machine's model but is never registered with it: registering
costs 10 kB each and a list scan at removal. Nothing else in Tepai imports transitions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from transitions import EventData, Machine, MachineError

from bot.dialogue.effects import Act, Effect
from bot.dialogue.wishes import Ask, Call, Give, Go, Reply, Say, Suggest, Want, Wish
from bot.errors import FlowError

__all__ = ["EventData", "Flow", "Reply"]

BEGIN = "begin"
GIVEN_UP = "given_up"
CHANGED_MIND = "changed_mind"


class Flow:
    """A conversation's part with one purpose. Subclasses set `states` and `transitions` and write handlers.

    `needs_customer`: the engine has the customer identified before `begin`. `passing`: the flow may be dropped
    silently when the customer turns to something else. `about_order`: begun while another flow is about an order, it
    is about the same one (its slot `order`). `picks_order`: its order may be told by the words
    for it (its slot `description`). `chosen_texts`: prefixes of text keys that a handler
    puts together at run time (so that `tepai check` knows them). `official`: it speaks for the company rather than as
    the bot: it is heard, and a press of its buttons counts, even while a member of staff has the conversation; and no
    answer to it comes too late.
    """

    version: ClassVar[int] = 1
    initial: ClassVar[str] = "start"
    states: ClassVar[Sequence[str | Mapping[str, Any]]] = ()
    transitions: ClassVar[Sequence[Mapping[str, Any]]] = ()
    needs_customer: ClassVar[bool] = False
    passing: ClassVar[bool] = False
    about_order: ClassVar[bool] = False
    picks_order: ClassVar[bool] = False
    official: ClassVar[bool] = False
    chosen_texts: ClassVar[tuple[str, ...]] = ()

    name: ClassVar[str]
    machine: ClassVar[Machine]

    def __init_subclass__(cls) -> None:
        """Name the flow after its folder and build its machine, once."""
        super().__init_subclass__()
        cls.name = cls.__module__.split(".")[1] if cls.__module__.startswith("flows.") else cls.__name__.lower()
        try:
            cls.machine = Machine(
                model=None,
                states=[dict(state) if isinstance(state, Mapping) else state for state in cls.states],
                transitions=[dict(row) for row in cls.transitions],
                initial=cls.initial,
                auto_transitions=False,
                send_event=True,
                queued=False,
            )
        except (ValueError, TypeError, AttributeError, KeyError, MachineError) as error:
            raise FlowError(f"flow {cls.name}: {error}") from error

    def __init__(self, state: str, slots: dict[str, Any], *, customer: str | None, language: str, now: float) -> None:
        self.state = state
        self.slots = slots
        self.customer = customer
        self.language = language
        self.now = now
        self.wishes: list[Wish] = []

    # --- what handlers may wish -------------------------------------------------------------------------

    def say(self, text: str, **values: Any) -> None:
        """Say a text of this flow ("confirm", "news.delivered") or of all flows ("common.what_next")."""
        self.wishes.append(Say(self.text_key(text), values))

    def ask(self, text: str, *replies: Reply, wants: Mapping[str, str] | None = None, **values: Any) -> None:
        """Ask, and wait: for one of the replies, or for an entity (its name → the trigger it fires)."""
        self.wishes.append(Ask(self.text_key(text), replies, dict(wants or {}), values))

    def want(self, effect: Effect) -> None:
        """Have an effect; its outcome comes back as a trigger."""
        self.wishes.append(Want(effect))

    def call(self, flow: str, *, then: str, **slots: Any) -> None:
        """Run another flow and get its result with the trigger `then`; `given_up` when it ends without one."""
        self.wishes.append(Call(flow, then, slots))

    def go(self, flow: str, **slots: Any) -> None:
        """End here; the other flow takes over."""
        self.wishes.append(Go(flow, slots))

    def suggest(self, text: str, *replies: Reply, **values: Any) -> None:
        """Offer what could come next."""
        self.wishes.append(Suggest(self.text_key(text), replies, values))

    def give(self, **values: Any) -> None:
        """Set the result for the flow that called this one."""
        self.wishes.append(Give(values))

    # --- what a flow may define ---------------------------------------------------------------------------

    @classmethod
    def migrate(cls, version: int, state: str, slots: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
        """Where a frame of an older version goes on; None: nowhere, the customer is asked again.

        By default a state that still exists is kept.
        """
        del version
        return (state, slots) if cls.has_state(state) else None

    @classmethod
    def replaces(cls, older: Mapping[str, Any], newer: Mapping[str, Any]) -> bool:
        """Whether news with the slots `newer` make void what this flow asked with the slots `older`."""
        del older, newer
        return False

    @classmethod
    def title(cls, slots: Mapping[str, Any]) -> str:
        """The text key that names what this flow does, for suggestions."""
        del slots
        return f"{cls.name}.title"

    @classmethod
    def more_texts(cls) -> dict[str, dict[str, str]]:
        """Texts that come from the flow's own data rather than its texts files: by language, then key."""
        return {}

    @classmethod
    def text_key(cls, text: str) -> str:
        """The full key of a text as a handler names it: one of this flow, or "common.…"."""
        return text if text.startswith("common.") else f"{cls.name}.{text}"

    # --- for the engine -------------------------------------------------------------------------------------

    def fire(self, trigger: str, values: Mapping[str, Any]) -> bool:
        """Fire a trigger. False: every condition of its transitions failed. Raises `FlowError` when the
        trigger means nothing in this state."""
        if not self.takes(self.state, trigger):
            raise FlowError(f"flow {self.name}: nothing for {trigger!r} in state {self.state!r}")
        return bool(self.machine.events[trigger].trigger(self, **values))

    @classmethod
    def has_state(cls, state: str) -> bool:
        """Whether the flow (still) has this state."""
        return state in cls.machine.states

    @classmethod
    def takes(cls, state: str, trigger: str) -> bool:
        """Whether a trigger means something in a state."""
        event = cls.machine.events.get(trigger)
        return event is not None and state in event.transitions

    @property
    def is_over(self) -> bool:
        """Whether the flow has ended."""
        return bool(self.machine.states[self.state].final)


def waits_for_outcome(effect: Effect) -> bool:
    """Whether something comes back that the flow must wait for."""
    return not isinstance(effect, Act) or bool(effect.outcomes)

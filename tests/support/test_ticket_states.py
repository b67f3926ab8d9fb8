"""Whatever is done to a ticket, by staff or its customer, in whatever order: only what follows happens, told once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.desk.tickets import TicketState
from bot.dialogue.effects import AnswerProposal
from bot.errors import NotTaken
from bot.performer import Scope
from bot.store import tickets as store
from bot.support.tickets import Tickets
from tests.conftest import Clock
from tests.support.floor import MEI, Floor

T = TypeVar("T")
CHAT = "phone:a"
STATES = st.sampled_from(list(TicketState))
STEPS = st.lists(st.tuples(st.sampled_from(["staff", "customer"]), STATES), max_size=12)


class Course:
    """A floor with one customer on one loop, so that hypothesis, which knows no loops, can drive it."""

    def __init__(self, url: str) -> None:
        self._runner = asyncio.Runner()
        self.floor = Floor(url, Clock())
        self.count = 0
        self.run(self.floor.seed())
        self.run(self.floor.hires(MEI))
        self.run(self.floor.comes("lin"))

    def run(self, work: Awaitable[T]) -> T:
        async def waited() -> T:
            return await work

        return self._runner.run(waited())

    def close(self) -> None:
        self.run(self.floor.close())
        self._runner.close()

    def opened(self) -> str:
        self.count += 1
        office = self.floor.app.workbench.tickets
        number = self.run(office.open(MEI, f"o{self.count}", CHAT, "complaint", "w", ""))
        self.run(self.floor.settle())
        self.floor.phone.arrived.clear()
        return number

    def step(self, number: str, who: str, state: TicketState) -> bool:
        """Whether it was done."""
        self.count += 1
        if who == "staff":
            return self._moved(number, state)
        change = AnswerProposal(number, accepted=state is TicketState.ACCEPTED)
        scope = Scope(CHAT, "lin", "zh", 0, f"{CHAT}:{self.count}")
        answers = Tickets(self.floor.database, "a@b.example", lambda _: 60.0, None)
        return self.run(answers.answer(change, scope)).trigger == "answer_taken"

    def _moved(self, number: str, state: TicketState) -> bool:
        try:
            self.run(self.floor.app.workbench.tickets.move(MEI, f"m{self.count}", number, state, "w"))
        except NotTaken:
            return False
        return True


@pytest.fixture(scope="module")
def course(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    file = tmp_path_factory.mktemp("course") / "tepai.db"
    file.write_bytes(migrated_file.read_bytes())
    made = Course(f"sqlite:///{file}")
    yield made
    made.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_only_what_follows_happens_and_is_told_once(course: Course, steps: list[tuple[str, TicketState]]) -> None:
    number = course.opened()
    state, happened = TicketState.OPEN, [("mei", "open")]
    for who, wanted in steps:
        asked = wanted
        if who == "customer" and asked is not TicketState.ACCEPTED:
            asked = TicketState.OBJECTED
        may = asked in (state.next if who == "staff" else state.answers)
        already = who == "customer" and asked is state  # their word holds, and nothing happens
        assert course.step(number, who, wanted) == (may or already), (state, who, wanted)
        if may:
            state = asked
            happened.append(("mei" if who == "staff" else "customer", state.value))
        found = course.run(course.floor.app.workbench.tickets.ticket(MEI, number))
        assert found.line.state is state
        assert (found.line.due_at is not None) == state.is_ours
    course.run(course.floor.settle())
    states = [(event.actor, event.value) for event in found_events(course, number)]
    assert states == happened
    by_staff = [value for actor, value in happened[1:] if actor == "mei"]
    about_it = [said for _, said in course.floor.phone.arrived if said.values.get("number") == number]
    told = [said.key for said in about_it if said.sender == "staff"]
    assert [key.rpartition(".")[2] for key in told] == by_staff


def found_events(course: Course, number: str) -> list[store.TicketEvent]:
    events = course.run(course.floor.app.workbench.tickets.ticket(MEI, number)).events
    return [event for event in events if event.kind == "state"]


def test_nobody_is_stuck_and_the_customers_word_is_only_theirs() -> None:
    for state in TicketState:
        assert state.next, "staff can always do something"
        assert state is TicketState.CLOSED or TicketState.CLOSED in state.next
        assert not {TicketState.ACCEPTED, TicketState.OBJECTED} & set(state.next)
        assert {*state.answers} <= {TicketState.ACCEPTED, TicketState.OBJECTED}

"""Whatever customers, agents and time do, and in whatever order: who has a conversation and the queue agree, and the
bot is silent while a person has it."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bot.desk.people import Agent
from bot.desk.work import Ending, Reply, Resume
from bot.errors import DeskError, HeldByOther, NewerWords
from bot.store.support_tables import handover
from bot.store.tables import conversation
from tests.conftest import Clock
from tests.support.conftest import TUESDAY_NOON
from tests.support.floor import LEAD, LI, MEI, Floor

CHAT = "phone:a"
AGENTS = st.sampled_from([MEI, LI, LEAD])
WORDS = st.sampled_from(["你好", "转人工", "取消订单", "还要多久", "不用人工了", "算了"])


class Desk(RuleBasedStateMachine):
    """One conversation, three agents, two processes. `owner` is who should have it."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        file = Path(self.folder.name) / "tepai.db"
        shutil.copyfile(self.template, file)
        clock = Clock()
        clock.now = TUESDAY_NOON
        self.loop = asyncio.Runner()
        self.floor = Floor(f"sqlite:///{file}", clock)
        self.processes = [self.floor.app, self.floor.another()]
        self.owner: str | None = None
        self.replies = 0
        self._run(self.floor.hires(MEI, LI, LEAD))
        self._run(self.floor.says("你好"))

    def teardown(self) -> None:
        self._run(self.floor.settle())
        self._run(self.floor.close())
        self.loop.close()
        self.folder.cleanup()

    # --- what may happen ------------------------------------------------------------------------------------------

    @rule(words=WORDS)
    def the_customer_writes(self, words: str) -> None:
        before = len(self.floor.phone.arrived)
        self._run(self.floor.says(words))
        if self.owner is not None:
            assert all(said.sender == "staff" for _, said in self.floor.phone.arrived[before:])

    @rule(agent=AGENTS, which=st.integers(0, 1))
    def claim(self, agent: Agent, which: int) -> None:
        self._expect(self.processes[which].workbench.work.claim(agent, CHAT), self.owner in (None, agent.id))
        self.owner = self.owner or agent.id

    @rule(agent=AGENTS, stale=st.booleans())
    def reply(self, agent: Agent, stale: bool) -> None:
        self.replies += 1
        said = Reply(f"r{self.replies}", f"回复{self.replies}", seen=0 if stale else None)
        work = self.floor.app.workbench.work
        may = self.owner in (None, agent.id)
        try:
            self._run(work.reply(agent, CHAT, said))
        except NewerWords:
            assert may
            assert stale
            return
        except HeldByOther:
            assert not may
            return
        assert may
        assert not stale
        self.owner = agent.id
        self._run(self.floor.settle())
        assert self.floor.heard().count(said.text) == 1

    @rule(agent=AGENTS, to=AGENTS)
    def pass_on(self, agent: Agent, to: Agent) -> None:
        may = self.owner in (None, agent.id) or agent is LEAD
        same = self.owner == to.id
        self._expect(self.floor.app.workbench.work.transfer(agent, CHAT, to=to.id), may and not same)
        if may:
            self.owner = to.id

    @rule(agent=AGENTS, resume=st.sampled_from(list(Resume)))
    def hand_back(self, agent: Agent, resume: Resume) -> None:
        self._expect(self.floor.app.workbench.work.hand_back(agent, CHAT, resume), self.owner == agent.id)
        self.owner = None if self.owner == agent.id else self.owner

    @rule(agent=AGENTS, ending=st.sampled_from(list(Ending)))
    def close(self, agent: Agent, ending: Ending) -> None:
        self._expect(self.floor.app.workbench.work.close(agent, CHAT, ending), self.owner == agent.id)
        self.owner = None if self.owner == agent.id else self.owner

    @precondition(lambda self: self.owner is not None)
    @rule(agent=AGENTS)
    def to_the_queue(self, agent: Agent) -> None:
        may = self.owner == agent.id or agent is LEAD
        self._expect(self.floor.app.workbench.work.transfer(agent, CHAT), may)
        self.owner = None if may else self.owner

    @rule()
    def everybody_is_gone_for_hours(self) -> None:
        for seconds in (200.0, 4000.0):
            self._run(self.floor.passes(seconds))
            self._run(self.floor.app.workbench.ownership.look())
        self.owner = None
        for agent in (MEI, LI, LEAD):
            self._run(self.floor.is_seen(agent))

    # --- what always holds ----------------------------------------------------------------------------------------

    @invariant()
    def the_queue_and_the_owner_agree(self) -> None:
        (chat,) = self._run(self.floor.table(conversation))
        rows = [row for row in self._run(self.floor.table(handover)) if row["closed_at"] is None]
        assert chat["owner"] == self.owner
        assert len(rows) <= 1
        taken = [row["agent"] for row in rows if row["status"] == "taken"]
        assert taken == ([self.owner] if self.owner else [])

    @invariant()
    def who_is_in_the_queue_knows_it(self) -> None:
        (chat,) = self._run(self.floor.table(conversation))
        rows = [row for row in self._run(self.floor.table(handover)) if row["closed_at"] is None]
        waits = any(row["status"] == "waiting" for row in rows)
        if self.owner is None:
            assert bool(chat["state"].get("queued")) is waits

    def _expect(self, deed: Awaitable[object], allowed: bool) -> None:
        try:
            self._run(deed)
        except DeskError:
            assert not allowed
        else:
            assert allowed

    def _run(self, work: Awaitable[object]):  # type: ignore[no-untyped-def]
        async def running() -> object:
            return await work

        return self.loop.run(running())


@pytest.mark.parametrize("examples", [10])
def test_whatever_happens_queue_and_owner_agree(migrated_file: Path, examples: int) -> None:
    Desk.template = migrated_file
    wanted = settings(
        max_examples=examples, stateful_step_count=16, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Desk, settings=wanted)  # type: ignore[no-untyped-call]

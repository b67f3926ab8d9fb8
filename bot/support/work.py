"""What an agent does with a conversation: take it, answer, pass it on, give it back, close it.

Each is one deed (see `bot.runtime.attending`): who has the conversation, the queue, the words to the customer and the
audit trail are kept together, or not at all, and by compare-and-set, so that of two who want the same, one has it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any, Protocol
from uuid import uuid4

from bot.channel import Receipt
from bot.desk.people import Agent, Role
from bot.desk.work import Brief, Ending, Reply, Resume, Status, Waiting
from bot.dialogue.events import Attended, How
from bot.errors import HeldByOther, NotTaken
from bot.messages import Outgoing
from bot.runtime.attending import Deed, Plan
from bot.store import deeds, handovers, presence
from bot.store.conversations import Loaded
from bot.store.database import Database
from bot.store.seeing import must_see
from bot.support.brief import Briefs
from bot.support.names import Names
from bot.support.office import Office

LONGEST_REPLY = 4000
LONGEST_LAST = 200

_RESUMES = {Resume.CONTINUE: How.CONTINUED, Resume.FRESH: How.FRESH, Resume.SILENT: How.SILENT}


class Attends(Protocol):
    """The part of the runtime that keeps what staff do."""

    async def attend(self, conversation: str, id: str, plan: Plan, *, by_staff: bool = False) -> Receipt:
        """See `bot.runtime.service.Runtime.attend`."""

    async def quiet(self, conversation: str) -> None:
        """See `bot.runtime.service.Runtime.quiet`."""


class Workplace:
    """Implements `bot.desk.work.Work`. `teams`: the names of those there are."""

    def __init__(
        self,
        database: Database,
        runtime: Attends,
        briefs: Briefs,
        names: Names,
        office: Office,
        teams: Collection[str] = (),
    ) -> None:
        self._database = database
        self._runtime = runtime
        self._briefs = briefs
        self._names = names
        self._office = office
        self._teams = teams

    async def queue(self, agent: Agent) -> Sequence[Waiting]:
        """See `Work.queue`."""
        now, places = await self._database.run_each(handovers.places)
        mine = [place for place in places if agent.is_of(place.team)]
        names = await self._names.of([place.customer for place in mine])
        rows = [self._row(place, names.get(place.customer or ""), agent.language, now) for place in mine]
        return sorted(rows, key=lambda row: _urgency(row, agent))

    async def brief(self, agent: Agent, conversation: str) -> Brief:
        """See `Work.brief`."""
        return await self._briefs.brief(agent, conversation)

    async def claim(self, agent: Agent, conversation: str) -> None:
        """See `Work.claim`."""
        await self._see(agent, conversation)
        if await self._is_taken(agent, conversation):
            await self._runtime.quiet(conversation)

    async def reply(self, agent: Agent, conversation: str, reply: Reply) -> Receipt:
        """See `Work.reply`. Raises `NotTaken` for an empty one, or one that is too long."""
        text = reply.text.strip()
        if not text and not reply.attachments:
            raise NotTaken("reply_empty")
        if len(text) > LONGEST_REPLY:
            raise NotTaken("reply_too_long")
        await self._see(agent, conversation)
        taken_over = False
        fresh = uuid4().hex

        def plan(loaded: Loaded) -> Deed:
            nonlocal taken_over
            if loaded.owner not in (None, agent.id):
                raise HeldByOther(loaded.owner or "")
            taken_over = loaded.owner is None
            words = Outgoing(text, attachments=reply.attachments, values={"id": reply.id})
            also = partial(deeds.reply, agent, conversation, reply, loaded if taken_over else None, fresh)
            event = _taken_by(agent) if taken_over else None
            return Deed(agent.id, agent.id, event, (words,), also)

        receipt = await self._runtime.attend(conversation, f"{agent.id}:{reply.id}", plan, by_staff=True)
        if taken_over:
            await self._runtime.quiet(conversation)
        return receipt

    async def transfer(self, agent: Agent, conversation: str, *, to: str = "", team: str = "", words: str = "") -> None:
        """See `Work.transfer`."""
        await self._see(agent, conversation)
        if to:
            await self._pass_on(agent, conversation, to, words)
        elif not team or team in self._teams:
            await self._to_team(agent, conversation, team, words)
        else:
            raise NotTaken("no_such_team")

    async def hand_back(self, agent: Agent, conversation: str, resume: Resume) -> None:
        """See `Work.hand_back`."""
        await self._give_up(agent, conversation, _RESUMES[resume], "handed_back", resume.value)

    async def close(self, agent: Agent, conversation: str, ending: Ending) -> None:
        """See `Work.close`."""
        how = How.UNANSWERED if ending is Ending.NO_ANSWER else How.CLOSED
        await self._give_up(agent, conversation, how, "closed", ending.value)

    async def _see(self, agent: Agent, conversation: str) -> None:
        await self._database.run(must_see, agent, conversation)

    async def _is_taken(self, agent: Agent, conversation: str) -> bool:
        """Whether it has changed hands; not when the agent has it already."""
        fresh = uuid4().hex

        def plan(loaded: Loaded) -> Deed:
            if loaded.owner == agent.id:
                raise _AlreadyMine
            if loaded.owner is not None:
                raise HeldByOther(loaded.owner)
            also = partial(deeds.take, agent, conversation, loaded, fresh)
            return Deed(agent.id, agent.id, _taken_by(agent), also=also)

        try:
            await self._runtime.attend(conversation, f"claim:{fresh}", plan)
        except _AlreadyMine:
            return False
        return True

    async def _pass_on(self, agent: Agent, conversation: str, to: str, words: str) -> None:
        colleague = await self._database.run(presence.colleague, to)
        if colleague is None:
            raise NotTaken("no_such_colleague")
        fresh = uuid4().hex

        def plan(loaded: Loaded) -> Deed:
            _may_pass_on(agent, loaded)
            if loaded.owner == to:
                raise NotTaken("already_theirs")
            also = partial(deeds.pass_on, agent, conversation, colleague, words, loaded, fresh)
            return Deed(to, to, Attended(How.PASSED_ON, {"agent": colleague.name}), also=also)

        await self._runtime.attend(conversation, f"pass:{fresh}", plan)
        await self._runtime.quiet(conversation)

    async def _to_team(self, agent: Agent, conversation: str, team: str, words: str) -> None:
        fresh = uuid4().hex

        def plan(loaded: Loaded) -> Deed:
            _may_pass_on(agent, loaded)
            also = partial(deeds.to_team, agent, conversation, team, words, self._office.wait(loaded.now), fresh)
            return Deed(None, agent.id, waits_again(How.TO_QUEUE, self._office, loaded.now), also=also)

        await self._runtime.attend(conversation, f"pass:{fresh}", plan)

    async def _give_up(self, agent: Agent, conversation: str, how: How, action: str, outcome: str) -> None:
        await self._see(agent, conversation)

        def plan(loaded: Loaded) -> Deed:
            if loaded.owner != agent.id:
                raise HeldByOther(loaded.owner or "")
            return Deed(None, agent.id, Attended(how), also=partial(deeds.end, agent, conversation, action, outcome))

        await self._runtime.attend(conversation, f"{action}:{uuid4().hex}", plan)

    def _row(self, place: handovers.Place, name: str | None, language: str, now: float) -> Waiting:
        return Waiting(
            place.conversation,
            place.channel,
            Status(place.status),
            place.reason,
            place.priority,
            place.team,
            place.language,
            place.opened_at,
            customer=name or place.customer,
            agent=place.agent if place.status == handovers.TAKEN else None,
            claimed_at=place.claimed_at,
            unanswered_since=place.unanswered_since,
            due_at=place.due_at,
            returned=place.returned,
            last=place.last[:LONGEST_LAST],
            wish=self._briefs.wish(place.brief, language, now),
            unreachable=place.unreachable,
        )


class _AlreadyMine(Exception):
    """There is nothing to take."""


def _urgency(row: Waiting, agent: Agent) -> tuple[Any, ...]:
    """One's own, those who wait longest first; what waits, in the queue's order, but last what is in a language that
    the agent does not answer in; and what others have."""
    if row.agent == agent.id:
        return 0, row.unanswered_since is None, row.unanswered_since or row.opened_at
    if row.status is Status.WAITING:
        return 1, row.language not in agent.languages, not row.returned, -row.priority, row.opened_at
    return 2, row.unanswered_since is None, row.unanswered_since or row.opened_at


def _taken_by(agent: Agent) -> Attended:
    return Attended(How.TAKEN, {"agent": agent.name})


def waits_again(how: How, office: Office, now: float) -> Attended:
    """It goes back to the queue; where nobody is there now, with the time when somebody is."""
    opens_at = office.opens_at(now)
    return Attended(how, {} if opens_at is None else {"opens_at": opens_at})


def _may_pass_on(agent: Agent, loaded: Loaded) -> None:
    if loaded.owner not in (None, agent.id) and not agent.role.covers(Role.LEAD):
        raise HeldByOther(loaded.owner or "")

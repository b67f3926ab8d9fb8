"""A conversation as staff see it, and what they keep beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import structlog

from bot.channel import Standing, Wake
from bot.desk.people import Agent, Role
from bot.desk.talk import Aside, Canned, Elsewhere, Limits, Line
from bot.errors import HeldByOther, NoSuchThing, NotTaken
from bot.messages import Address, Attachment
from bot.runtime.typing import AGAIN, Lately, Show
from bot.store import beside, dead, seeing
from bot.store.database import Database

log = structlog.get_logger(__name__)

TAG = re.compile(r"[^\s,;#]{1,24}")
SHORTCUT = re.compile(r"[^\s/]{1,32}")
LONGEST_NOTE = 4000
LONGEST_TITLE = 80


class Logs(Protocol):
    """The part of the runtime that has files, and tells who watches."""

    def watch(self, conversation: str) -> AbstractContextManager[Wake]:
        """See `bot.channel.Service.watch`."""

    def grew(self, conversation: str, *, due: bool) -> None:
        """Wake those who watch it; `due`: its lane waits for somebody."""

    async def standing(self, conversation: str) -> Standing | None:
        """See `bot.runtime.service.Runtime.standing`."""

    async def keep_attachment(self, address: Address, name: str, media_type: str, data: bytes) -> Attachment:
        """See `bot.channel.Service.keep_attachment`."""

    async def attachment(self, address: Address, ref: str) -> tuple[Attachment, bytes] | None:
        """See `bot.channel.Service.attachment`."""


class Conversations:
    """Implements `bot.desk.talk.Talks`. `typing`: how a channel shows the customer that somebody writes."""

    def __init__(self, database: Database, runtime: Logs, typing: Mapping[str, Show]) -> None:
        self._database = database
        self._runtime = runtime
        self._typing = typing
        self._shown = Lately(AGAIN)

    def watch(self, topic: str) -> AbstractContextManager[Wake]:
        """See `Wakes.watch`."""
        return self._runtime.watch(topic)

    async def lines(self, agent: Agent, conversation: str, after: int = 0, limit: int = 200) -> Sequence[Line]:
        """See `Talks.lines`."""
        # Read with every change that a page is shown: what one statement sees more than the one before comes again.
        return await self._database.run_each(seeing.lines, agent, conversation, limit, after=after or None)

    async def before(self, agent: Agent, conversation: str, seq: int, limit: int = 200) -> Sequence[Line]:
        """See `Talks.before`."""
        return await self._database.run(seeing.lines, agent, conversation, limit, before=seq)

    async def aside(self, agent: Agent, conversation: str) -> Aside:
        """See `Talks.aside`."""
        found = await self._database.run_each(seeing.aside, agent, conversation)
        return Aside(
            found.owner,
            found.status,
            _limits(found.reachable, await self._runtime.standing(conversation)),
            found.team,
            found.notes,
            found.tags,
            found.drafts,
            found.customer_wrote_at,
        )

    async def send_again(self, agent: Agent, conversation: str, seq: int) -> int:
        """See `Talks.send_again`."""
        done = await self._database.run(seeing.send_again, agent, dead.Place(conversation, seq))
        if done is dead.NotRetried.HELD_BY_STAFF:
            raise HeldByOther("")
        if isinstance(done, dead.NotRetried):
            raise NoSuchThing(conversation)
        self._runtime.grew(conversation, due=True)
        return done

    async def note(self, agent: Agent, conversation: str, id: str, words: str) -> None:
        """See `Talks.note`. Raises `NotTaken` for an empty one, or one that is too long."""
        if not words.strip() or len(words) > LONGEST_NOTE:
            raise NotTaken("note_length")
        await self._database.run(seeing.note, agent, conversation, f"{agent.id}:{id}", words.strip())
        self._runtime.grew(conversation, due=False)

    async def tag(self, agent: Agent, conversation: str, name: str, *, off: bool = False) -> None:
        """See `Talks.tag`."""
        if not TAG.fullmatch(name):
            raise NotTaken("tag_name")
        await self._database.run(seeing.tag, agent, conversation, name, off=off)
        self._runtime.grew(conversation, due=False)

    async def draft(self, agent: Agent, conversation: str, words: str) -> None:
        """See `Talks.draft`."""
        shows = await self._database.run(seeing.draft, agent, conversation, words[:LONGEST_NOTE])
        self._runtime.grew(conversation, due=False)
        if shows:
            await self._show_typing(Address.of(conversation))
        elif not words:
            self._shown.forget(conversation)

    async def keep_attachment(
        self, agent: Agent, conversation: str, name: str, media_type: str, data: bytes
    ) -> Attachment:
        """See `Talks.keep_attachment`."""
        await self._database.run(seeing.must_see, agent, conversation)
        return await self._runtime.keep_attachment(Address.of(conversation), name, media_type, data)

    async def attachment(self, agent: Agent, conversation: str, ref: str) -> tuple[Attachment, bytes] | None:
        """See `Talks.attachment`."""
        await self._database.run(seeing.must_see, agent, conversation)
        return await self._runtime.attachment(Address.of(conversation), ref)

    async def elsewhere(self, agent: Agent, conversation: str) -> Sequence[Elsewhere]:
        """See `Talks.elsewhere`."""
        return await self._database.run(seeing.elsewhere, agent, conversation)

    async def canned(self) -> Sequence[Canned]:
        """See `Talks.canned`."""
        return await self._database.run(beside.all_canned)

    async def keep_canned(self, agent: Agent, canned: Canned) -> None:
        """See `Talks.keep_canned`. Raises `NoSuchThing` for who is no lead, and for an id that is not there."""
        _must_lead(agent)
        if not SHORTCUT.fullmatch(canned.shortcut) or not canned.words.strip() or canned.language not in ("zh", "en"):
            raise NotTaken("canned_incomplete")
        if len(canned.words) > LONGEST_NOTE or len(canned.title) > LONGEST_TITLE:
            raise NotTaken("canned_too_long")
        kept = await self._database.run(seeing.keep_canned, agent, canned)
        if kept is None:
            raise NoSuchThing("canned")
        if not kept:
            raise NotTaken("shortcut_used")

    async def drop_canned(self, agent: Agent, id: int) -> None:
        """See `Talks.drop_canned`."""
        _must_lead(agent)
        if not await self._database.run(seeing.drop_canned, agent, id):
            raise NoSuchThing("canned")

    async def _show_typing(self, address: Address) -> None:
        show = self._typing.get(address.channel)
        if show is None or not self._shown.is_new(address.conversation):
            return
        try:
            await show(address)
        except Exception as error:  # the sign is not worth the thing itself
            log.info("typing_not_shown", error=type(error).__name__)


def _limits(reachable: bool, standing: Standing | None) -> Limits:
    if standing is None:
        return Limits(reachable)
    why = standing.why or ""
    return Limits(reachable, standing.until, standing.left, why, standing.kept, standing.reserved)


def _must_lead(agent: Agent) -> None:
    if not agent.role.covers(Role.LEAD):
        raise NoSuchThing("canned")

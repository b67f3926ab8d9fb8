"""The staff's own group: each conversation that a person takes is a topic there, and what a member of staff writes in
the topic goes to the customer.

The group is a supergroup with topics, in which the bot is an administrator that may manage topics; as one it hears
every message. What others write than linked members of staff reaches nobody.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import structlog
from aiolimiter import AsyncLimiter
from telegram.error import BadRequest, TelegramError

from adapters.telegram.calls import Calls
from adapters.telegram.channel import Files
from adapters.telegram.files import CannotFetch, FileFetcher
from adapters.telegram.inbound import NAME, InTopic
from adapters.telegram.refusals import delivery_error, reason
from adapters.telegram.staff_lines import words_of
from adapters.telegram.wording import html, split
from adapters.telegram.words import words
from bot.desk.people import Agent
from bot.desk.talk import Line
from bot.desk.work import Reply, Work
from bot.errors import HeldByOther, Later, NoSuchThing, NotTaken, Undeliverable
from bot.messages import Address, Attachment

log = structlog.get_logger(__name__)

LONGEST_TITLE = 128
PER_MINUTE = 20
"""Messages that Telegram takes in one group."""
PAUSE_SECONDS = 3.0

_NO_TOPIC = re.compile(r"thread not found|topic_id_invalid|topic_deleted", re.I)
_CLOSED = re.compile(r"topic_closed", re.I)
_CLOSED_ALREADY = re.compile(rf"topic_not_modified|{_NO_TOPIC.pattern}", re.I)


class Topics(Protocol):
    """Which topic shows which conversation; shared by all processes. Raises `errors.StoreUnavailable`."""

    async def find(self, conversation: str, chat: int) -> tuple[int, int] | None:
        """(thread, seq of the newest line shown there); None where there is no topic in this group."""

    async def put(self, conversation: str, chat: int, thread: int) -> None:
        """This topic from now on; what was shown counts as shown."""

    async def conversation(self, chat: int, thread: int) -> str | None:
        """What the topic shows."""

    async def shown(self, conversation: str, seq: int) -> None:
        """Lines up to `seq` need not be shown any more."""


Members = Callable[[int], Awaitable[Agent | None]]
"""Who has linked this Telegram account; None for nobody, or somebody who is not active any more."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the support core offers the group."""

    work: Work
    members: Members
    topics: Topics


class StaffGroup:
    """`chat`: the group; `files` gives the bytes behind an attachment's ref, `fetcher` fetches what staff send.

    `show` and `close` are for one caller at a time, of however many processes. Both raise `errors.DeliveryError` as
    `bot.channel.Channel.send` does, and may then be called again: a line that was cut off in the middle is repeated.
    """

    def __init__(self, calls: Calls, chat: int, desk: Desk, files: Files, fetcher: FileFetcher) -> None:
        self.chat = chat
        self._calls = calls
        self._desk = desk
        self._files = files
        self._fetcher = fetcher
        self._room = AsyncLimiter(PER_MINUTE, 60.0)

    async def show(self, conversation: str, title: str, opening: str, lines: Sequence[Line]) -> None:
        """Show the lines that are not there yet, in a topic made for them where there is none (any more).

        `opening` is what stands first in a new topic: why a person is wanted.
        """
        found = await self._desk.topics.find(conversation, self.chat)
        thread, seq = found or (await self._make(conversation, title, opening), 0)
        for line in lines:
            if line.seq <= seq:
                continue
            if not self._is_written_here(line):
                try:
                    thread = await self._post(conversation, thread, line, title, opening)
                except Undeliverable as error:  # the desk shows it; what follows must not wait for it
                    log.warning("telegram_line_not_shown", conversation=conversation, seq=line.seq, why=str(error))
            await self._desk.topics.shown(conversation, line.seq)

    async def close(self, conversation: str) -> None:
        """Nobody has to answer there any more; more lines open it again."""
        found = await self._desk.topics.find(conversation, self.chat)
        if found is None:
            return
        with _refusals():
            try:
                await self._calls.close_topic(self.chat, found[0])
            except BadRequest as error:
                if not _CLOSED_ALREADY.search(error.message):
                    raise

    async def heard(self, said: InTopic) -> None:
        """Somebody wrote in a topic. Raises `StoreUnavailable`, or `TelegramError` for a file to be had later."""
        conversation = await self._desk.topics.conversation(said.chat, said.thread)
        if conversation is None or said.text.startswith("/"):
            log.info("telegram_topic_ignored", why="no conversation" if conversation is None else "command")
            return
        agent = await self._desk.members(said.sender)
        if agent is None:
            await self._tell(said, "staff_unlinked", said.language)
        elif said.edited:
            await self._tell(said, "staff_edited", agent.language)
        else:
            await self._reply(conversation, agent, said)

    async def _reply(self, conversation: str, agent: Agent, said: InTopic) -> None:
        try:
            files = await self._fetched(conversation, said)
        except CannotFetch as why:
            await self._tell(said, why.key, agent.language)
            return
        if not said.text and not files:
            await self._tell(said, "staff_kind", agent.language)
            return
        reply = Reply(f"{_prefix(said.chat)}{said.number}", said.text, files)
        try:
            await self._desk.work.reply(agent, conversation, reply)
        except HeldByOther as error:
            await self._tell(said, "staff_held", agent.language, owner=error.owner)
        except NoSuchThing:
            await self._tell(said, "staff_not_theirs", agent.language)
        except NotTaken:
            await self._tell(said, "staff_not_taken", agent.language)

    async def _fetched(self, conversation: str, said: InTopic) -> tuple[Attachment, ...]:
        return (await self._fetcher.fetch(Address.of(conversation), said.file),) if said.file else ()

    def _is_written_here(self, line: Line) -> bool:
        return line.id.startswith(_prefix(self.chat))

    async def _post(self, conversation: str, thread: int, line: Line, title: str, opening: str) -> int:
        """The topic's thread, which is another one when it had to be made again."""
        with _refusals():
            try:
                await self._say(conversation, thread, line)
            except BadRequest as error:
                if _CLOSED.search(error.message):
                    await self._calls.reopen_topic(self.chat, thread)
                elif _NO_TOPIC.search(error.message):
                    thread = await self._make(conversation, title, opening)
                else:
                    raise
                await self._say(conversation, thread, line)
        return thread

    async def _say(self, conversation: str, thread: int, line: Line) -> None:
        for part in split(words_of(line)):
            await self._admit()
            await self._calls.send_text(self.chat, html(part), None, thread)
        for file in line.attachments:
            found = await self._files(Address.of(conversation), file.ref) if file.ref else None
            if found is not None:
                await self._admit()
                await self._calls.send_file(self.chat, *found, None, thread)

    async def _make(self, conversation: str, title: str, opening: str) -> int:
        await self._admit()
        with _refusals():
            thread = await self._calls.create_topic(self.chat, title[:LONGEST_TITLE].strip() or conversation)
            await self._desk.topics.put(conversation, self.chat, thread)
            for part in split(opening):
                await self._admit()
                await self._calls.send_text(self.chat, html(part), None, thread)
        return thread

    async def _admit(self) -> None:
        if not self._room.has_capacity():
            raise Later("the staff's group has had its share of messages", after=PAUSE_SECONDS)
        await self._room.acquire()

    async def _tell(self, said: InTopic, key: str, language: str | None, **values: str) -> None:
        text = words(language)[key].format(megabytes=self._fetcher.megabytes, **values)
        try:
            await self._calls.send_text(said.chat, html(text), None, said.thread)
        except TelegramError as error:
            log.info("telegram_staff_not_told", error=type(error).__name__, why=reason(error))


@contextmanager
def _refusals() -> Iterator[None]:
    """Telegram's refusals as the runtime knows them."""
    try:
        yield
    except TelegramError as error:
        raise delivery_error(error) from None


def _prefix(chat: int) -> str:
    """How the ids of replies begin that were written in the group."""
    return f"{NAME}:{chat}:"

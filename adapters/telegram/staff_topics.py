"""Shows conversations in topics of the staff's group, each line once, in as few messages as Telegram takes there.

What Telegram took and the store did not learn of is shown again after a crash: a line read twice does less harm than
one that nobody reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog
from aiolimiter import AsyncLimiter
from telegram.error import BadRequest, TelegramError

from adapters.telegram.calls import Calls
from adapters.telegram.channel import Files
from adapters.telegram.refusals import delivery_error
from adapters.telegram.staff_lines import Post
from adapters.telegram.wording import html
from bot.desk.topics import State, Topic, Topics
from bot.errors import Later, Undeliverable
from bot.messages import Address

log = structlog.get_logger(__name__)

BURST, REFILL_SECONDS = 8, 40.0
"""Telegram takes 20 messages a minute in one group: 8 at once and 12 more in any minute leave it at that."""
PAUSE_SECONDS = 3.0

_NO_TOPIC = re.compile(r"thread not found|topic_id_invalid|topic_deleted", re.I)
_CLOSED = re.compile(r"topic_closed", re.I)
_SO_ALREADY = re.compile(r"topic_not_modified", re.I)


class Board:
    """`chat`: the group; `files` gives the bytes behind an attachment's ref. For one caller at a time, of however many
    processes. Its methods raise `errors.DeliveryError` as `bot.channel.Channel.send` does, and may then be called
    again; with a topic that was deleted they end early, and leave it `State.GONE`."""

    def __init__(self, calls: Calls, chat: int, topics: Topics, files: Files) -> None:
        self.chat = chat
        self._calls = calls
        self._topics = topics
        self._files = files
        self._room = AsyncLimiter(BURST, REFILL_SECONDS)

    async def begin(self, conversation: str, topic: Topic | None, title: str) -> int:
        """The thread of an open topic, made where there is none (any more)."""
        if topic is None or topic.state is State.GONE:
            await self._admit()
            with _refusals():
                thread = await self._calls.create_topic(self.chat, title)
            await self._topics.put(conversation, self.chat, thread)
            return thread
        if topic.state in (State.CLOSING, State.CLOSED):
            await self._turn(topic, opens=True)
            await self._topics.turn(conversation, State.NEW)
        return topic.thread

    async def show(self, conversation: str, thread: int, posts: Sequence[Post]) -> None:
        """Post them one after the other."""
        for post in posts:
            try:
                with _refusals():
                    await self._post_where_open(conversation, thread, post)
            except _Gone:
                await self._topics.turn(conversation, State.GONE)
                return
            except Undeliverable as error:  # the desk shows it; what follows must not wait for it
                log.warning("telegram_line_not_shown", conversation=conversation, seq=post.seq, why=str(error))
            await self._topics.shown(conversation, post.seq)

    async def close(self, topic: Topic, posts: Sequence[Post]) -> None:
        """Say the last words, if they are not said, and close it: nobody has to answer there any more."""
        if topic.state in (State.NEW, State.OPEN):
            await self.show(topic.conversation, topic.thread, posts)
            await self._topics.turn(topic.conversation, State.CLOSING)
        await self._turn(topic, opens=False)
        await self._topics.turn(topic.conversation, State.CLOSED)

    async def _post_where_open(self, conversation: str, thread: int, post: Post) -> None:
        try:
            await self._post(conversation, thread, post)
        except BadRequest as error:
            if not _CLOSED.search(error.message):
                raise
            await self._calls.reopen_topic(self.chat, thread)  # somebody closed it by hand
            await self._post(conversation, thread, post)

    async def _post(self, conversation: str, thread: int, post: Post) -> None:
        if post.text:
            await self._admit()
            await self._calls.send_text(self.chat, html(post.text), None, thread)
        if post.file is not None:
            found = await self._files(Address.of(conversation), post.file.ref)
            if found is not None:
                await self._admit()
                await self._calls.send_file(self.chat, *found, None, thread)

    async def _turn(self, topic: Topic, *, opens: bool) -> None:
        """Open it, or close it. One that is gone is closed, and when it is wanted again it is found to be gone."""
        turn = self._calls.reopen_topic if opens else self._calls.close_topic
        with _refusals():
            try:
                await turn(self.chat, topic.thread)
            except BadRequest as error:
                if not _SO_ALREADY.search(error.message) and not _NO_TOPIC.search(error.message):
                    raise

    async def _admit(self) -> None:
        if not self._room.has_capacity():
            raise Later("the staff's group has had its share of messages", after=PAUSE_SECONDS)
        await self._room.acquire()


class _Gone(Exception):
    """The topic was deleted."""


@contextmanager
def _refusals() -> Iterator[None]:
    """Telegram's refusals as the runtime knows them."""
    try:
        yield
    except BadRequest as error:
        if _NO_TOPIC.search(error.message):
            raise _Gone from None
        raise delivery_error(error) from None
    except TelegramError as error:
        raise delivery_error(error) from None

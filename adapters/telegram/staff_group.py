"""What members of staff write in their own group on Telegram: in a conversation's topic it goes to the customer.

The group is a supergroup with topics, in which the bot is an administrator that may manage topics; as one it hears
every message. What others write than linked members of staff reaches nobody.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

import structlog
from telegram.error import TelegramError

from adapters.telegram.calls import Calls
from adapters.telegram.files import CannotFetch, FileFetcher
from adapters.telegram.inbound import InTopic
from adapters.telegram.refusals import reason
from adapters.telegram.staff_desk import Desk, id_prefix
from adapters.telegram.wording import html
from adapters.telegram.words import words
from bot.desk.people import Agent
from bot.desk.work import Ending, Reply, Resume
from bot.errors import HeldByOther, NoSuchThing, NotTaken, SignInRefused
from bot.messages import Address, Attachment

log = structlog.get_logger(__name__)

LINK = "staff-"
"""How the payload of a link for members of staff begins. With 43 characters behind it no customer's link is as long:
of base64 without padding, which theirs are, 49 characters make no whole bytes."""
COMMANDS: Mapping[str, str] = {
    **{"take": "take", "接入": "take", "back": "back", "交还": "back"},
    **{"close": "close", "结束": "close", "note": "note", "备注": "note"},
}
STRANGER_SECONDS = 3600.0
"""For so long somebody who is not linked is not told so again."""
MOST_STRANGERS = 1000

_LINK = re.compile(rf"{LINK}([\w-]{{43}})", re.ASCII)


def link_token(payload: str | None) -> str | None:
    """The token in the payload of a link for members of staff; None for any other."""
    found = _LINK.fullmatch(payload or "")
    return found[1] if found else None


class StaffGroup:
    """`chat`: the group; `fetcher` fetches what staff send."""

    def __init__(self, calls: Calls, chat: int, desk: Desk, fetcher: FileFetcher) -> None:
        self.chat = chat
        self._calls = calls
        self._desk = desk
        self._fetcher = fetcher
        self._strangers: dict[int, float] = {}

    async def linked(self, token: str, account: int, language: str | None) -> None:
        """Somebody opened a link for members of staff in their private chat. Raises `StoreUnavailable`."""
        try:
            agent = await self._desk.phones.link(token, account)
        except SignInRefused:
            await self._tell(account, None, "staff_link_refused", language)
        except NotTaken:
            await self._tell(account, None, "staff_link_taken", language)
        else:
            await self._tell(account, None, "staff_linked", agent.language, name=agent.name)

    async def heard(self, said: InTopic) -> None:
        """Somebody wrote in a topic. Raises `StoreUnavailable`, or `TelegramError` for a file to be had later."""
        conversation = await self._desk.topics.conversation(said.chat, said.thread)
        if conversation is None:
            log.info("telegram_topic_ignored", why="no conversation")
            return
        agent = await self._desk.phones.member(said.sender)
        if agent is None:
            await self._send_away(said)
            return
        try:
            await self._do(conversation, agent, said)
        except HeldByOther as error:
            key = "staff_others" if said.text.startswith("/") else "staff_held"
            owner = await self._name(error.owner)
            await self._answer(said, agent, key if owner else "staff_nobodys", owner=owner)
        except NoSuchThing:
            await self._answer(said, agent, "staff_not_theirs")
        except NotTaken:
            await self._answer(said, agent, "staff_not_taken")
        except CannotFetch as why:
            await self._answer(said, agent, why.key)

    async def _do(self, conversation: str, agent: Agent, said: InTopic) -> None:
        if said.edited:
            await self._answer(said, agent, "staff_edited")
        elif said.text.startswith("/"):
            await self._obey(conversation, agent, said)
        else:
            await self._reply(conversation, agent, said)

    async def _obey(self, conversation: str, agent: Agent, said: InTopic) -> None:
        name, _, rest = said.text[1:].partition(" ")
        work = self._desk.work
        match COMMANDS.get(name.partition("@")[0].lower()):
            case "take":
                await work.claim(agent, conversation)
            case "back":
                await work.hand_back(agent, conversation, Resume.CONTINUE)
            case "close":
                await work.close(agent, conversation, Ending.SOLVED)
            case "note" if rest.strip():
                await self._desk.talks.note(agent, conversation, self._id(said), rest)
                await self._answer(said, agent, "staff_noted")
            case _:
                await self._answer(said, agent, "staff_how")

    async def _reply(self, conversation: str, agent: Agent, said: InTopic) -> None:
        files = await self._fetched(conversation, said)
        if not said.text and not files:
            await self._answer(said, agent, "staff_kind")
            return
        await self._desk.work.reply(agent, conversation, Reply(self._id(said), said.text, files))

    async def _fetched(self, conversation: str, said: InTopic) -> tuple[Attachment, ...]:
        return (await self._fetcher.fetch(Address.of(conversation), said.file),) if said.file else ()

    async def _send_away(self, said: InTopic) -> None:
        now = time.monotonic()
        if now - self._strangers.get(said.sender, -STRANGER_SECONDS) < STRANGER_SECONDS:
            return
        self._strangers = dict(list(self._strangers.items())[1 - MOST_STRANGERS :])
        self._strangers[said.sender] = now
        await self._tell(said.chat, said.thread, "staff_unlinked", said.language)

    async def _name(self, id: str) -> str:
        names = {agent.id: agent.name for agent in await self._desk.colleagues()} if id else {}
        return names.get(id, id)

    async def _answer(self, said: InTopic, agent: Agent, key: str, **values: str) -> None:
        await self._tell(said.chat, said.thread, key, agent.language, **values)

    async def _tell(self, chat: int, thread: int | None, key: str, language: str | None, **values: str) -> None:
        text = words(language)[key].format(megabytes=self._fetcher.megabytes, **values)
        try:
            await self._calls.send_text(chat, html(text), None, thread)
        except TelegramError as error:
            log.info("telegram_staff_not_told", error=type(error).__name__, why=reason(error))

    def _id(self, said: InTopic) -> str:
        return f"{id_prefix(said.chat)}{said.number}"

"""The staff's group: a topic for each conversation, and what staff write there reaches the customer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from adapters.telegram import Desk
from adapters.telegram.staff_group import StaffGroup
from bot.channel import Receipt
from bot.desk.people import Agent, Role
from bot.desk.talk import Delivery, Line
from bot.desk.work import Reply
from bot.errors import HeldByOther, Later, NoSuchThing, Undeliverable
from bot.messages import Address, Attachment, AttachmentKind, Choice
from bot.runtime.service import Runtime
from bot.store import attachments
from bot.store.database import Database
from bot.store.topics import StoredTopics
from tests.telegram.books import Chat
from tests.telegram.customer import Customer
from tests.telegram.server import TOO_MANY, BotApi, Refuse
from tests.telegram.tepai import Tepai

GROUP = -100500
CHAT = "telegram:7"
LI = Agent("li", "李文", Role.AGENT, "zh")
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


@dataclass
class Answers:
    """What staff sent, where the desk would send it to the customer. `refusal` is raised instead."""

    sent: dict[str, tuple[Agent, str, Reply]] = field(default_factory=dict)
    refusal: Exception | None = None

    async def reply(self, agent: Agent, conversation: str, reply: Reply) -> Receipt:
        if self.refusal:
            raise self.refusal
        known = reply.id in self.sent
        self.sent.setdefault(reply.id, (agent, conversation, reply))
        return Receipt(len(self.sent), known)


class Colleague(Customer):
    """A member of staff, who writes in a topic of the group."""

    def __init__(self, api: BotApi, group: Chat, user: int) -> None:
        super().__init__(api, group)
        self._user = user

    def writes(self, thread: int | None, text: str = "", **more: Any) -> dict[str, Any]:
        shown = self.api.books.add(self.chat, "staff", text=text, thread=thread)
        message = {**self.api.books.as_json(self.chat, shown), **more}
        message["from"] = {"id": self._user, "is_bot": False, "first_name": "Li", "language_code": "zh"}
        self.put({"message": message})
        return message


@dataclass
class Stage:
    tepai: Tepai
    group: StaffGroup
    forum: Chat
    answers: Answers
    li: Colleague
    stranger: Colleague

    async def show(self, *lines: Line) -> int:
        """The topic, once these lines are there."""
        await self.group.show(CHAT, "林悦 · TP1", "等了 <20> 分钟", lines)
        assert self.forum.topics is not None
        return list(self.forum.topics)[-1]

    def texts(self, thread: int) -> list[str]:
        return [shown.text for shown in self.forum.by_bot() if shown.thread == thread]


def said(seq: int, text: str, sender: str = "customer", **more: Any) -> Line:
    return Line(seq, 0.0, sender, text, Delivery.SENT, **more)


@pytest.fixture
async def stage(api: BotApi, file: Database) -> AsyncIterator[Stage]:
    answers, accounts = Answers(), {42: LI}

    async def member(user: int) -> Agent | None:
        return accounts.get(user)

    def desk(_: Runtime) -> Desk:
        return Desk(answers, member, StoredTopics(file))  # type: ignore[arg-type] -- only `reply` is asked of it

    forum = api.chat(GROUP, "supergroup")
    forum.topics = {}
    tepai = Tepai(api, file, staff=desk, staff_group=GROUP)
    await tepai.open()
    assert tepai.adapter.staff is not None
    yield Stage(tepai, tepai.adapter.staff, forum, answers, Colleague(api, forum, 42), Colleague(api, forum, 43))
    await tepai.close()


# --- to the group -----------------------------------------------------------------------------------------------------


async def test_a_conversation_is_a_topic_and_each_line_stands_there_once(stage: Stage) -> None:
    thread = await stage.show(said(1, "在吗 <b>"), said(2, "您好", "bot", choices=(Choice("1.0", "人工"),)))
    assert stage.forum.topics is not None and stage.forum.topics[thread].name == "林悦 · TP1"
    assert await stage.show(said(2, "您好", "bot"), said(3, "我来了", "staff", author="li")) == thread
    assert stage.texts(thread) == ["等了 <20> 分钟", "🧑 在吗 <b>", "🤖 您好\n[人工]", "👤 li 我来了"]
    assert len(stage.forum.topics) == 1


async def test_what_did_not_reach_the_customer_is_marked(stage: Stage) -> None:
    held = replace(said(1, "还在查", "bot"), delivery=Delivery.HELD)
    failed = replace(said(2, "好的", "staff", author="li"), delivery=Delivery.FAILED)
    pressed = said(3, "取消", pressed=True)
    thread = await stage.show(held, failed, pressed)
    assert stage.texts(thread)[1:] == ["🤖 🚫 还在查", "👤 ⚠️ li 好的", "🧑 ▸ 取消"]


async def test_pictures_and_places_are_shown(stage: Stage, file: Database) -> None:
    picture = Attachment(AttachmentKind.IMAGE, "p", "box.png", "image/png", len(PNG))
    await file.run(attachments.add, CHAT, picture, PNG)
    place = Attachment(AttachmentKind.LOCATION, "", "人民大道 200 号")
    thread = await stage.show(said(1, "看", attachments=(picture,)), said(2, "", attachments=(place,)))
    shown = [message for message in stage.forum.by_bot() if message.thread == thread]
    assert [message.text for message in shown][1:] == ["🧑 看", "", "🧑 [人民大道 200 号]"]
    assert shown[2].file == ("photo", "box.png", PNG)


async def test_a_topic_that_is_gone_is_made_again_with_its_opening(stage: Stage) -> None:
    assert stage.forum.topics is not None
    gone = await stage.show(said(1, "one"))
    del stage.forum.topics[gone]
    thread = await stage.show(said(1, "one"), said(2, "two"))
    assert thread != gone
    assert stage.texts(thread) == ["等了 <20> 分钟", "🧑 two"]
    assert await stage.show(said(3, "three")) == thread


async def test_a_closed_topic_opens_again_when_more_comes(stage: Stage) -> None:
    thread = await stage.show(said(1, "one"))
    assert stage.forum.topics is not None
    for _ in range(2):  # again does no harm
        await stage.group.close(CHAT)
    assert stage.forum.topics[thread].closed
    await stage.show(said(2, "two"))
    assert not stage.forum.topics[thread].closed
    assert stage.texts(thread)[-1] == "🧑 two"
    del stage.forum.topics[thread]
    await stage.group.close(CHAT)
    await stage.group.close("telegram:of nobody")


async def test_after_a_pause_it_goes_on_where_it_was(stage: Stage) -> None:
    thread = await stage.show(said(1, "one"))
    stage.tepai.api.fail("sendMessage", TOO_MANY, chat=GROUP)
    with pytest.raises(Later):
        await stage.show(said(2, "two"), said(3, "three"))
    await stage.show(said(2, "two"), said(3, "three"))
    assert stage.texts(thread)[1:] == ["🧑 one", "🧑 two", "🧑 three"]


async def test_a_line_that_telegram_refuses_does_not_hold_up_the_next(stage: Stage) -> None:
    thread = await stage.show(said(1, "one"))
    stage.tepai.api.fail("sendMessage", Refuse(400, "Bad Request: message is too odd"), chat=GROUP)
    await stage.show(said(2, "two"), said(3, "three"))
    assert stage.texts(thread)[1:] == ["🧑 one", "🧑 three"]


async def test_a_group_in_which_the_bot_may_make_no_topics_is_named(stage: Stage) -> None:
    stage.forum.manages_topics = False
    with pytest.raises(Undeliverable, match="Not enough rights"):
        await stage.show(said(1, "one"))


async def test_no_more_goes_there_than_telegram_takes(stage: Stage) -> None:
    with pytest.raises(Later):
        await stage.show(*[said(seq, "again") for seq in range(1, 30)])
    assert len(stage.forum.by_bot()) < 20


# --- from the group ---------------------------------------------------------------------------------------------------


async def test_what_a_member_writes_in_the_topic_is_a_reply_once(stage: Stage) -> None:
    thread = await stage.show(said(1, "one"))
    stage.tepai.api.updates.twice = True
    message = stage.li.writes(thread, "您好，我是李文")
    await stage.tepai.take_in()
    id = f"telegram:{GROUP}:{message['message_id']}"
    assert stage.answers.sent == {id: (LI, CHAT, Reply(id, "您好，我是李文"))}
    await stage.show(said(2, "您好，我是李文", "staff", author="li", id=id), said(3, "谢谢"))
    assert stage.texts(thread)[1:] == ["🧑 one", "🧑 谢谢"], "nobody reads their own words twice"


async def test_a_picture_of_a_member_goes_along(stage: Stage) -> None:
    thread = await stage.show(said(1, "one"))
    size = {"file_id": stage.li._file(PNG, "b.png"), "file_unique_id": "b", "width": 9, "height": 9}
    stage.li.writes(thread, caption="请看", photo=[size])
    await stage.tepai.take_in()
    ((_, _, reply),) = stage.answers.sent.values()
    (picture,) = reply.attachments
    assert (reply.text, picture.kind) == ("请看", AttachmentKind.IMAGE)
    kept = await stage.tepai.runtime.attachment(Address("telegram", "7"), picture.ref)
    assert kept is not None and kept[1] == PNG


async def test_a_stranger_in_the_group_reaches_nobody_and_is_told(stage: Stage) -> None:
    thread = await stage.show(said(1, "one"))
    stage.stranger.writes(thread, "我来回答")
    await stage.tepai.take_in()
    assert stage.answers.sent == {}
    assert stage.texts(thread)[-1].startswith("没有发给客户：您的 Telegram")


@pytest.mark.parametrize(
    ("refusal", "told"), [(HeldByOther("wu"), "由 wu 接待"), (NoSuchThing("not theirs"), "您不能接待这个对话")]
)
async def test_a_reply_that_is_not_sent_is_told(stage: Stage, refusal: Exception, told: str) -> None:
    thread = await stage.show(said(1, "one"))
    stage.answers.refusal = refusal
    stage.li.writes(thread, "您好")
    await stage.tepai.take_in()
    assert told in stage.texts(thread)[-1]


STICKER: Mapping[str, Any] = {
    "sticker": {"file_id": "s", "file_unique_id": "s", "type": "regular", "width": 9, "height": 9}
    | {"is_animated": False, "is_video": False}
}


async def test_edits_and_stickers_are_told_to_go_nowhere(stage: Stage) -> None:
    thread = await stage.show(said(1, "one"))
    message = stage.li.writes(thread, "您好")
    stage.li.put({"edited_message": {**message, "text": "您好！", "edit_date": 2}})
    stage.li.writes(thread, **STICKER)
    await stage.tepai.take_in()
    assert len(stage.answers.sent) == 1
    assert [text[:7] for text in stage.texts(thread)[2:]] == ["修改过的内容不", "没有发给客户："]


async def test_talk_of_the_staff_stays_among_them(stage: Stage) -> None:
    """Outside of topics, in topics of their own, commands, and what Telegram itself tells."""
    thread = await stage.show(said(1, "one"))
    shown = len(stage.forum.by_bot())
    stage.li.writes(None, "午饭吃什么")
    stage.li.writes(None, "/start@tepai_test_bot")
    stage.li.writes(thread + 999, "另一个话题")
    stage.li.writes(thread, "/note 客户很急")
    stage.li.writes(thread, forum_topic_closed={})
    stage.li._member("left", "administrator")
    await stage.tepai.take_in()
    assert stage.answers.sent == {}
    assert len(stage.forum.by_bot()) == shown


async def test_in_another_forum_the_polite_line_is_all_there_is(stage: Stage) -> None:
    other = stage.tepai.api.chat(-100600, "supergroup", "en")
    other.topics = {}
    Colleague(stage.tepai.api, other, 42).writes(5, "/orders")
    await stage.tepai.take_in()
    assert stage.answers.sent == {}
    (line,) = other.texts()
    assert line.startswith("为了保护您的订单信息")

"""The staff's group: topics as they are made and filled, and what staff write there, which reaches the customer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from adapters.telegram import Desk
from adapters.telegram.staff_lines import posts
from adapters.telegram.staff_topics import BURST, Board
from bot.channel import Receipt
from bot.desk.people import Agent, Role
from bot.desk.talk import Delivery, Line
from bot.desk.topics import State, Topic
from bot.desk.work import Ending, Reply, Resume
from bot.errors import HeldByOther, Later, NoSuchThing, NotTaken, SignInRefused, Undeliverable
from bot.messages import Address, Attachment, AttachmentKind, Choice
from bot.runtime.service import Runtime
from bot.store import attachments
from bot.store.database import Database
from bot.store.topics import StoredTopics
from tests.telegram.books import Chat
from tests.telegram.customer import Colleague, Customer
from tests.telegram.server import TOO_MANY, BotApi, Refuse
from tests.telegram.tepai import Tepai

GROUP = -100500
CHAT = "telegram:7"
LI = Agent("li", "李文", Role.AGENT, "zh")
WU = Agent("wu", "吴迪", Role.AGENT, "zh")
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
TOKEN = "t" * 43


@dataclass
class Answers:
    """What staff did, where the desk would do it. `refusal` is raised instead."""

    sent: dict[str, tuple[Agent, str, Reply]] = field(default_factory=dict)
    done: list[tuple[Any, ...]] = field(default_factory=list)
    refusal: Exception | None = None

    async def reply(self, agent: Agent, conversation: str, reply: Reply) -> Receipt:
        self._refuse()
        known = reply.id in self.sent
        self.sent.setdefault(reply.id, (agent, conversation, reply))
        return Receipt(len(self.sent), known)

    async def claim(self, agent: Agent, conversation: str) -> None:
        self._do("claim", agent, conversation)

    async def hand_back(self, agent: Agent, conversation: str, resume: Resume) -> None:
        self._do("hand_back", agent, conversation, resume)

    async def close(self, agent: Agent, conversation: str, ending: Ending) -> None:
        self._do("close", agent, conversation, ending)

    async def note(self, agent: Agent, conversation: str, id: str, words: str) -> None:
        self._do("note", agent, conversation, id, words)

    def _do(self, *what: Any) -> None:
        self._refuse()
        self.done.append(what)

    def _refuse(self) -> None:
        if self.refusal:
            raise self.refusal


@dataclass
class Accounts:
    """Who has linked which account."""

    linked: dict[int, Agent] = field(default_factory=lambda: {42: LI})
    refusal: Exception | None = None

    async def member(self, account: int) -> Agent | None:
        return self.linked.get(account)

    async def link(self, token: str, account: int) -> Agent:
        if self.refusal:
            raise self.refusal
        assert token == TOKEN
        self.linked[account] = WU
        return WU


async def everybody() -> Sequence[Agent]:
    return [LI, WU]


@dataclass
class Stage:
    tepai: Tepai
    board: Board
    topics: StoredTopics
    forum: Chat
    answers: Answers
    accounts: Accounts
    li: Colleague
    stranger: Colleague

    async def show(self, *lines: Line, after: int = 0) -> int:
        """The topic, once these lines are there."""
        found = await self.topics.find(CHAT, GROUP)
        before = "等了 <20> 分钟" if found is None or found.state is not State.OPEN else ""
        thread = await self.board.begin(CHAT, found, "林悦 · TP1")
        await self.board.show(CHAT, thread, posts(lines, {"li": "李文"}, after, before))
        return thread

    async def topic(self) -> Topic:
        found = await self.topics.find(CHAT, GROUP)
        assert found is not None
        return found

    def texts(self, thread: int) -> list[str]:
        return [shown.text for shown in self.forum.by_bot() if shown.thread == thread]


def said(seq: int, text: str, sender: str = "customer", **more: Any) -> Line:
    return Line(seq, 0.0, sender, text, Delivery.SENT, **more)


@pytest.fixture
async def stage(api: BotApi, file: Database) -> AsyncIterator[Stage]:
    answers, accounts, topics = Answers(), Accounts(), StoredTopics(file)

    def desk(_: Runtime) -> Desk:
        return Desk(answers, answers, accounts, topics, everybody, LI)  # type: ignore[arg-type] -- only what is used

    forum = api.chat(GROUP, "supergroup")
    forum.topics = {}
    tepai = Tepai(api, file, staff=desk, staff_group=GROUP)
    await tepai.open()
    board = Board(tepai.adapter._calls, GROUP, topics, tepai.adapter._store.files)
    li, stranger = Colleague(api, forum, 42), Colleague(api, forum, 43)
    yield Stage(tepai, board, topics, forum, answers, accounts, li, stranger)
    await tepai.close()


# --- to the group -----------------------------------------------------------------------------------------------------


async def test_a_conversation_is_a_topic_and_its_lines_stand_there_in_one_message(stage: Stage) -> None:
    thread = await stage.show(said(1, "在吗 <b>"), said(2, "您好", "bot", choices=(Choice("1.0", "人工"),)))
    assert stage.forum.topics is not None and stage.forum.topics[thread].name == "林悦 · TP1"
    assert await stage.show(said(3, "我来了", "staff", author="li")) == thread
    assert stage.texts(thread) == ["等了 <20> 分钟\n🧑 在吗 <b>\n🤖 您好\n[人工]", "👤 李文 我来了"]
    assert len(stage.forum.topics) == 1
    assert (await stage.topic()).seq == 3


async def test_what_did_not_reach_the_customer_is_marked(stage: Stage) -> None:
    held = replace(said(1, "还在查", "bot"), delivery=Delivery.HELD)
    failed = replace(said(2, "好的", "staff", author="who left"), delivery=Delivery.FAILED)
    pressed = said(3, "取消", pressed=True)
    thread = await stage.show(held, failed, pressed)
    assert stage.texts(thread)[0].splitlines()[1:] == ["🤖 🚫 还在查", "👤 ⚠️ who left 好的", "🧑 ▸ 取消"]


async def test_pictures_and_places_are_shown(stage: Stage, file: Database) -> None:
    picture = Attachment(AttachmentKind.IMAGE, "p", "box.png", "image/png", len(PNG))
    await file.run(attachments.add, CHAT, picture, PNG)
    place = Attachment(AttachmentKind.LOCATION, "", "人民大道 200 号")
    await stage.show(said(1, "看", attachments=(picture,)), said(2, "", attachments=(place,)))
    words, shown, more = stage.forum.by_bot()
    assert (words.text, more.text) == ("等了 <20> 分钟\n🧑 看", "🧑 [人民大道 200 号]")
    assert shown.file == ("photo", "box.png", PNG)


async def test_what_is_longer_than_a_message_is_several(stage: Stage) -> None:
    lines = [said(seq, f"第 {seq} 句" + "长" * 900) for seq in range(1, 10)]
    thread = await stage.show(*lines, said(10, "长" * 9000))
    whole = "\n".join(stage.texts(thread))
    assert [whole.count(f"第 {seq} 句") for seq in range(1, 10)] == [1] * 9
    assert whole.count("长") == 9 * 900 + 9000
    assert len(stage.texts(thread)) <= BURST - 1


async def test_a_topic_that_is_gone_is_made_again_with_its_opening(stage: Stage) -> None:
    assert stage.forum.topics is not None
    gone = await stage.show(said(1, "one"))
    del stage.forum.topics[gone]
    await stage.show(said(2, "two"))
    assert (await stage.topic()).state is State.GONE
    assert (await stage.topic()).seq == 1
    thread = await stage.show(said(2, "two"))
    assert stage.texts(thread) == ["等了 <20> 分钟\n🧑 two"]


async def test_a_closed_topic_opens_again(stage: Stage) -> None:
    thread = await stage.show(said(1, "one"))
    assert stage.forum.topics is not None
    await stage.board.close(await stage.topic(), posts([said(2, "再见")], {}, 1, after="结束"))
    assert stage.forum.topics[thread].closed and (await stage.topic()).state is State.CLOSED
    assert stage.texts(thread)[-1] == "🧑 再见\n\n结束"
    assert await stage.show(said(3, "又来了")) == thread
    assert not stage.forum.topics[thread].closed
    assert stage.texts(thread)[-1] == "等了 <20> 分钟\n🧑 又来了"


async def test_the_last_words_are_said_once_however_often_it_has_to_be_closed(stage: Stage) -> None:
    thread = await stage.show(said(1, "one"))
    stage.tepai.api.fail("closeForumTopic", TOO_MANY, chat=GROUP)
    for _ in range(2):
        with pytest.raises(Later):
            await stage.board.close(await stage.topic(), posts([], {}, 1, after="结束"))
        stage.tepai.api.fail("closeForumTopic", TOO_MANY, chat=GROUP)
    assert stage.texts(thread).count("结束") == 1
    stage.tepai.api._faults.clear()
    await stage.board.close(await stage.topic(), posts([], {}, 1, after="结束"))
    assert stage.texts(thread).count("结束") == 1


async def test_one_that_was_closed_by_hand_or_deleted_does_no_harm(stage: Stage) -> None:
    thread = await stage.show(said(1, "one"))
    assert stage.forum.topics is not None
    stage.forum.topics[thread].closed = True
    await stage.show(said(2, "two"))
    assert stage.texts(thread)[-1] == "🧑 two"
    del stage.forum.topics[thread]
    await stage.board.close(await stage.topic(), posts([], {}, 2, after="结束"))
    assert (await stage.topic()).state is State.CLOSED


async def test_after_a_pause_it_goes_on_where_it_was(stage: Stage) -> None:
    thread = await stage.show(said(1, "one"))
    long = [said(2, "two" + "长" * 4085), said(3, "three")]
    stage.tepai.api.fail("sendMessage", TOO_MANY, chat=GROUP)
    with pytest.raises(Later):
        await stage.show(*long)
    assert (await stage.topic()).seq == 1
    await stage.show(*long)
    assert [text[:7] for text in stage.texts(thread)[1:]] == ["🧑 two长长", "🧑 three"]


async def test_a_line_that_telegram_refuses_does_not_hold_up_the_next(stage: Stage) -> None:
    thread = await stage.show(said(1, "one"))
    stage.tepai.api.fail("sendMessage", Refuse(400, "Bad Request: message is too odd"), chat=GROUP)
    await stage.show(said(2, "two"))
    await stage.show(said(3, "three"))
    assert stage.texts(thread)[1:] == ["🧑 three"]


async def test_a_group_in_which_the_bot_may_make_no_topics_is_named(stage: Stage) -> None:
    stage.forum.manages_topics = False
    with pytest.raises(Undeliverable, match="Not enough rights"):
        await stage.show(said(1, "one"))


async def test_no_more_goes_there_than_telegram_takes(stage: Stage) -> None:
    with pytest.raises(Later):
        await stage.show(*[said(seq, "长" * 4000) for seq in range(1, 30)])
    assert len(stage.forum.by_bot()) < BURST
    assert (await stage.topic()).seq == len(stage.forum.by_bot())


# --- from the group ---------------------------------------------------------------------------------------------------


async def test_what_a_member_writes_in_the_topic_is_a_reply_once(stage: Stage) -> None:
    thread = await stage.show(said(1, "one"))
    stage.tepai.api.updates.twice = True
    message = stage.li.writes(thread, "您好，我是李文")
    await stage.tepai.take_in()
    id = f"telegram:{GROUP}:{message['message_id']}"
    assert stage.answers.sent == {id: (LI, CHAT, Reply(id, "您好，我是李文"))}


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
    stage.stranger.writes(thread, "我真的来回答")
    await stage.tepai.take_in()
    assert stage.answers.sent == {}
    assert len(stage.texts(thread)) == 2, "once is enough"
    assert stage.texts(thread)[-1].startswith("没有发给客户：您的 Telegram")


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (HeldByOther("wu"), "由 吴迪 接待"),
        (NoSuchThing("not theirs"), "您不能接待这个对话"),
        (NotTaken("reply_too_long"), "太长了"),
    ],
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
    assert [text[:7] for text in stage.texts(thread)[1:]] == ["修改过的内容不", "没有发给客户："]


async def test_talk_of_the_staff_stays_among_them(stage: Stage) -> None:
    """Outside of topics, in topics of their own, and what Telegram itself tells."""
    thread = await stage.show(said(1, "one"))
    shown = len(stage.forum.by_bot())
    stage.li.writes(None, "午饭吃什么")
    stage.li.writes(None, "/start@tepai_test_bot")
    stage.li.writes(thread + 999, "另一个话题")
    stage.li.writes(thread, forum_topic_closed={})
    stage.li._member("left", "administrator")
    await stage.tepai.take_in()
    assert stage.answers.sent == {}
    assert len(stage.forum.by_bot()) == shown


@pytest.mark.parametrize(
    ("words", "done"),
    [
        ("/take", ("claim", LI, CHAT)),
        ("/take@tepai_test_bot", ("claim", LI, CHAT)),
        ("/接入", ("claim", LI, CHAT)),
        ("/BACK", ("hand_back", LI, CHAT, Resume.CONTINUE)),
        ("/交还", ("hand_back", LI, CHAT, Resume.CONTINUE)),
        ("/close", ("close", LI, CHAT, Ending.SOLVED)),
        ("/结束", ("close", LI, CHAT, Ending.SOLVED)),
    ],
)
async def test_commands_in_a_topic(stage: Stage, words: str, done: tuple[Any, ...]) -> None:
    thread = await stage.show(said(1, "one"))
    stage.li.writes(thread, words)
    await stage.tepai.take_in()
    assert stage.answers.done == [done]
    assert stage.answers.sent == {}
    assert len(stage.texts(thread)) == 1, "what happens then is seen by itself"


@pytest.mark.parametrize("words", ["/note 客户很急", "/备注  客户很急"])
async def test_a_note_stays_among_colleagues(stage: Stage, words: str) -> None:
    thread = await stage.show(said(1, "one"))
    message = stage.li.writes(thread, words)
    await stage.tepai.take_in()
    ((what, agent, _, id, said_words),) = stage.answers.done
    assert (what, agent, said_words.strip()) == ("note", LI, "客户很急")
    assert id == f"telegram:{GROUP}:{message['message_id']}"
    assert stage.texts(thread)[-1] == "备注已保存，客户看不到。"


@pytest.mark.parametrize("words", ["/", "/note", "/start", "/转人工"])
async def test_a_command_that_is_none_reaches_nobody_and_is_told(stage: Stage, words: str) -> None:
    thread = await stage.show(said(1, "one"))
    stage.li.writes(thread, words)
    await stage.tepai.take_in()
    assert (stage.answers.sent, stage.answers.done) == ({}, [])
    assert "/take" in stage.texts(thread)[-1]


@pytest.mark.parametrize(
    ("refusal", "told"), [(HeldByOther("wu"), "这个会话现在由 吴迪 接待。"), (HeldByOther(""), "您没有接待这个会话")]
)
async def test_a_command_that_is_refused_is_told(stage: Stage, refusal: Exception, told: str) -> None:
    thread = await stage.show(said(1, "one"))
    stage.answers.refusal = refusal
    stage.li.writes(thread, "/close")
    await stage.tepai.take_in()
    assert stage.texts(thread)[-1].startswith(told)


async def test_a_strangers_commands_do_nothing(stage: Stage) -> None:
    thread = await stage.show(said(1, "one"))
    stage.stranger.writes(thread, "/close")
    await stage.tepai.take_in()
    assert stage.answers.done == []


async def test_the_groups_menu_has_commands_of_its_own(stage: Stage) -> None:
    menus = stage.tepai.api.books.commands
    assert [each["command"] for each in menus[f"{GROUP}:en"]] == ["take", "back", "close", "note"]
    assert menus["en"][0]["command"] == "orders"


# --- linking ----------------------------------------------------------------------------------------------------------


async def test_a_link_for_staff_links_the_account_and_is_no_customers_message(stage: Stage, mei: Customer) -> None:
    mei.starts(f"staff-{TOKEN}")
    await stage.tepai.settle()
    assert stage.accounts.linked[7] is WU
    (told,) = mei.chat.texts()
    assert told.startswith("已关联：吴迪。")
    assert await stage.tepai.runtime.history(CHAT) == []


@pytest.mark.parametrize(
    ("refusal", "told"), [(SignInRefused(), "这个链接无效"), (NotTaken("phone_of_other"), "已关联其他同事")]
)
async def test_a_link_that_does_not_work_is_told(stage: Stage, mei: Customer, refusal: Exception, told: str) -> None:
    stage.accounts.refusal = refusal
    mei.starts(f"staff-{TOKEN}")
    await stage.tepai.settle()
    assert told in mei.chat.texts()[0]


@pytest.mark.parametrize(
    "payload", ["", "staff-", f"staff-{TOKEN}x", f"staff-{TOKEN[1:]}", f"Staff-{TOKEN}", TOKEN, "lin"]
)
async def test_any_other_link_is_a_customers(stage: Stage, mei: Customer, payload: str) -> None:
    mei.starts(payload)
    await stage.tepai.settle()
    assert list(stage.accounts.linked) == [42]
    assert len(await stage.tepai.runtime.history(CHAT)) > 0


async def test_the_address_of_a_link_is_the_bots(stage: Stage) -> None:
    assert await stage.tepai.adapter.staff_link(TOKEN) == f"https://t.me/tepai_test_bot?start=staff-{TOKEN}"
    stage.tepai.api.fail("getMe", TOO_MANY)
    with pytest.raises(Later):
        await stage.tepai.adapter.staff_link(TOKEN)


async def test_in_another_forum_the_polite_line_is_all_there_is(stage: Stage) -> None:
    other = stage.tepai.api.chat(-100600, "supergroup", "en")
    other.topics = {}
    Colleague(stage.tepai.api, other, 42).writes(5, "/orders")
    await stage.tepai.take_in()
    assert stage.answers.sent == {}
    (line,) = other.texts()
    assert line.startswith("为了保护您的订单信息")
